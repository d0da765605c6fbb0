"""Exponents of tracks beside the exact likelihood, gaps included."""

import dataclasses
import itertools

import jax
import numpy as np
import pytest
import scipy.stats

import suffice as sf
from suffice.interpret._track_likelihood import grid_of, noise_of
from suffice.interpret._track_posterior import in_units
from suffice.simulate import Tracks
from suffice.simulate.processes import FractionalBrownian

NOISE = 0.05


def simulated(n, frames=50, dims=2, seed=0, theta=None, missing=0.0):
    rng = np.random.default_rng(seed)
    if theta is None:
        theta = np.stack([rng.uniform(0.3, 1.7, n), np.exp(rng.uniform(np.log(3e-3), np.log(1e-1), n))], axis=1)
    process = FractionalBrownian(frames - 1, dims=dims, noise=NOISE)
    x = np.asarray(sf.simulate_at(theta, process, key=seed, progress=False).x, np.float64).reshape(n, -1, dims)
    positions = np.concatenate([np.zeros((n, 1, dims)), np.cumsum(x, axis=1)], axis=1)
    seen = rng.random((n, frames)) >= missing
    seen[:, 0] = True
    return theta, Tracks(tuple(range(n)), np.where(seen[..., None], positions, 0.0), seen, 1.0, ())


def test_the_likelihood_is_that_of_normal_numbers():
    """With gaps and another length: the density of the differences that were seen, by SciPy."""
    _, tracks = simulated(3, frames=12, missing=0.3)
    grid = grid_of(tracks, NOISE)
    a, j = 11, 17
    process = FractionalBrownian(11, noise=NOISE)
    covariance = process.covariance(np.array([grid.alpha[a], grid.d[j]]))
    for i in range(3):
        at = np.flatnonzero(tracks.seen[i])
        sums = np.zeros((len(at) - 1, 11))
        for row, (start, end) in enumerate(itertools.pairwise(at)):
            sums[row, start:end] = 1
        y = np.diff(tracks.positions[i, at], axis=0)
        law = scipy.stats.multivariate_normal(np.zeros(len(y)), sums @ covariance @ sums.T)
        assert grid.log[i, a, j] == pytest.approx(sum(law.logpdf(y[:, k]) for k in range(2)), rel=1e-8)


def test_what_lies_between_frames_costs_nothing():
    """One frame far from the others: the covariance of positions at the times, for 1,000,001 frames."""
    at, rng = np.array([0, 1, 2, 3, 5, 6, 1_000_000]), np.random.default_rng(0)
    seen, positions = np.zeros((1, at[-1] + 1), bool), np.zeros((1, at[-1] + 1, 2))
    seen[0, at], positions[0, at] = True, 0.2 * np.cumsum(rng.normal(size=(len(at), 2)), axis=0)
    grid = grid_of(Tracks((0,), positions, seen, 1.0, ()), NOISE)
    a, j = 9, 17
    alpha, t = grid.alpha[a], at.astype(float)
    places = grid.d[j] * (t[:, None] ** alpha + t**alpha - np.abs(t[:, None] - t) ** alpha) + NOISE**2 * np.eye(len(t))
    differ = np.diff(np.eye(len(t)), axis=0)
    law = scipy.stats.multivariate_normal(np.zeros(len(t) - 1), differ @ places @ differ.T)
    y = np.diff(positions[0, at], axis=0)
    assert grid.log[0, a, j] == pytest.approx(law.logpdf(y.T).sum(), rel=1e-8)


def test_long_tracks_are_scored_in_pieces():
    """514 steps in two pieces of 257: the sum of their likelihoods, whole tracks beside them as ever."""
    _, tracks = simulated(2, frames=515, seed=5)
    tracks.seen[1, 60:] = False
    grid = grid_of(tracks, NOISE)
    process = FractionalBrownian(257, noise=NOISE)
    law = scipy.stats.multivariate_normal(np.zeros(257), process.covariance(np.array([grid.alpha[20], grid.d[17]])))
    y = np.diff(tracks.positions[0], axis=0)
    parts = [law.logpdf(y[k : k + 257].T).sum() for k in (0, 257)]
    assert grid.log[0, 20, 17] == pytest.approx(sum(parts), rel=1e-8)
    alone = Tracks((0,), tracks.positions[1:, :60], tracks.seen[1:, :60], 1.0, ())
    np.testing.assert_allclose(grid_of(alone, NOISE).best(), grid.best()[1:], rtol=0.02)


def test_the_noise_that_all_share_is_found():
    _, tracks = simulated(250, seed=1)
    assert noise_of(tracks) == pytest.approx(NOISE, rel=0.12)
    still = Tracks(tracks.ids, tracks.positions + 0.0, tracks.seen, 1.0, ())
    assert noise_of(still[np.arange(3)]) >= 0


def test_as_good_as_the_estimator_that_knows_the_noise():
    theta, tracks = simulated(160, seed=2, missing=0.02)
    tracks = dataclasses.replace(tracks, frame_interval=0.05)
    found = sf.interpret.analyse_tracks(tracks, simulations=6000, progress=False)
    known = grid_of(tracks, NOISE).best()
    error, best = (np.abs(alpha - theta[:, 0]).mean() for alpha in (found.table["alpha"], known[:, 0]))
    assert error < 1.1 * best and best < 0.16
    d = theta[:, 1] * 0.05 ** -theta[:, 0]  # a unit of time
    for name, truth in (("alpha", theta[:, 0]), ("D", d)):
        held = (found.table[f"{name}_low"] < truth) & (truth < found.table[f"{name}_high"])
        assert 0.81 < held.mean() < 0.97  # of nine tenths
    assert np.abs(found.table["alpha_mean"] - theta[:, 0]).mean() < 1.15 * best
    assert np.corrcoef(np.log(found.table["D_mean"]), np.log(d))[0, 1] > 0.9


def test_intervals_of_d_hold_what_the_exponent_leaves_open():
    """Of normal α and log D, whose correlation ρ is known: log D - α log Δt is normal too."""
    rng = np.random.default_rng(0)
    sizes, rho, interval = np.array([0.2, 0.3]), 0.6, 0.05
    covariance = np.outer(sizes, sizes) * [[1, rho], [rho, 1]]
    drawn = rng.multivariate_normal([0.9, -3.0], covariance, size=(2, 200_000))
    found = in_units(drawn, 0.9, interval)
    slope = np.array([-np.log(interval), 1.0])
    middle, spread = slope @ [0.9, -3.0], np.sqrt(slope @ covariance @ slope)
    law = scipy.stats.norm(middle, spread)
    np.testing.assert_allclose(np.log(found["D_low"]), law.ppf(0.05), atol=0.015)
    np.testing.assert_allclose(np.log(found["D_high"]), law.ppf(0.95), atol=0.015)
    np.testing.assert_allclose(found["D_mean"], np.exp(middle + spread**2 / 2), rtol=0.02)
    np.testing.assert_allclose(found["alpha_low"], 0.9 + 0.2 * scipy.stats.norm.ppf(0.05), atol=0.004)


def test_units_of_time():
    """Frames 0.1 apart: D = D_frame / 0.1^alpha."""
    _theta, tracks = simulated(5, seed=3)
    faster = dataclasses.replace(tracks, frame_interval=0.1)
    one, other = (sf.interpret.analyse_tracks(t, noise=NOISE, simulations=0).table for t in (tracks, faster))
    np.testing.assert_allclose(other["D"], one["D"] * 0.1 ** -one["alpha"])
    assert "alpha_mean" not in one


def test_a_particle_that_hardly_moves_is_remarked():
    """A straight line at constant speed, and one that stays where it is: exponents at the ends."""
    _, tracks = simulated(6, seed=6)
    tracks.positions[0] = 0.3 * np.arange(50)[:, None]
    results = sf.interpret.analyse_tracks(tracks, noise=NOISE, simulations=0)
    found = results.table
    assert f"of {(found['remark'] != '').sum()} of 6 tracks is at the end" in results.remarked
    assert found["remark"][0].startswith("alpha") and found["alpha"][0] > 1.94
    inside = (found["alpha"] > 0.06) & (found["alpha"] < 1.94)
    assert inside.sum() >= 4 and not found["remark"][inside].str.contains("alpha").any()


def test_a_representation_of_the_tracks_themselves():
    theta = np.stack([np.full(300, 1.0), np.exp(np.random.default_rng(0).uniform(-9, -1, 300))], axis=1)
    _, tracks = simulated(300, frames=30, seed=4, theta=theta, missing=0.05)
    fit = sf.interpret.learn_tracks(tracks, n_latent=2, max_epochs=15, progress=False)
    history = fit.history  # what decides which weights are kept is the bound itself, from the first epoch on
    np.testing.assert_allclose(history.valid_loss, history.valid_nll + history.valid_kl, rtol=1e-5)
    results = sf.interpret.analyse_tracks(tracks, noise=NOISE, simulations=0, model=fit)
    found = results.table
    assert results.latents is not None and results.latents.mean.shape == (300, 2)
    sizes = np.array([(row[k] ** 2).mean() for row, k in zip(tracks.displacements, tracks.known)])
    columns = [name for name in found if name.startswith("latent_")]
    assert columns and max(abs(np.corrcoef(found[name], np.log(sizes))[0, 1]) for name in columns) > 0.9
    _, flat = simulated(5, frames=30, dims=1)
    with pytest.raises(ValueError, match="the model is of displacements in 2 dimensions, but the tracks have 1"):
        sf.interpret.analyse_tracks(flat, noise=0.0, model=fit)
    _, short = simulated(5, frames=7)
    with pytest.raises(ValueError, match="the model takes tracks of 8 frames or more, but the longest of these has 7"):
        sf.interpret.check_tracks(short, model=fit)


def test_what_makes_no_sense_is_refused():
    _, tracks = simulated(5)
    with pytest.raises(ValueError, match="too few"):
        sf.interpret.learn_tracks(tracks)
    with pytest.raises(ValueError, match="noise must not be negative"):
        sf.interpret.analyse_tracks(tracks, noise=-1.0)
    for few in (-5, 3):
        with pytest.raises(ValueError, match=f"simulations must be 0, for no posterior, or at least 100, but {few}"):
            sf.interpret.check_tracks(tracks, simulations=few)
    still = Tracks((0,), np.zeros((1, 12, 2)), np.ones((1, 12), bool), 1.0, ())
    with pytest.raises(ValueError, match="moved"):
        sf.interpret.analyse_tracks(still, noise=0.1)
    assert jax.devices()

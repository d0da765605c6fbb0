"""Figures of latents, trajectories and tracks."""

import numpy as np
import pandas as pd
import pytest

import suffice as sf
from suffice.interpret import Benchmark, Generation, Latents, TrackResults, Traversal
from suffice.simulate import Tracks

RNG = np.random.default_rng(0)
GRID = np.array([[a, d] for a in (0.5, 1.0, 1.5) for d in (1e-4, 1e-3, 1e-2)])
THETA = np.repeat(GRID, 30, axis=0)


@pytest.fixture
def latents():
    mean = np.stack([np.log(THETA[:, 1]) / 3 + 2, np.zeros(len(THETA))], axis=1)
    return Latents(mean, np.tile([-4.0, 0.0], (len(THETA), 1)), THETA, ("alpha", "D"))


def test_activity_marks_what_is_awake(latents):
    ax = latents.plot()
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights, latents.kl.mean(axis=0))
    assert [text.xy[1] for text in ax.texts] == [heights[0], latents.threshold]  # clear of the line of the threshold
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor() and ax.get_ylim()[1] > max(heights)


def test_surface_and_histogram_know_the_grid(latents):
    ax = sf.plots.latent_surface(latents, 0, "alpha", "D")
    mesh = ax.collections[0].get_array()
    assert mesh.shape == (3, 3) and ax.get_yscale() == "log"
    np.testing.assert_allclose(mesh[:, 0], np.log([1e-4, 1e-3, 1e-2]) / 3 + 2)
    with pytest.raises(ValueError, match="no parameter is called beta"):
        sf.plots.latent_surface(latents, 0, "beta", "D")
    with pytest.raises(ValueError, match="at least two values"):  # a parameter grid with one value
        one = Latents(latents.mean[:30], latents.log_variance[:30], latents.theta[:30], latents.names)
        sf.plots.latent_surface(one, 0, "alpha", "D")
    ax = sf.plots.latent_histogram(latents.mean[:, 0], THETA[:, 1], "D")
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "D"
    with pytest.raises(ValueError, match="of the same series"):
        sf.plots.latent_histogram(latents.mean[:, 0], THETA[:5, 1], "D")


def test_informativeness_is_a_table_in_colours():
    table = pd.DataFrame(
        {
            "latent": [0, 0, 1, 1],
            "parameter": ["a", "b"] * 2,
            "value": [1.5, 0.1, -0.001, 0.9],
            "low": [1, 0.05, -0.1, 0.8],
        }
    )
    ax = sf.plots.informativeness(table)
    assert [text.get_text() for text in ax.texts] == ["1.50", "0.00", "0.10", "0.90"]
    with pytest.raises(ValueError, match="no column low"):
        sf.plots.informativeness(table.drop(columns="low"))


def test_losses_by_parameter():
    n = len(THETA)
    gap = 0.01 * THETA[:, 0]
    numbers = {"nll": gap, "kl": np.full(n, 0.01), "known": np.zeros(n), "floor": np.full(n, 0.01)}
    found = Benchmark(
        **numbers, information=np.ones(n), exact=THETA, targets=THETA, theta=THETA, names=("alpha", "D"),
        logarithms=(False, True),
    )  # fmt: skip
    axes = found.plot()
    assert axes.shape == (1, 2) and axes[0, 1].get_xscale() == "log"
    np.testing.assert_allclose(axes[0, 0].lines[1].get_ydata(), [0.005, 0.01, 0.015])


def test_generated_beside_true():
    x = RNG.normal(size=(90, 80))
    found = Generation(x, 2 * x, THETA[:90], ("alpha", "D"), np.array([1, 2, 4, 8, 16, 32]), 8, 0, 0.95)
    axes = found.plot()
    true, made = (line.get_ydata() for line in axes[0, 0].lines[:2])
    np.testing.assert_allclose(made / true, 4)
    assert axes[0, 1].lines[0].get_xdata()[-1] == 16


def test_a_traversal_has_a_panel_a_value():
    axes = Traversal(2, (-1.0, 0.0, 1.0), RNG.normal(size=(3, 5, 20))).plot()
    assert axes.shape == (1, 3) and axes[0, 0].get_title() == "latent 2 = -1" and len(axes[0, 0].lines) == 5
    assert len({panel.get_ylim() for panel in axes.flat}) == 1


def test_output_variance_beside_the_law():
    table = pd.DataFrame({"step": [1, 2, 3], "variance": [1.0, 0.9, 0.8], "mean_variance": 0.1, "seen": [1, 1, 0.7]})
    ax = sf.plots.output_variance(table, law=[1.0, 0.9, 0.8], first=1)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "data", "law", "predicted", "of the predicted mean"
    ]  # fmt: skip


def test_output_variance_is_averaged_where_steps_lie_close():
    steps = np.arange(1, 400)
    table = pd.DataFrame({"step": steps, "variance": 2.0, "mean_variance": 1.0, "seen": 2 + (-1.0) ** steps})
    seen = sf.plots.output_variance(table).lines[0]
    assert len(seen.get_xdata()) < 45 and list(seen.get_ydata()[:3]) == [1, 3, 1]
    np.testing.assert_allclose(seen.get_ydata()[-5:], 2, atol=0.1)


@pytest.mark.parametrize("dims", [1, 2])
def test_tracks_and_what_was_found(dims):
    places = np.cumsum(RNG.normal(size=(6, 40, dims)), axis=1)
    seen = np.ones((6, 40), bool)
    seen[0, 5] = False
    tracks = Tracks(tuple(range(6)), places, seen, 0.5, ())
    assert len(sf.plots.tracks(tracks).lines) == 6
    ax = sf.plots.track_msd(tracks, noise=0.2)
    assert len(ax.lines) == 9 and ax.lines[-1].get_ydata()[0] == pytest.approx(2 * dims * 0.04)
    table = pd.DataFrame({"track": range(6), "alpha": 1.0, "D": 0.1})
    assert len(TrackResults(table, 0.2, tracks).plot().collections) == 1
    more = {f"{name}_{kind}": 1.0 for name in ("alpha", "D") for kind in ("mean", "low", "high")}
    found = TrackResults(table.assign(**more), 0.2, tracks)
    assert len(found.plot().collections) == 3  # intervals in both directions, and the means
    assert len(sf.plots.track_parameters(found, which="likelihood").collections) == 1
    with pytest.raises(ValueError, match="no latent is awake"):
        sf.plots.track_latents(found)
    awake = TrackResults(found.table.assign(latent_0=0.5, latent_2=range(6)), 0.2, tracks)
    axes = sf.plots.track_latents(awake)
    assert axes.shape == (2, 2) and axes[1, 0].get_ylabel() == "latent 2"
    np.testing.assert_array_equal(axes[1, 1].collections[0].get_offsets()[:, 1], range(6))
    assert axes[1, 1].get_xlabel() == "D, (pixels)² / (frames)^α"

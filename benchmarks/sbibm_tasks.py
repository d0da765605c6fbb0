"""The ten tasks of Lueckmann et al. (2021), arXiv:2101.04653: observations and reference posteriors of our own.

    python -m benchmarks.sbibm_tasks --keep FOLDER

Ten observations of each task, simulated at ten draws of its prior, and 10,000 draws of each posterior: exact ones where
they are known; for spike trains by NUTS with four chains, of 10,000 draws each every fourth; for the others by adaptive
importance sampling, resampled from 300,000 weighted draws. What these are worth (split-R̂, effective sample size) is
printed and kept beside them. In SLCP the signs of two parameters cannot be told: one of its four modes is sampled, and
each draw has either sign with equal probability. (Chains do not converge in its narrow necks; weighted draws agree with
those chains that do.)
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist

import suffice as sf
from suffice.posteriors import Weighted
from suffice.posteriors._adaptive import adaptive_draws
from suffice.posteriors._nuts import nuts, split_r_hat
from suffice.simulate import processes as ready

OBSERVATIONS, DRAWS = 10, 10_000
_MANY = 300_000


class Task(NamedTuple):
    """A process, and the median C2ST published for NPE at 1,000, 10,000 and 100,000 simulations."""

    process: Any
    published: tuple[float, float, float]


TASKS = {
    "two_moons": Task(ready.TwoMoons(), (0.715, 0.608, 0.542)),
    "gaussian_linear": Task(ready.NormalMean(), (0.686, 0.534, 0.506)),
    "gaussian_linear_uniform": Task(ready.NormalMean(uniform=True), (0.682, 0.554, 0.508)),
    "gaussian_mixture": Task(ready.TwoSpreads(), (0.727, 0.602, 0.556)),
    "slcp": Task(ready.SLCP(), (0.973, 0.907, 0.819)),
    "slcp_distractors": Task(ready.SLCP(distractors=True), (0.983, 0.971, 0.867)),
    "bernoulli_glm": Task(ready.SpikeTrain(), (0.873, 0.668, 0.556)),
    "bernoulli_glm_raw": Task(ready.SpikeTrain(raw=True), (0.900, 0.758, 0.603)),
    "sir": Task(ready.SIR(), (0.808, 0.630, 0.568)),
    "lotka_volterra": Task(ready.PredatorPrey(), (0.999, 0.998, 0.984)),
}


class Reference(NamedTuple):
    """Observations, the parameters they were simulated with, draws `(10, 10000, p)`, and what they are worth."""

    x: np.ndarray
    theta: np.ndarray
    draws: np.ndarray
    worth: str


def observations(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and data of ten observations."""
    process = TASKS[name].process
    theta = process.prior.sample(OBSERVATIONS, key=2026)
    x = jax.vmap(process)(jax.random.split(jax.random.key(11), OBSERVATIONS), theta)
    return np.asarray(theta), np.asarray(x)


def by_weights(process: Any, prior: Any, x: np.ndarray) -> tuple[np.ndarray, str]:
    """Draws of all posteriors by adaptive importance sampling."""

    @jax.jit
    def likelihood(x: Any, theta: Any) -> Any:
        return jax.lax.map(lambda own: jax.vmap(lambda t: process.log_likelihood(t, own[0]))(own[1]), (x, theta))

    def log_ratio(theta: np.ndarray) -> np.ndarray:
        return np.asarray(likelihood(jnp.asarray(x, float), jnp.asarray(theta, float)), np.float64)

    found = adaptive_draws(prior, log_ratio, len(x), _MANY, key=5)
    each = [Weighted(theta, weight) for theta, weight in zip(found.theta, found.log_weight)]
    ess = [one.ess for one in each]
    return np.stack([one.resample(DRAWS, key=7) for one in each]), f"effective draws {min(ess):.0f} to {max(ess):.0f}"


def by_chains(process: Any, x: np.ndarray) -> tuple[np.ndarray, str]:
    """Draws of all posteriors by NUTS on the prior's unconstrained space."""
    prior, draws, worst = process.prior, [], 1.0
    for i, one in enumerate(x):
        one = jnp.asarray(one, float)

        def log_density(u: Any, one: Any = one) -> Any:
            theta = prior.from_unconstrained(u[None])[0]
            return process.log_likelihood(theta, one) + prior.log_prob_unconstrained(u[None])[0]

        starts = prior.to_unconstrained(prior.sample(4, key=100 + i))
        found = nuts(log_density, starts, 4 * DRAWS, key=i, warmup=1000)
        theta = np.asarray(prior.from_unconstrained(jnp.asarray(found)))
        chains = theta.reshape(-1, 4, theta.shape[1])  # one draw of each chain, then the next of each
        worst = max(worst, float(split_r_hat(chains.transpose(1, 0, 2)).max()))
        draws.append(chains[::4].reshape(-1, theta.shape[1]))
    return np.stack(draws), f"largest split-R̂ {worst:.4f}"


def reference(name: str, folder: Path) -> Reference:
    """What is kept in the folder, or made and kept."""
    path = folder / f"{name}.npz"
    if path.exists():
        kept = np.load(path)
        return Reference(kept["x"], kept["theta"], kept["draws"], str(kept["worth"]))
    process = TASKS[name].process
    theta, x = observations(name)
    if isinstance(process, ready.TwoMoons | ready.NormalMean | ready.TwoSpreads):
        draws = np.stack([process.exact_sample(one, DRAWS, key=i) for i, one in enumerate(x)])
        worth = "exact"
    elif isinstance(process, ready.SIR | ready.PredatorPrey):
        draws, worth = by_weights(process, process.prior, x)
    elif isinstance(process, ready.SLCP):
        wide, half = dist.Uniform(-3, 3), dist.Uniform(0, 3)
        draws, worth = by_weights(process, sf.Prior(m=wide.expand([2]), s=half.expand([2]), r=wide), x)
        draws[:, :, 2:4] *= np.random.default_rng(0).choice([-1.0, 1.0], (*draws.shape[:2], 2))
    else:
        draws, worth = by_chains(process, x)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=x, theta=theta, draws=draws.astype(np.float32), worth=worth)
    return Reference(x, theta, draws, worth)


def main() -> None:
    """Make what is not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    for name in args.tasks:
        found = reference(name, args.keep)
        low, high = np.quantile(found.draws, [0.0005, 0.9995], axis=1)
        inside = ((found.theta > low) & (found.theta < high)).all(axis=1)
        print(name, found.draws.shape, found.worth, "truth inside:", inside.sum(), flush=True)


if __name__ == "__main__":
    main()

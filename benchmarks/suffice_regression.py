"""One fit of suffice to the regression problem, in a process of its own; the twin of `swyft_regression.py`.

    python -m benchmarks.suffice_regression --seed 0 --out run.npz

Linear summary of 100 bins to 3, one ratio head per parameter, everything else as `sf.fit` has it. Writes log
ratios for the observations and the held-out pairs, the posterior's own densities, coverage, and what it took.
"""

import argparse
import json
import time

import numpy as np

from benchmarks import measure, regression_problem as problem

COVERAGE_SEED, COVERAGE_ROWS = 1_000_003, 2_000


def fit(seed: int, epochs: int | None):
    """The front door, as a reader of the README would use it."""
    import suffice as sf

    theta, x = problem.simulations(seed)
    sims = sf.Simulations(theta, x, names=prior().names)
    ratio = sf.Ratio(sf.networks.Linear(problem.BINS, problem.PARAMETERS, key=seed))
    limit = {} if epochs is None else {"max_epochs": epochs}
    return sf.fit(ratio, sims, key=seed, progress=False, **limit)


def prior():
    """z uniform in the box."""
    import numpyro.distributions as dist

    import suffice as sf

    return sf.Prior(z=dist.Uniform(-1.0, 1.0).expand([problem.PARAMETERS]))


def log_ratios(fitted, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Log ratios `(k, n, 3)` of `x (n, 100)` with each of its `theta (k, n, 3)`."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    @eqx.filter_jit
    def rows(objective, x, theta):
        s = jax.vmap(lambda one: jnp.ravel(objective.summary(one)))(x)
        return objective.ratios(s, theta)

    found = rows(fitted.objective, jnp.asarray(x), jnp.asarray(np.moveaxis(theta, 0, 1)))
    return np.moveaxis(np.asarray(found), 2, 0)


def densities(posterior) -> np.ndarray:
    """The posterior's marginal densities, `(m, 3, G)` on the problem's grid."""
    found = []
    for group in range(problem.PARAMETERS):
        marginal = posterior.marginal(group)
        (centres,) = marginal.grid
        rows = [
            np.interp(problem.GRID, at, row) * inside(problem.GRID, edge)
            for at, row, edge in zip(centres, marginal.density, marginal.edges[0])
        ]
        found.append(np.stack(rows))
    return np.stack(found, axis=1)


def inside(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Whether points lie between the first and the last edge, to rounding."""
    slack = 1e-6
    return (points >= edges[0] - slack) & (points <= edges[-1] + slack)


def evaluate(fitted) -> dict[str, np.ndarray]:
    """Densities and evidence for the observations, log ratios of held-out pairs, coverage."""
    import suffice as sf

    posterior = sf.posterior(fitted, prior(), problem.observations()[1])
    theta, x = problem.held_out()
    fresh = sf.Simulations(*problem.simulations(COVERAGE_SEED, COVERAGE_ROWS), names=prior().names)
    covered = sf.checks.coverage(fitted, prior(), fresh, levels=(0.68, 0.95))
    low, high = covered.interval(0.95)
    return {
        "density": densities(posterior),
        "evidence": np.asarray(posterior.evidence),
        "joint": log_ratios(fitted, x, theta[None])[0],
        "shuffled": log_ratios(fitted, x, problem.negatives(theta)),
        "coverage": covered.empirical,
        "coverage_low": low,
        "coverage_high": high,
    }


def main() -> None:
    """Fit, note the time, evaluate, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    parser.add_argument("--max-epochs", type=int, default=None)
    args, began = parser.parse_args(), time.perf_counter()
    fitted = fit(args.seed, args.max_epochs)
    took = {
        "cpu": measure.cpu(),  # of the process from its start to the end of the fit
        "wall": time.perf_counter() - began,
        "fit_wall": fitted.seconds,
        "epochs": len(fitted.history),
        "epoch_wall": float(fitted.history["seconds"].iloc[1:].median()),
        "stopped": fitted.stopped,
        "gigabytes": measure.peak_gigabytes(),
    }
    np.savez(args.out, about=json.dumps(took), **evaluate(fitted))
    print(json.dumps(took))


if __name__ == "__main__":
    main()

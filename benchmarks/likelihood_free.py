"""Likelihood-free posteriors of ten Gaussian draws beside the exact ones, and what they cost.

    python -m benchmarks.likelihood_free

Priors: mean in [-10, 10], variance in (0, 10]. Estimates of a network trained for Fisher information at (0, 1). The
total variation is that of each marginal in 50 bins between the exact quantiles 0.0005 and 0.9995, the outer bins
open.
"""

import argparse
import time
from typing import Any

import jax
import numpy as np

import suffice as sf
from benchmarks import results
from suffice.simulate.processes import GaussianDraws

PROCESS = GaussianDraws()
ACCEPTED, EPSILON, KERNELS = 20_000, 0.3, (2.0,)


class Exact:
    """Marginals of the exact posterior on a fine grid."""

    def __init__(self, x: np.ndarray):
        self.axes = (np.linspace(-10, 10, 4001), np.linspace(0.0025, 10, 4000))
        theta = np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, 2)
        log = PROCESS.log_likelihood(theta, x)
        mass = np.exp(log - log.max()).reshape(4001, 4000)
        mass /= mass.sum()
        self.marginals = (mass.sum(axis=1), mass.sum(axis=0))
        self.mean = np.array([m @ a for m, a in zip(self.marginals, self.axes)])
        self.std = np.sqrt([m @ (a - c) ** 2 for m, a, c in zip(self.marginals, self.axes, self.mean)])

    def distance(self, draws: np.ndarray, weights: np.ndarray) -> list[float]:
        """Total variation between the exact marginals and weighted draws `(n, 2)`."""
        found = []
        for axis, mass, column in zip(self.axes, self.marginals, draws.T):
            below = np.cumsum(mass)
            edges = np.linspace(*np.interp([0.0005, 0.9995], below, axis), 51)
            edges[0], edges[-1] = -np.inf, np.inf
            exact = np.histogram(axis, edges, weights=mass)[0]
            found.append(0.5 * float(np.abs(exact - np.histogram(column, edges, weights=weights)[0]).sum()))
        return found


def one(x: np.ndarray, estimate: Any, fisher: np.ndarray, seed: int) -> dict[str, Any]:
    """Rejection, and population Monte Carlo with the usual kernel and a narrower one, on one observation."""
    exact = Exact(x)
    arguments = (PROCESS.prior, PROCESS, estimate, fisher)
    start = time.perf_counter()
    run = sf.ABC(*arguments).run(x, accepted=ACCEPTED, epsilon=EPSILON, key=seed, progress=False)
    rejection = run.accept(epsilon=EPSILON)
    found = {"ABC": (rejection, time.perf_counter() - start)}
    for kernel in KERNELS:
        start = time.perf_counter()
        settings = {"particles": ACCEPTED, "epsilon": EPSILON, "stop_rate": 1e-6, "kernel": kernel}
        pmc = sf.PMC(*arguments).run(x, key=seed, progress=False, **settings)
        found[f"PMC, kernel {kernel}"] = (pmc.posterior, time.perf_counter() - start)
    return {
        name: {
            "distance": exact.distance(posterior.theta, posterior.weights),
            "off": (posterior.mean - exact.mean) / exact.std,
            "width": posterior.std / exact.std,
            "per_sample": posterior.simulations / len(posterior.theta),
            "ess": posterior.ess,
            "seconds": seconds,
            "ideal": ideal(rejection, x, estimate, fisher) if name == "ABC" else None,
        }
        for name, (posterior, seconds) in found.items()
    }


def ideal(posterior: Any, x: np.ndarray, estimate: Any, fisher: np.ndarray) -> float:
    """How many times fewer simulations than ABC's would do, were all parameters drawn from the posterior."""
    target = estimate(x)

    @jax.jit
    def accepted(theta: jax.Array, key: jax.Array) -> jax.Array:
        def one(key: jax.Array) -> jax.Array:
            off = estimate(PROCESS(key, theta)) - target
            return off @ fisher @ off <= EPSILON**2

        return jax.vmap(one)(jax.random.split(key, 20_000)).mean()

    keys = jax.random.split(jax.random.key(7), 400)
    rates = [float(accepted(theta, key)) for theta, key in zip(posterior.theta[:400], keys)]
    return posterior.simulations / len(posterior.theta) * float(np.mean(rates))


def row(seed: int, name: str, found: dict[str, Any]) -> list[str]:
    """One line of the table."""
    numbers = [", ".join(f"{value:.3f}" for value in found["distance"])]
    numbers += [", ".join(f"{value:+.3f}" for value in found["off"]), ", ".join(f"{v:.3f}" for v in found["width"])]
    return [
        f"{seed}, {name}",
        *numbers,
        f"{found['per_sample']:,.0f}",
        f"{found['ess']:,.0f}",
        f"{found['seconds']:.0f}",
    ]


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observations", type=int, default=3)
    args = parser.parse_args()
    tangents = sf.Tangents.simulated(PROCESS, {"mean": 0.0, "variance": 1.0}, 1000)
    network = sf.networks.MLP(10, 2, depth=3, key=0)
    fit = sf.fit(sf.Fisher(network), tangents, key=1, max_epochs=80, progress=False)
    rows, runs = [], []
    for seed in range(args.observations):
        x = np.asarray(PROCESS(jax.random.key(20 + seed), np.array([0.0, 1.0])))
        runs.append(one(x, fit.objective.estimate, np.asarray(fit.objective.fisher), seed))
        rows += [row(seed, name, found) for name, found in runs[-1].items()]
    head = ["observation, method", "total variation of mean, variance", "mean off, exact std", "std over exact"]
    told = [f"{ACCEPTED:,} accepted at ε = {EPSILON} by each."]
    bounds = ", ".join(f"{run['ABC']['ideal']:.1f}" for run in runs)
    told.append(f"Were all parameters drawn from the posterior itself, ABC's simulations would be {bounds} times more.")
    worst = max(max(found["distance"]) for run in runs for found in run.values())
    told.append(f"Total variation at most 0.1: {results.verdict(worst <= 0.1)}.")
    for name in [name for name in runs[0] if name != "ABC"]:
        saving = [run["ABC"]["per_sample"] / run[name]["per_sample"] for run in runs]
        off = max(float(np.abs(run[name]["off"]).max()) for run in runs)
        width = max(float(np.abs(run[name]["width"] - 1).max()) for run in runs)
        told.append(
            f"{name}: ABC needs {', '.join(f'{ratio:.1f}' for ratio in saving)} times its simulations (to reach 10: "
            f"{results.verdict(min(saving) >= 10)}); weighted mean off by at most {off:.3f} exact standard deviations, "
            f"standard deviation by {100 * width:.1f} % (within 10 %: {results.verdict(max(off, width) <= 0.1)})."
        )
    command = f"python -m benchmarks.likelihood_free --observations {args.observations}"
    results.write(
        "likelihood_free",
        command,
        results.table([*head, "simulations a sample", "ess", "s"], rows) + "\n\n" + " ".join(told),
    )


if __name__ == "__main__":
    main()

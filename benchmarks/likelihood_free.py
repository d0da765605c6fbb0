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
ACCEPTED, EPSILON = 5000, 0.3


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
    """Both methods on one observation."""
    exact = Exact(x)
    start = time.perf_counter()
    run = sf.ABC(PROCESS.prior, PROCESS, estimate, fisher).run(
        x, accepted=ACCEPTED, epsilon=EPSILON, key=seed, progress=False
    )
    abc, middle = run.accept(epsilon=EPSILON), time.perf_counter()
    pmc = sf.PMC(PROCESS.prior, PROCESS, estimate, fisher).run(
        x, particles=ACCEPTED, epsilon=EPSILON, stop_rate=1e-6, key=seed, progress=False
    )
    posterior, end = pmc.posterior, time.perf_counter()
    return {
        "abc": exact.distance(abc.theta, abc.weights),
        "pmc": exact.distance(posterior.theta, posterior.weights),
        "off": ((posterior.mean - exact.mean) / exact.std).tolist(),
        "width": (posterior.std / exact.std).tolist(),
        "per_sample": [abc.simulations / len(abc.theta), posterior.simulations / ACCEPTED],
        "seconds": [middle - start, end - middle],
        "ess": posterior.ess,
    }


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
        r = runs[-1]
        distances = [f"{r[name][i]:.3f}" for name in ("abc", "pmc") for i in (0, 1)]
        moments = [f"{r['off'][i]:+.3f}" for i in (0, 1)] + [f"{r['width'][i]:.3f}" for i in (0, 1)]
        costs = [f"{count:,.0f}" for count in r["per_sample"]] + [", ".join(f"{s:.0f}" for s in r["seconds"])]
        rows.append([str(seed), *distances, ", ".join(moments[:2]), ", ".join(moments[2:]), *costs])
    worst = max(max(r["abc"] + r["pmc"]) for r in runs)
    off = max(max(abs(v) for v in r["off"]) for r in runs)
    width = max(max(abs(v - 1) for v in r["width"]) for r in runs)
    saving = min(r["per_sample"][0] / r["per_sample"][1] for r in runs)
    head = ["observation", "ABC, mean", "ABC, variance", "PMC, mean", "PMC, variance"]
    head += ["PMC mean off, exact std", "PMC std over exact", "simulations a sample, ABC", "PMC", "s"]
    told = (
        f"{ACCEPTED:,} accepted at ε = {EPSILON} by both. The first four columns are total variations (at most 0.1: "
        f"{results.verdict(worst <= 0.1)}). ABC needs at least {saving:.1f} times the simulations of PMC (to reach 10: "
        f"{results.verdict(saving >= 10)}). PMC's weighted mean is off by at most {off:.3f} exact standard deviations "
        f"and its standard deviation by {100 * width:.1f} % (within 10 %: "
        f"{results.verdict(off <= 0.1 and width <= 0.1)})."
    )
    command = f"python -m benchmarks.likelihood_free --observations {args.observations}"
    results.write("likelihood_free", command, results.table(head, rows) + "\n\n" + told)


if __name__ == "__main__":
    main()

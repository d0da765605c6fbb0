"""Comparison of summaries where the exact information is known: mean and variance of draws, and a linear regression.

    python -m benchmarks.compare --seeds 2

Mean squared error, Fisher, InfoMax, ratio and flow, each with the same network, trained on 20,000 simulations, and
compared on 40,000 others beside the closed-form linear summaries. The exact information is the mean exact log-ratio of
the very rows that the summaries are judged on, so that the interval is that of the difference. A fit of sf.Fisher knows
one fiducial only; what it keeps there stands in the second table.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array

import suffice as sf
from benchmarks import results
from suffice.simulate.processes import GaussianDraws, LinearRegression


class OfDraws(eqx.Module):
    """A set of draws, one number a member."""

    network: sf.networks.DeepSet

    def __call__(self, x: Array) -> Array:
        return self.network(x[:, None])


class Problem(NamedTuple):
    """A process, its exact log-ratios and Fisher matrix at a fiducial, and a network of as many summaries as there
    are parameters.
    """

    process: Any
    exact: Callable
    fiducial: dict[str, float]
    fisher: np.ndarray
    network: Callable[[int], Callable]


def problems() -> dict[str, Problem]:
    """Both of them."""
    draws, line = GaussianDraws(), LinearRegression()

    def exact_line(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.column_stack([line.exact_log_ratio(theta, x), line.exact_joint_log_ratio(theta, x)])

    middle = {"mean": 0.0, "variance": 5.0}
    return {
        "mean and variance": Problem(
            draws,
            draws.exact_log_ratio,
            middle,
            draws.exact_fisher(np.array([0.0, 5.0])),
            lambda seed: OfDraws(sf.networks.DeepSet(1, 2, key=seed)),
        ),
        "linear regression": Problem(
            line,
            exact_line,
            dict.fromkeys(line.prior.names, 0.0),
            line.fisher(),
            lambda seed: sf.networks.MLP(100, 3, key=seed),
        ),
    }


def learned(problem: Problem, seed: int) -> dict[str, sf.Fit]:
    """A fit of every objective."""
    process, network = problem.process, problem.network(seed)
    sims = sf.simulate(process.prior, process, 20_000, key=100 + seed, progress=False)
    settings = {"key": seed, "max_epochs": 60, "progress": False}
    objectives = {
        "mean squared error": sf.Regression(network),
        "InfoMax": sf.InfoMax(network),
        "ratio": sf.Ratio(network),
        "flow": sf.Flow(network, process.prior, layers=2, width=32, depth=1),
    }
    fits = {name: sf.fit(objective, sims, **settings) for name, objective in objectives.items()}
    tangents = sf.Tangents.simulated(process, problem.fiducial, 2000)
    fits["Fisher"] = sf.fit(sf.Fisher(network), tangents, key=seed, max_epochs=1000, progress=False)
    return fits


def one(problem: Problem, seed: int) -> sf.comparison.SummaryComparison:
    """Everything beside everything."""
    process = problem.process
    fresh = sf.simulate(process.prior, process, 40_000, key=900 + seed, progress=False)
    tangents = sf.Tangents.simulated(process, problem.fiducial, 20_000)
    return sf.compare(
        learned(problem, seed), fresh, process.prior, exact=problem.exact, tangents=tangents, test=0.25, key=seed
    )


def told(found: sf.comparison.SummaryComparison, name: str, group: str) -> tuple[str, bool]:
    """Nats and interval, and whether the exact number, of the same rows, lies in it."""
    estimate = found.information(name, group)
    exact = float(found.exact[found.groups.index(group)].mean())
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})", estimate.covers(exact)


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    parts, inside = [], {}
    for title, problem in problems().items():
        runs = [one(problem, seed) for seed in range(args.seeds)]
        for run in runs:
            print(title, run, flush=True)
        parts += section(title, problem, runs, inside)
    verdict = [f"{name} {sum(hits)} of {len(hits)}" for name, hits in inside.items()]
    all_of_them = results.verdict(all(all(hits) for name, hits in inside.items() if name != "Fisher"))
    parts.append(f"The exact number lies inside the interval: {'; '.join(verdict)} (all but Fisher, whose summary is "
                 f"that of one fiducial: {all_of_them}).")  # fmt: skip
    results.write("compare", f"python -m benchmarks.compare --seeds {args.seeds}", "\n\n".join(parts))


def section(title: str, problem: Problem, runs: list[Any], inside: dict[str, list[bool]]) -> list[str]:
    """The tables of a problem, of all seeds."""
    groups = runs[0].groups
    exact = [f"{group} {np.mean([run.exact[i].mean() for run in runs]):.3f}" for i, group in enumerate(groups)]
    rows, fisher = [], []
    truth = np.linalg.slogdet(problem.fisher)[1]
    for name in runs[0].names:
        cells = []
        for group in groups:
            both = [told(run, name, group) for run in runs]
            cells.append("; ".join(text for text, _ in both))
            if runs[0][name].kind != "closed form":
                inside.setdefault(name, []).extend(hit for _, hit in both)
        seconds = np.median([run[name].cpu_seconds for run in runs])
        rows.append([name, *cells, f"{seconds:.0f}"])
        fisher.append([name, *["; ".join(_log_det(run[name].fisher) for run in runs)]])
    head = [title, *(f"{group}, nats" for group in groups), "CPU s"]
    return [
        f"Exact, nats: {', '.join(exact)}.",
        results.table(head, rows),
        results.table([f"{title}: ln det F at the fiducial, exact {truth:.2f}", "measured"], fisher),
    ]


def _log_det(found: Any) -> str:
    if found is None:
        return "too few numbers"
    return f"{found.log_det.value:.2f} ({found.log_det.low:.2f} to {found.log_det.high:.2f})"


if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    main()

"""Rounds of truncation on the regression at noise 0.01: how tight the box gets, what it costs, whom it cuts.

    python -m benchmarks.truncation [--observations 100]

The exact region where a marginal's density is above 1e-6 of its peak has half-widths 0.0079, 0.0090, 0.0173.
First the observation of the tutorial, at z = 0: the final box must be within 1.5 times the exact one, after
fewer than 40,000 simulations. Then observations whose truth is drawn from the prior: the truth must lie
inside the final box of every one. The region of the exact posterior ends where the prior does.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure, regression_problem as problem, results

NOISE, THRESHOLD, SEED = 0.01, 1e-6, 1_000_005
WIDER, BUDGET = 1.5, 40_000


def observation(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth `(3,)` and data `(100,)`; number 0 is the one at z = 0."""
    rng = np.random.default_rng((SEED, number))
    truth = rng.uniform(-1.0, 1.0, problem.PARAMETERS) if number else np.zeros(problem.PARAMETERS)
    return truth, problem.DESIGN @ truth + NOISE * rng.standard_normal(problem.BINS)


def exact_box(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the exact marginals are above the threshold, cut by the prior's box."""
    exact = problem.Exact(NOISE)
    mean, half = exact.means(x[None])[0], exact.half_widths(THRESHOLD)
    return np.clip(mean - half, -1, 1), np.clip(mean + half, -1, 1)


def walk(x: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, int, int]:
    """The final box, the simulations it took, and the number of rounds."""
    import suffice as sf
    from benchmarks.suffice_regression import prior
    from suffice.simulate.processes import LinearRegression

    ratio = sf.Ratio(sf.networks.Linear(problem.BINS, problem.PARAMETERS, key=seed))
    simulator = LinearRegression(noise=NOISE)
    found = sf.rounds(ratio, prior(), simulator, x, key=seed, threshold=THRESHOLD, progress=False)
    low, high = found.box
    return np.asarray(low), np.asarray(high), found.simulations, len(found.history)


def judge(number: int) -> dict[str, Any]:
    """One observation: how wide the final box is beside the exact one, and whether it holds the truth."""
    truth, x = observation(number)
    low, high, simulated, rounds = walk(x, number)
    exact_low, exact_high = exact_box(x)
    return {
        "number": number,
        "wider": ((high - low) / (exact_high - exact_low)).tolist(),
        "half_widths": ((high - low) / 2).tolist(),
        "inside": bool(((low <= truth) & (truth <= high)).all()),
        "cut": float(np.maximum(np.maximum(low - exact_low, exact_high - high), 0.0).max()),
        "simulations": simulated,
        "rounds": rounds,
        "cpu": measure.cpu(),
    }


def body(found: list[dict]) -> str:
    """The section's text."""
    first, others = found[0], found[1:]
    rows = []
    exact = problem.Exact(NOISE).half_widths(THRESHOLD)
    for i in range(problem.PARAMETERS):
        rows.append([f"z[{i}]", f"{exact[i]:.4f}", f"{first['half_widths'][i]:.4f}", f"{first['wider'][i]:.2f}"])
    told = [results.table(["observation at z = 0", "exact half-width", "half-width of the box", "ratio"], rows)]
    good = max(first["wider"]) <= WIDER and first["simulations"] < BUDGET
    told.append(
        f"{first['simulations']:,} simulations in {first['rounds']} rounds. "
        f"To reach: within {WIDER} times, fewer than {BUDGET:,} simulations, {results.verdict(good)}."
    )
    inside = sum(run["inside"] for run in found)
    if others:
        wider = np.array([run["wider"] for run in others])
        counts = np.array([run["simulations"] for run in others])
        kept = results.verdict(inside == len(found))
        wide = f"median {np.median(wider):.2f}, largest {wider.max():.2f}"
        cost = f"median {np.median(counts):,.0f}, largest {counts.max():,}"
        told.append(
            f"{len(found)} observations, all but the first with a truth from the prior: the truth is inside "
            f"the final box for {inside} ({kept}). Box over exact region: {wide}. Simulations: {cost}. "
            f"{found[-1]['cpu'] / len(found):.0f} CPU seconds each."
        )
    return "\n\n".join(told)


def main() -> None:
    """All observations in one process, noted in a file as they come; write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--observations", type=int, default=100)
    parser.add_argument("--log", type=Path, help="file that gets a line for each observation")
    args = parser.parse_args()
    found = []
    for number in range(args.observations):
        found.append(judge(number))
        print(json.dumps(found[-1]), flush=True)
        if args.log:
            args.log.write_text("".join(json.dumps(run) + "\n" for run in found))
    results.write("truncation", f"python -m benchmarks.truncation --observations {len(found)}", body(found))


if __name__ == "__main__":
    main()

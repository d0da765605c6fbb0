"""The bivariate normal of correlation 0.9 with 100,000 pairs: accuracy, intervals and time beside torch_mist.

    python -m benchmarks.mutual_information --peer PYTHON      # PYTHON as benchmarks/peer_mist.sh prints it

Every estimate is made in a fresh process on one thread: 72,000 pairs train a critic of two layers of 32 for five epochs
in batches of 128, 20,000 measure. CPU seconds are those of the call, compiling included.
"""

import argparse

import numpy as np

from benchmarks import mi_problem as problem, results
from benchmarks.measure import fresh

COVERED = "js"


def ours(name: str, seed: int) -> dict[str, float]:
    """One estimate by suffice."""
    command = ["python", "-m", "benchmarks.suffice_normal", "--estimator", name, "--seed", str(seed)]
    return fresh(command).last


def theirs(python: str, name: str, seed: int) -> dict[str, float]:
    """One estimate by torch_mist."""
    return fresh([python, "benchmarks/mist_normal.py", "--estimator", name, "--seed", str(seed)]).last


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="Python of the environment of torch_mist")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--coverage", type=int, default=20)
    args = parser.parse_args()
    rows, worst, ratios = [], 0.0, []
    for name in problem.NEGATIVES:
        runs, peers = [], []
        for seed in range(args.seeds):
            runs.append(ours(name, seed))
            peers += [theirs(args.peer, name, seed)] if args.peer else []
        worst = max(worst, max(abs(run["value"] - problem.TRUTH) for run in runs))
        cpu, other = (float(np.median([run["cpu"] for run in side])) if side else np.nan for side in (runs, peers))
        ratios.append(other / cpu)
        values = [", ".join(f"{run['value']:.3f}" for run in side) for side in (runs, peers)]
        rows.append([name, *values, f"{cpu:.1f}", f"{other:.1f}", f"{other / cpu:.1f}"])
    covered = [ours(COVERED, 100 + seed) for seed in range(args.coverage)]
    held = sum(run["low"] <= problem.TRUTH <= run["high"] for run in covered)
    head = ["estimator", "suffice, each seed", "torch_mist", "CPU s", "torch_mist, CPU s", "ratio"]
    told = (
        f"Truth {problem.TRUTH:.4f} nats; the largest error is {worst:.4f} (within 0.015: "
        f"{results.verdict(worst <= 0.015)}). The 95 % interval of {COVERED} covers the truth on {held} of "
        f"{args.coverage} seeds (at least 18 of 20: {results.verdict(held >= 0.9 * args.coverage)}). CPU seconds of "
        f"torch_mist over ours at least {min(ratios):.1f} (to reach 5: {results.verdict(min(ratios) >= 5)})."
    )
    peer = " --peer PYTHON" if args.peer else ""
    command = f"python -m benchmarks.mutual_information{peer} --seeds {args.seeds} --coverage {args.coverage}"
    results.write("mutual_information", command, results.table(head, rows) + "\n\n" + told)


if __name__ == "__main__":
    main()

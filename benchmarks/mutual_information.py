"""The bivariate normal of correlation 0.9 with 100,000 pairs: accuracy, intervals and time beside torch_mist.

    python -m benchmarks run mutual_information --peers

Every estimate is made in a fresh process on one thread: 72,000 pairs train a critic of two layers of 32 for five epochs
in batches of 128, 20,000 measure. CPU seconds are those of the call: "first", everything compiled anew, and "later",
with what earlier programs compiled in suffice's cache, as it is on every run but the first on a machine.
"""

import argparse
import tempfile

import numpy as np

from benchmarks import mi_problem as problem, results
from benchmarks.measure import fresh

COVERED = "js"


def ours(name: str, seed: int, cache: str = "off") -> dict[str, float]:
    """One estimate by suffice."""
    command = ["python", "-m", "benchmarks.suffice_normal", "--estimator", name, "--seed", str(seed)]
    return fresh(command, SUFFICE_CACHE=cache).last


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
    cache = tempfile.mkdtemp()
    for name in problem.NEGATIVES:
        runs, later, peers = [], [], []
        ours(name, 0, cache)
        for seed in range(args.seeds):
            runs.append(ours(name, seed))
            peers += [theirs(args.peer, name, seed)] if args.peer else []
            later.append(ours(name, seed, cache))
        worst = max(worst, max(abs(run["value"] - problem.TRUTH) for run in runs))
        sides = (runs, later, peers)
        cpu, warm, other = (float(np.median([run["cpu"] for run in side])) if side else np.nan for side in sides)
        ratios.append((other / cpu, other / warm))
        values = [", ".join(f"{run['value']:.3f}" for run in side) for side in (runs, peers)]
        times = [f"{cpu:.1f}", f"{warm:.1f}"]
        times += [f"{other:.1f}", f"{other / cpu:.1f}", f"{other / warm:.1f}"] if peers else [""] * 3
        rows.append([name, *values, *times])
    covered = [ours(COVERED, 100 + seed, cache) for seed in range(args.coverage)]
    held = sum(run["low"] <= problem.TRUTH <= run["high"] for run in covered)
    names = ["estimator", "suffice, each seed", "torch_mist"]
    head = [*names, "CPU s, first", "CPU s, later", "torch_mist, CPU s", "ratio, first", "ratio, later"]
    least = [min(pair[i] for pair in ratios) for i in (0, 1)]
    told = (
        f"Truth {problem.TRUTH:.4f} nats; the largest error is {worst:.4f} (within 0.015: "
        f"{results.verdict(worst <= 0.015)}). The 95 % interval of {COVERED} covers the truth on {held} of "
        f"{args.coverage} seeds (at least 18 of 20: {results.verdict(held >= 0.9 * args.coverage)})."
    )
    if args.peer:
        told += (
            f" CPU seconds of torch_mist over ours at least {least[0]:.1f} on the first run and {least[1]:.1f} on "
            f"later ones (to reach 5, compiling included: {results.verdict(least[0] >= 5)}, and "
            f"{results.verdict(least[1] >= 5)} on later ones)."
        )
    peer = " --peer PYTHON" if args.peer else ""
    command = f"python -m benchmarks.mutual_information{peer} --seeds {args.seeds} --coverage {args.coverage}"
    results.write("mutual_information", command, results.table(head, rows) + "\n\n" + told)


if __name__ == "__main__":
    main()

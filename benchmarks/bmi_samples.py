"""Samples of the tasks of "Beyond Normal", by the Python of the environment of benchmark-mi.

    PYTHON benchmarks/bmi_samples.py OUT [--seeds 1] [--n 10000] [--tasks NAME ...]

Writes OUT/TASK-SEED.npz with arrays x, y and mutual_information.
"""

import argparse
from pathlib import Path

import numpy as np
from bmi.benchmark import BENCHMARK_TASKS  # pyright: ignore[reportMissingImports]


def main() -> None:
    """Write the samples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--tasks", nargs="*", default=list(BENCHMARK_TASKS))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.tasks:
        task = BENCHMARK_TASKS[name]
        for seed in range(args.seeds):
            x, y = task.sample(args.n, seed=seed)
            truth = float(task.mutual_information)
            np.savez(args.out / f"{name}-{seed}.npz", x=np.asarray(x), y=np.asarray(y), mutual_information=truth)


if __name__ == "__main__":
    main()

"""sbi's neural posterior estimation of two moons on one thread; prints one line of JSON. By the Python of sbi.

PYTHON benchmarks/sbi_two_moons.py --estimator nsf --seed 0 --data two_moons.npz --out draws.npz
"""

import argparse
import json
import os
import resource
import tempfile
import time

import mi_problem as problem  # pyright: ignore[reportMissingImports]
import numpy as np

problem.one_thread()


def main() -> None:
    """Train with its defaults, draw for each observation twice."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--estimator", choices=["nsf", "maf"], required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    import torch  # pyright: ignore[reportMissingImports]
    from sbi.inference import NPE  # pyright: ignore[reportMissingImports]
    from sbi.utils import BoxUniform  # pyright: ignore[reportMissingImports]

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    data = np.load(args.data)
    os.chdir(tempfile.mkdtemp())  # where it leaves its logs
    theta, x, seen = (torch.as_tensor(data[name], dtype=torch.float32) for name in ("theta", "x", "seen"))
    start = time.process_time(), time.perf_counter()
    inference = NPE(BoxUniform(-torch.ones(2), torch.ones(2)), density_estimator=args.estimator)
    inference.append_simulations(theta, x).train()
    took = {"cpu": time.process_time() - start[0], "wall": time.perf_counter() - start[1]}
    took["epochs"] = int(inference.summary["epochs_trained"][-1])
    posterior, draws, seconds = inference.build_posterior(), [], []
    for one in (seen[0], *seen):  # the first twice
        start = time.perf_counter()
        draws.append(posterior.sample((int(data["draws"]),), x=one, show_progress_bars=False).numpy())
        seconds.append(time.perf_counter() - start)
    took |= {"first": seconds[0], "second": float(np.median(seconds[1:]))}
    took["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    np.savez(args.out, draws=np.stack(draws[1:]))
    print("\n" + json.dumps(took))  # what sbi says of its progress ends in the middle of a line


if __name__ == "__main__":
    main()

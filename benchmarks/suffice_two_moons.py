"""suffice's neural posterior estimation of two moons on one thread; the twin of `sbi_two_moons.py`.

python -m benchmarks.suffice_two_moons --seed 0 --data two_moons.npz --out draws.npz
"""

import argparse
import json
import time

import numpy as np

from benchmarks import measure
from benchmarks.mi_problem import one_thread


def main() -> None:
    """Train with the defaults, compiling included, and draw for each observation twice."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    one_thread()
    import jax
    import jax.numpy as jnp

    import suffice as sf
    from suffice.simulate.processes import TwoMoons

    data, prior = np.load(args.data), TwoMoons().prior
    jax.block_until_ready(jnp.zeros(3) + 1)  # the backend is there, as torch is once it is imported
    start = time.process_time(), time.perf_counter()
    sims = sf.Simulations(data["theta"], data["x"], names=prior.names)
    fit = sf.fit(sf.Flow(jnp.asarray, prior), sims, key=args.seed, progress=False)
    took = {"cpu": time.process_time() - start[0], "wall": time.perf_counter() - start[1]}
    took |= {"epochs": len(fit.history), "epoch_wall": float(fit.history["seconds"].iloc[1:].median())}
    draws, seconds = [], []
    for i, one in enumerate((data["seen"][0], *data["seen"])):  # the first twice
        start = time.perf_counter()
        draws.append(np.asarray(sf.posterior(fit, prior, one, key=i).sample(int(data["draws"]), key=i)))
        seconds.append(time.perf_counter() - start)
    took |= {"first": seconds[0], "second": float(np.median(seconds[1:])), "gigabytes": measure.peak_gigabytes()}
    np.savez(args.out, draws=np.stack(draws[1:]))
    print(json.dumps(took))


if __name__ == "__main__":
    main()

"""A simulator that JAX cannot trace: it runs in processes, some rows fail, and nothing is lost.

    python examples/external_simulator.py            # about half a minute on two cores
    python examples/external_simulator.py --quick

A queue at a counter, written with plain Python and NumPy: customers arrive and are served at random. What do the
waiting times of fifty customers say about the two rates? The simulations go to a Zarr store as they come; run the
script again, or kill it and run it again, and it goes on from there.
"""

import argparse
from pathlib import Path

import numpy as np
import numpyro.distributions as dist

import suffice as sf


def queue(rng: np.random.Generator, theta: np.ndarray) -> dict[str, np.ndarray]:
    """Waiting times of fifty customers and the times between their arrivals."""
    arrival, service = theta
    gaps = rng.exponential(1 / arrival, size=50)
    served = rng.exponential(1 / service, size=50)
    if served.max() > 9.5:
        raise RuntimeError("the counter has closed")  # one simulation in some thousands fails, and is told of
    wait = np.zeros(50)
    for i in range(1, 50):
        wait[i] = max(0.0, wait[i - 1] + served[i - 1] - gaps[i])
    return {"wait": np.log1p(wait), "gaps": np.log(gaps)}


def main() -> None:
    """Simulate into a store, learn, infer, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer simulations and epochs, less accurate")
    parser.add_argument("--out", type=Path, default=Path("queue"), help="folder for the store and the figure")
    args = parser.parse_args()
    n, epochs = (1_500, {"max_epochs": 4}) if args.quick else (20_000, {})

    prior = sf.Prior(arrival=dist.Uniform(0.5, 1.5), service=dist.Uniform(0.8, 2.0))
    sims = sf.simulate(prior, queue, n, key=0, workers=2, store=args.out / "simulations.zarr")
    print(sims.failures)

    summary = sf.networks.MLP(100, 2, key=1)  # of both arrays, end to end
    # Balancing keeps the intervals from being too narrow, which 20,000 simulations of this queue would make them.
    fit = sf.fit(sf.Ratio(summary, marginals="joint", balance=100.0), sims, key=2, test=0.1, **epochs)

    truth = np.array([0.9, 1.1])
    posterior = sf.posterior(fit, prior, queue(np.random.default_rng(3), truth))
    print("mean", posterior.mean, "std", posterior.std)
    print(sf.checks.coverage(fit, prior, sims[fit.split.test], key=4))
    axes = sf.plots.corner(posterior, truth=truth)
    axes[0, 0].figure.savefig(args.out / "queue.png", dpi=150)
    print(f"wrote {args.out / 'queue.png'}")


if __name__ == "__main__":
    main()

"""The posterior of one observation from few simulations: rounds that follow it into a corner of the prior.

    python examples/sequential_rounds.py            # about two minutes on two cores
    python examples/sequential_rounds.py --quick    # only to see that it works

Where a source stands and how bright it is, from 16 detectors around it that see it through noise. The observation is
precise, so that its posterior is a small part of the prior, and most simulations are far from it. `sf.rounds`
simulates inside the region that holds the posterior so far, and stops when that no longer shrinks. Beside it stands a
flow that was trained once on as many simulations from the whole prior, and the exact posterior. Writes
`sequential_rounds.png`.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpyro.distributions as dist

import suffice as sf

ANGLE = jnp.linspace(0, 2 * jnp.pi, 16, endpoint=False)
DETECTORS = 3 * jnp.stack([jnp.cos(ANGLE), jnp.sin(ANGLE)], axis=1)
NOISE = 0.01


def brightness(theta):
    """What each detector would see without noise."""
    return theta[2] / (0.5 + ((DETECTORS - theta[:2]) ** 2).sum(axis=1))


def simulator(key, theta):
    """16 numbers."""
    return brightness(theta) + NOISE * jax.random.normal(key, (16,))


def main() -> None:
    """Walk through the rounds, train once on as many simulations, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("sequential_rounds.png"))
    args = parser.parse_args()
    n, most, epochs, layers = (400, 2, 4, 1) if args.quick else (1500, 6, 100, 2)

    prior = sf.Prior(x=dist.Uniform(-2, 2), y=dist.Uniform(-2, 2), power=dist.LogNormal(0, 0.5))
    truth = jnp.array([1.1, -0.4, 1.3])
    observation = simulator(jax.random.key(7), truth)
    objective = sf.Flow(sf.networks.MLP(16, 3, width=64, key=1), prior, layers=layers, width=32)
    training = {"batch_size": 128, "max_epochs": epochs, "progress": False}

    walk = sf.rounds(objective, prior, simulator, observation, key=2, n=n, max_rounds=most, **training)
    for number, one in enumerate(walk.history):
        low, high = one.low.round(2).tolist(), one.high.round(2).tolist()
        print(f"round {number}: {one.simulated} simulated, {one.reused} used again; the posterior from {low} to {high}")
    print(f"{walk.simulations} simulations in all; ended because: {walk.stopped}")

    sims = sf.simulate(prior, simulator, walk.simulations, key=3, progress=False)
    at_once = sf.posterior(sf.fit(objective, sims, key=4, **training), prior, observation, key=5)

    def log_likelihood(theta):
        return jax.scipy.stats.norm.logpdf(observation, brightness(theta), NOISE).sum()

    exact = sf.reweight(walk.posterior, log_likelihood, n=20_000, key=6)
    for name, found in (("rounds", walk.posterior), ("at once", at_once), ("exact", exact)):
        print(f"{name:>8}: mean {found.mean.round(3)}, std {found.std.round(3)}")
    print(f"the exact one by weighting draws of the rounds, worth {exact.ess:.0f} independent ones")
    labels = ["at once", "rounds", "exact"]
    axes = sf.plots.corner([at_once, walk.posterior, exact], truth=truth, labels=labels)
    axes[0, 0].figure.savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

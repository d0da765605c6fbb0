"""A posterior of all parameters together, from time series, by a flow and a convolutional network.

    python examples/flow_posterior.py            # about two minutes on two cores
    python examples/flow_posterior.py --quick    # only to see that it works

A damped oscillation in noise: how fast it swings, how fast it dies, and how loud the noise is. Writes
`flow_posterior.png`: the posterior of an ensemble, and the posterior that the exact likelihood makes of it.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpyro.distributions as dist

import suffice as sf

TIME = jnp.linspace(0, 10, 128)


def oscillation(key, theta):
    """128 numbers."""
    frequency, damping, noise = theta
    return jnp.exp(-damping * TIME) * jnp.sin(2 * jnp.pi * frequency * TIME) + noise * jax.random.normal(key, (128,))


def main() -> None:
    """Simulate, train, look at the posterior of one observation, and correct it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("flow_posterior.png"))
    args = parser.parse_args()
    n, epochs, members, layers = (600, 2, 2, 1) if args.quick else (20_000, 60, 3, 3)

    prior = sf.Prior(frequency=dist.Uniform(0.2, 1.5), damping=dist.LogNormal(-1.5, 0.5), noise=dist.Uniform(0.05, 0.5))
    sims = sf.simulate(prior, oscillation, n, key=0, progress=False)
    summary = sf.networks.Conv1d((128,), 6, key=1)
    fit = sf.fit(
        sf.Flow(summary, prior, layers=layers),
        sims,
        key=2,
        test=0.1,
        ensemble=members,
        max_epochs=epochs,
        progress=False,
    )
    print(sf.checks.coverage(fit, prior, sims[fit.split.test], key=3))

    truth = jnp.array([0.7, 0.2, 0.15])
    observation = oscillation(jax.random.key(4), truth)
    posterior = sf.posterior(fit, prior, observation, key=5)
    print("mean", posterior.mean, "std", posterior.std, "members apart", posterior.spread)

    def log_likelihood(theta):
        clean = oscillation(jax.random.key(0), theta.at[2].set(0.0))
        return jax.scipy.stats.norm.logpdf(observation, clean, theta[2]).sum()

    exact = sf.reweight(posterior, log_likelihood, key=6)
    print(f"by the exact likelihood: mean {exact.mean}, std {exact.std}, {exact.ess:.0f} effective draws")
    axes = sf.plots.corner([posterior, exact], truth=truth, labels=["learned", "re-weighted"])
    axes[0, 0].figure.savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

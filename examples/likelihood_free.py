"""Inference without a likelihood: rejection, population Monte Carlo, and what they accept.

    python examples/likelihood_free.py            # about a minute on two cores
    python examples/likelihood_free.py --quick    # rougher

Ten draws from a normal distribution of unknown mean and variance, compared by the estimates of a network that was
trained for Fisher information at one fiducial only. The exact posterior is known. Writes `likelihood_free.png` and
`likelihood_free_accepted.png`.
"""

import argparse

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist

import suffice as sf


def simulator(key: jax.Array, theta: jax.Array) -> jax.Array:
    """Ten draws."""
    return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))


def exact_draws(x: np.ndarray, n: int) -> np.ndarray:
    """Draws of the posterior under the flat prior, from a fine grid."""
    mean, variance = np.linspace(-10, 10, 2001), np.linspace(0.005, 10, 2000)
    squares = ((x - mean[:, None]) ** 2).sum(axis=1)
    log = -5 * np.log(variance) - squares[:, None] / (2 * variance)
    mass = np.exp(log - log.max()).ravel()
    chosen = np.random.default_rng(0).choice(mass.size, n, p=mass / mass.sum())
    return np.stack([mean[chosen // 2000], variance[chosen % 2000]], axis=1)


def main() -> None:
    """Train, sample twice, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer steps and simulations, less accurate")
    quick = parser.parse_args().quick

    prior = sf.Prior(mean=dist.Uniform(-10, 10), variance=dist.Uniform(0, 10))
    truth = jnp.array([0.1, 1.2])
    x_obs = simulator(jax.random.key(3), truth)
    tangents = sf.Tangents.simulated(simulator, {"mean": 0.0, "variance": 1.0}, n=500 if quick else 1000)
    network = sf.networks.MLP(10, 2, width=32 if quick else 128, depth=3, key=0)
    fit = sf.fit(sf.Fisher(network), tangents, key=1, max_epochs=8 if quick else 60)
    estimate, fisher = fit.objective.estimate, fit.objective.fisher

    abc = sf.ABC(prior, simulator, estimate, fisher).run(x_obs, draws=100_000 if quick else 2_000_000, key=4)
    epsilon = 1.0 if quick else 0.5
    rejection = abc.accept(epsilon=epsilon)
    print(f"rejection: {len(rejection.theta)} of {abc.total} accepted; {rejection.mean} ± {rejection.std}")

    pmc = sf.PMC(prior, simulator, estimate, fisher)
    run = pmc.run(x_obs, particles=300 if quick else 3000, epsilon=epsilon, stop_rate=1e-3, key=5)
    print(run.history.to_string(index=False))
    print(f"population: {len(run.posterior.theta)} of {run.posterior.simulations} simulations, {run.stopped}")

    posteriors = [exact_draws(np.asarray(x_obs), 20_000), rejection, run.posterior]
    sf.plots.corner(posteriors, truth=truth, names=prior.names, labels=["exact", "rejection", "population"])
    plt.savefig("likelihood_free.png", dpi=150)
    sf.plots.accepted(abc, epsilon, truth)
    plt.savefig("likelihood_free_accepted.png", dpi=150)
    print("wrote likelihood_free.png and likelihood_free_accepted.png")


if __name__ == "__main__":
    main()

"""Summaries that maximise Fisher information, and the Gaussian approximation they give.

    python examples/fisher.py            # about a minute on two cores
    python examples/fisher.py --quick    # rougher

Ten draws from a normal distribution of unknown mean and variance. The Fisher matrix of the data at mean 0 and
variance 1 is known, diag(10, 5), so what a network finds can be judged. Writes `fisher.png`: det F while it trains,
Fisher ellipses beside those of a linear summary, and the posterior beside the exact one.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist

import suffice as sf

FIDUCIAL = {"mean": 0.0, "variance": 1.0}


def simulator(key: jax.Array, theta: jax.Array) -> jax.Array:
    """Ten draws."""
    return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))


def exact_posterior(x: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The posterior on a grid, under flat priors."""
    squares = ((x - mean[:, None]) ** 2).sum(axis=1)
    log = -5 * np.log(variance) - squares[:, None] / (2 * variance)
    density = np.exp(log - log.max())
    return density / density.sum() / (mean[1] - mean[0]) / (variance[1] - variance[0])


@sf.plots.style()
def picture(
    fit: sf.Fit, learned: sf.information.FisherMatrix, posterior: sf.posteriors.GaussianPosterior, x: np.ndarray
) -> plt.Figure:
    """Training, ellipses, posterior."""
    figure = plt.figure(figsize=(10.5, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.0, 1.1])
    top, bottom = left.subfigures(2, 1)
    sf.plots.fisher_history(fit, known=50, ax=top.subplots(1, 2))
    panel = bottom.subplots()
    grid = posterior.grid(120)
    mean, variance = np.linspace(-1.5, 1.5, 200), np.linspace(0.05, 4, 200)
    panel.contour(*grid.axes, grid.posterior.T, 4, colors="C0", linewidths=1)
    panel.contour(mean, variance, exact_posterior(x, mean, variance).T, 4, colors="black", linewidths=0.8)
    panel.plot([], [], color="C0", label="Gaussian approximation")
    panel.plot([], [], color="black", label="exact")
    panel.set(xlabel="mean", ylabel="variance", xlim=(-1.5, 1.5), ylim=(0, 3.5))
    panel.legend(loc="upper left", fontsize=7)
    known = np.diag([10.0, 5.0])
    sf.plots.fisher_ellipses(
        [known, np.asarray(learned)],
        at=[0, 1],
        names=learned.names,
        labels=["all data", "learned"],
        ax=right.subplots(2, 2),
    )
    return figure


def main() -> None:
    """Train, measure, infer, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer steps, less accurate")
    quick = parser.parse_args().quick

    tangents = sf.Tangents.simulated(simulator, FIDUCIAL, n=500 if quick else 1000)
    network = sf.networks.MLP(10, 2, width=32 if quick else 128, depth=3, key=0)
    fit = sf.fit(sf.Fisher(network), tangents, key=1, max_epochs=8 if quick else 80)
    print(f"trained in {fit.seconds:.0f} s; stopped by {fit.stopped}")

    fresh = sf.Tangents.simulated(simulator, FIDUCIAL, n=20_000 if quick else 100_000)
    learned = sf.fisher_matrix(fit.objective.summary, fresh, key=2)
    print(f"Fisher matrix on fresh simulations, of diag(10, 5):\n{np.round(learned.value, 2)}")
    print(f"det F = {learned.det:.1f} of 50; {learned.log_det}")

    x_obs = simulator(jax.random.key(3), jnp.array([0.1, 1.2]))
    print(f"estimate: {np.round(fit.objective.estimate(x_obs), 2)}; error bars {np.round(learned.errors, 2)}")
    prior = sf.Prior(mean=dist.Uniform(-10, 10), variance=dist.Uniform(0, 10))
    posterior = sf.GaussianApproximation(prior, fit.objective.estimate, learned).condition(x_obs)
    for name, mean, std in zip(posterior.names, posterior.mean, posterior.std):
        print(f"{name}: {mean:.2f} ± {std:.2f}")
    picture(fit, learned, posterior, np.asarray(x_obs)).savefig("fisher.png", dpi=150)
    print(f"wrote {Path('fisher.png')}")


if __name__ == "__main__":
    main()

"""From a simulator to a checked posterior, and what it looks like: the thirty lines of the README, with a figure.

    python examples/quickstart.py            # about half a minute on two cores
    python examples/quickstart.py --quick    # fewer simulations and epochs, rougher

A parabola with noise in 100 bins: three parameters. Writes `quickstart.png`: the posterior beside the exact one,
which is known here, and what each of the three learned summaries reads.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist

import suffice as sf
from suffice.simulate.processes import LinearRegression

TRUTH = jnp.array([0.2, -0.4, 0.6])


def simulator(key: jax.Array, theta: jax.Array) -> jax.Array:
    """A parabola in 100 bins with noise."""
    y = jnp.linspace(-1, 1, 100)
    return theta[0] + theta[1] * y + theta[2] * y**2 + 0.2 * jax.random.normal(key, (100,))


@sf.plots.style()
def picture(posterior: sf.posteriors.RatioPosterior, fit: sf.Fit, x_obs: jax.Array) -> plt.Figure:
    """Data, posterior beside the exact one, and the weights of the three summaries."""
    exact = LinearRegression()
    figure = plt.figure(figsize=(9.6, 4.4), layout="constrained")
    grid = figure.add_gridspec(2, 3, height_ratios=[1.0, 1.0])
    data, weights = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1:])
    y = np.linspace(-1, 1, 100)
    data.plot(y, x_obs, ".", color="black", markersize=3)
    data.set(title="100 numbers observed", xlabel="bin")
    for i, row in enumerate(np.asarray(jax.jacobian(fit.objective.summary)(x_obs))):
        weights.plot(y, row, label=f"summary {i}")
    weights.axhline(0, color="grey", lw=0.6)
    weights.set(title="three numbers that suffice: the weight of each bin", xlabel="bin")
    weights.set_ylim(-0.09, 0.15)
    weights.legend(ncols=3, loc="upper center")
    panels = np.array([figure.add_subplot(grid[1, i]) for i in range(3)])
    sf.plots.marginals(posterior, truth=TRUTH, ax=panels)
    for i, panel in enumerate(panels):
        at = np.linspace(*panel.get_xlim(), 300)
        panel.plot(at, exact.exact_marginal(x_obs, i, at), ":", color="black")
    panels[0].plot([], [], ":", color="black", label="exact")
    panels[0].legend(handles=[*panels[0].get_legend().legend_handles, panels[0].lines[-1]], loc="upper right")
    return figure


def main() -> None:
    """Walk the path, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer simulations and epochs, less accurate")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the figure")
    args = parser.parse_args()
    epochs = {"max_epochs": 5} if args.quick else {}

    prior = sf.Prior(z=dist.Uniform(-1, 1).expand([3]))
    sims = sf.simulate(prior, simulator, 2_000 if args.quick else 10_000, key=0)
    summary = sf.networks.Linear(100, 3, key=1)
    fit = sf.fit(sf.Ratio(summary), sims, key=2, test=0.1, **epochs)

    x_obs = simulator(jax.random.key(3), TRUTH)
    posterior = sf.posterior(fit, prior, x_obs)
    print("mean", posterior.mean, "std", posterior.std)
    print(sf.checks.coverage(fit, prior, sims[fit.split.test], key=4))
    print(sf.retained(fit, sims, key=5, **epochs))

    args.out.mkdir(parents=True, exist_ok=True)
    picture(posterior, fit, x_obs).savefig(args.out / "quickstart.png", dpi=150)
    print(f"wrote {args.out / 'quickstart.png'}")


if __name__ == "__main__":
    main()

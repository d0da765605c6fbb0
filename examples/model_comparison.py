"""Which of three simulators made these counts? Posterior probabilities and Bayes factors, checked.

    python examples/model_comparison.py            # about a minute on two cores
    python examples/model_comparison.py --quick    # only to see that it works

Forty counts of events: at a rate that never changes, at one that drifts, or at one that jumps once. Each model has
parameters of its own, over which its evidence is an integral; a classifier on a learned summary learns all of them at
once. Whether its probabilities can be believed is seen on simulations that it was not trained on. Writes
`model_comparison.png`.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpyro.distributions as dist

import suffice as sf

TIME = jnp.linspace(0, 1, 40)


def steady(key, theta):
    """One rate."""
    return jax.random.poisson(key, theta[0] * jnp.ones(40)).astype(float)


def drifting(key, theta):
    """A rate that grows or falls exponentially."""
    return jax.random.poisson(key, theta[0] * jnp.exp(theta[1] * (TIME - 0.5))).astype(float)


def jumping(key, theta):
    """Two rates, one after the other."""
    rate = theta[0] * jnp.where(theta[2] > TIME, 1.0, jnp.exp(theta[1]))
    return jax.random.poisson(key, rate).astype(float)


RATE = dist.Gamma(9.0, 1.0)
MODELS = {
    "steady": (steady, sf.Prior(rate=RATE)),
    "drifting": (drifting, sf.Prior(rate=RATE, slope=dist.Normal(0, 1))),
    "jumping": (jumping, sf.Prior(rate=RATE, jump=dist.Normal(0, 1), when=dist.Uniform(0.1, 0.9))),
}


def main() -> None:
    """Simulate each model, learn to tell them apart, ask about three observations, and check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("model_comparison.png"))
    args = parser.parse_args()
    n, epochs, members = (1500, 4, 2) if args.quick else (20_000, 40, 3)

    sims = {
        name: sf.simulate(prior, model, n, key=i, progress=False)
        for i, (name, (model, prior)) in enumerate(MODELS.items())
    }
    summary = sf.networks.Conv1d((40,), 4, key=10)
    comparison = sf.compare_models(sims, summary, key=11, ensemble=members, max_epochs=epochs, progress=False)

    truths = {"steady": [9.0], "drifting": [9.0, -1.2], "jumping": [6.0, 0.9, 0.55]}
    keys = jax.random.split(jax.random.key(12), 3)
    x = jnp.stack([MODELS[name][0](key, jnp.array(theta)) for key, (name, theta) in zip(keys, truths.items())])
    probabilities = comparison.probabilities(x)
    print(probabilities.assign(truth=list(truths)).round(3).to_string(index=False))
    print(comparison.bayes_factors(x).round(2).to_string(index=False))
    calibration = comparison.calibration()
    print(calibration.round(3).to_string(index=False))

    draw(x, probabilities, calibration, args.out)
    print(f"written to {args.out}")


def draw(x, probabilities, calibration, out: Path) -> None:
    """The counts, what is thought of them, and whether such thoughts are right."""
    with sf.plots.style():
        figure, axes = plt.subplots(1, 4, figsize=(12.5, 3.0), layout="constrained")
        for ax, row, made_by, (_, found) in zip(axes, x, MODELS, probabilities.iterrows()):
            ax.step(TIME, row, where="mid", color="black")
            told = "\n".join(f"{name} {value:.2f}" for name, value in found.items())
            ax.set(title=f"made by: {made_by}", xlabel="time", ylabel="counts", ylim=(0, float(x.max()) * 1.45))
            ax.text(0.97, 0.96, told, transform=ax.transAxes, ha="right", va="top")
        for name, rows in calibration.groupby("model", sort=False):
            error = [rows["share"] - rows["low"], rows["high"] - rows["share"]]
            axes[3].errorbar(rows["mean"], rows["share"], error, fmt="o", capsize=2, label=name)
        axes[3].plot([0, 1], [0, 1], color="0.6", linewidth=1)
        axes[3].set(title="held-out simulations", xlabel="probability of a model", ylabel="share that it made")
        axes[3].legend()
        figure.savefig(out, dpi=160)


if __name__ == "__main__":
    main()

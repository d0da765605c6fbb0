"""Which summary should I use, what does it lose, and what would a network add to it?

    python examples/compare_summaries.py            # a few minutes on two cores
    python examples/compare_summaries.py --quick    # rougher

Noise of unknown strength and colour. The power spectrum in three bands is the summary that is there; a network is
trained beside it for what it lacks. Writes `compare_summaries.png`.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpyro.distributions as dist

import suffice as sf


def noise(key, theta):
    """64 numbers: white noise of strength `theta[0]`, on a slope of `theta[1]`."""
    return theta[0] * jax.random.normal(key, (64,)) + theta[1] * jnp.linspace(-1, 1, 64)


def power_spectrum(x):
    """Logarithm of the power in three bands, which knows the slope's size but not its sign."""
    power = jnp.abs(jnp.fft.rfft(x))[1:] ** 2
    return jnp.log(jnp.array([power[:4].mean(), power[4:12].mean(), power[12:].mean()]))


def main() -> None:
    """Simulate, learn, compare, and look for what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("compare_summaries.png"))
    args = parser.parse_args()
    n, epochs = (1500, 3) if args.quick else (10_000, 60)

    prior = sf.Prior(strength=dist.Uniform(0.5, 2), slope=dist.Uniform(-2, 2))
    sims, fresh = (sf.simulate(prior, noise, n, key=key, progress=False) for key in (0, 1))
    hybrid = sf.networks.Hybrid(power_spectrum, sf.networks.MLP(64, 2, key=2))
    settings = {"max_epochs": epochs, "progress": False}
    both = sf.fit(sf.InfoMax(hybrid), sims, key=3, **settings)

    summaries = {"power spectrum": power_spectrum, "with network": both}
    found = sf.compare(summaries, fresh, prior, key=4, max_epochs=epochs)
    print(found)
    print("the network adds", found.difference("with network", "power spectrum"))
    if not args.quick:
        print("beyond the power spectrum:", sf.missing(power_spectrum, fresh, prior, key=5, **settings))

    sf.plots.comparison(found).flat[0].figure.savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

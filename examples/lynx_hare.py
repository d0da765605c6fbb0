"""Real data: the lynx and the hare, from simulations alone, beside the posterior of the known likelihood.

    python examples/lynx_hare.py            # about eight minutes on two cores
    python examples/lynx_hare.py --quick    # the same path in less than a minute, less accurate

Twenty-one years of pelts, a model of two differential equations with log-normal noise, and eight
unknowns. The prior is far wider than the posterior, so rounds of simulating, learning and truncating come
first; then two fits on simulations drawn anew for every batch, the second in the box that the first leaves.

Here the likelihood can be written down, so NUTS gives the posterior that the learned one has to meet;
the inference itself makes no use of it. Writes a table to the screen and a figure, `lynx_hare.png`.
"""

import argparse
import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
import pandas as pd
from numpyro.infer import init_to_median, MCMC, NUTS

import suffice as sf
from suffice.simulate.processes import LotkaVolterra

DATA = Path(__file__).parent / "data" / "lynx_hare.csv"
PROCESS = LotkaVolterra()


def pelts() -> np.ndarray:
    """Hare and lynx of 1900 to 1920, in thousands of pelts, `(21, 2)`."""
    table = pd.read_csv(DATA, comment="#")
    return table[["hare", "lynx"]].to_numpy()


def logarithm(x: jax.Array) -> jax.Array:
    """What is learned from: the log of the pelts, at most 7 pelts and at least 22 million told apart."""
    # Populations of the prior nearly die out and explode; such numbers would only widen the scale of the data.
    return jnp.clip(jnp.log(x), -5.0, 10.0)


def simulator(key: jax.Array, theta: jax.Array) -> jax.Array:
    """The pelts of 21 years, as logarithms."""
    return logarithm(PROCESS(key, theta))


@dataclasses.dataclass(frozen=True)
class Found:
    """The posterior, the rounds it took, and how many simulations."""

    posterior: sf.posteriors.RatioPosterior
    rounds: int
    simulated: int


def annealed(steps: int) -> optax.GradientTransformation:
    """AdamW whose rate falls to zero: with fresh simulations there is only noise to average out, no overfitting."""
    schedule = optax.cosine_decay_schedule(1.0, steps)
    return optax.chain(optax.clip_by_global_norm(10.0), optax.adamw(schedule, weight_decay=1e-4))


def infer(*, key: int = 0, quick: bool = False, progress: bool = False) -> Found:
    """Learn the posterior of the pelts from simulations."""
    for_network, for_rounds, for_fit, for_posterior = jax.random.split(jax.random.key(key), 4)
    x_obs = logarithm(jnp.asarray(pelts()))
    network = sf.networks.MLP(42, 16, width=512, depth=3, key=for_network)
    objective = sf.Ratio(network, negatives=4, width=32)
    walk = sf.rounds(
        objective, PROCESS.prior, simulator, x_obs,
        n=4_000 if quick else 20_000, max_rounds=2 if quick else 6, threshold=1e-5,
        max_epochs=8 if quick else 60, patience=8, plateau=3, key=for_rounds, progress=progress,
    )  # fmt: skip
    box, drawn = sf.truncate(walk.posterior, walk.prior, threshold=1e-5), walk.simulations
    # A short fit narrows the box once more than the rounds could; the last one is made in it.
    for epochs, k in zip((3, 5) if quick else (25, 60), jax.random.split(for_fit)):
        source = sf.Fresh(box, simulator, steps=30 if quick else 200, batch_size=512)
        always = {"max_epochs": epochs, "patience": epochs, "plateau": epochs}  # the schedule says when to end
        fit = sf.fit(objective, source, optimiser=annealed(epochs * source.steps), key=k, progress=progress, **always)
        posterior, used = sf.posterior(fit, box, x_obs, key=for_posterior), box
        box, drawn = sf.truncate(posterior, used, threshold=1e-5), drawn + epochs * source.steps * source.batch_size
    return Found(posterior, len(walk.history), drawn)


def model(x: jax.Array) -> None:
    """The same model for numpyro, which needs its likelihood."""
    rate, interaction = dist.TruncatedNormal(1.0, 0.5, low=0.0), dist.TruncatedNormal(0.05, 0.05, low=0.0)
    alpha, beta = numpyro.sample("alpha", rate), numpyro.sample("beta", interaction)
    gamma, delta = numpyro.sample("gamma", rate), numpyro.sample("delta", interaction)
    z0 = numpyro.sample("z0", dist.LogNormal(jnp.log(10.0), 1.0).expand([2]))
    sigma = numpyro.sample("sigma", dist.LogNormal(-1.0, 1.0).expand([2]))
    theta = jnp.concatenate([jnp.stack([alpha, beta, gamma, delta]), z0, sigma])
    numpyro.deterministic("theta", theta)
    numpyro.factor("likelihood", PROCESS.log_likelihood(theta, x))


def nuts(warmup: int, draws: int, *, chains: int = 2, seed: int = 0) -> np.ndarray:
    """Draws of the exact posterior, `(chains * draws, 8)`."""
    kernel = NUTS(model, init_strategy=init_to_median(num_samples=100))
    settings = {"num_chains": chains, "chain_method": "vectorized", "progress_bar": False}
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=draws, **settings)
    mcmc.run(jax.random.key(seed), jnp.asarray(pelts()))
    return np.asarray(mcmc.get_samples()["theta"])


def beside(found: Found, draws: np.ndarray) -> pd.DataFrame:
    """Mean and standard deviation of each parameter, and how far they are from those of NUTS."""
    mean, std = found.posterior.mean, found.posterior.std
    exact_mean, exact_std = draws.mean(0), draws.std(0)
    columns = {
        "mean": mean,
        "std": std,
        "NUTS mean": exact_mean,
        "NUTS std": exact_std,
        "mean off, in NUTS std": (mean - exact_mean) / exact_std,
        "std / NUTS std": std / exact_std,
    }
    return pd.DataFrame(columns, index=list(found.posterior.names))


def main() -> None:
    """Infer, run NUTS, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer simulations and epochs, less accurate")
    parser.add_argument("--key", type=int, default=0, help="seed")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the figure")
    args = parser.parse_args()
    found = infer(key=args.key, quick=args.quick, progress=True)
    draws = nuts(100, 100, chains=1) if args.quick else nuts(500, 1000)
    print(f"\n{found.simulated:,} simulations, {found.rounds} rounds and two fits on fresh simulations\n")
    print(beside(found, draws).round(3).to_string())
    axes = sf.plots.marginals([found.posterior, draws], names=found.posterior.names, labels=["suffice", "NUTS"])
    args.out.mkdir(parents=True, exist_ok=True)
    axes[0].figure.savefig(args.out / "lynx_hare.png", dpi=150)
    print(f"\nwrote {args.out / 'lynx_hare.png'}")


if __name__ == "__main__":
    main()

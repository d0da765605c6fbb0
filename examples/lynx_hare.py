"""Real data: the lynx and the hare, from simulations alone, beside the posterior of the known likelihood.

    python examples/lynx_hare.py            # a few minutes on two cores
    python examples/lynx_hare.py --quick    # the same path in less than a minute, less accurate

Twenty-one years of pelts, a model of two differential equations with log-normal noise, and eight
unknowns. Here the likelihood can be written down, so NUTS gives the posterior that the learned one has
to meet; nothing else in the script makes use of it.
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.infer import init_to_median, MCMC, NUTS

from suffice.simulate.processes import LotkaVolterra

HERE = Path(__file__).parent
PROCESS = LotkaVolterra()


def pelts() -> np.ndarray:
    """Hare and lynx of 1900 to 1920, in thousands of pelts, `(21, 2)`."""
    table = np.genfromtxt(HERE / "data" / "lynx_hare.csv", delimiter=",", skip_header=2, names=True)
    return np.column_stack([table["hare"], table["lynx"]])


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


def nuts(warmup: int, draws: int, *, chains: int = 4, seed: int = 0) -> tuple[np.ndarray, int]:
    """Draws of the exact posterior, `(chains, draws, 8)`, and how many of them diverged."""
    kernel = NUTS(model, init_strategy=init_to_median, target_accept_prob=0.9)
    settings = {"num_chains": chains, "chain_method": "vectorized", "progress_bar": False}
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=draws, **settings)
    mcmc.run(jax.random.key(seed), jnp.asarray(pelts()))
    divergences = int(mcmc.get_extra_fields()["diverging"].sum())
    return np.asarray(mcmc.get_samples(group_by_chain=True)["theta"]), divergences

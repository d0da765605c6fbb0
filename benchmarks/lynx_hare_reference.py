"""The reference posterior of the lynx and hare pelts, by a long run of NUTS on the tractable likelihood.

    python -m benchmarks.lynx_hare_reference

Lotka-Volterra with the priors of B. Carpenter, "Predator-Prey Population Dynamics: the Lotka-Volterra model
in Stan" (2018), hare u and lynx v:

    du/dt = (alpha - beta v) u,   dv/dt = (-gamma + delta u) v,   pelts_t ~ LogNormal(log (u, v)(t), sigma)

The model is written here a second time, on purpose: nothing of suffice is imported, and the equations are
integrated in (u, v), not in their logarithms, with a smaller step, in float64, so that the reference also
checks the simulator. Writes `benchmarks/references/lynx_hare.json`; refuses to when R-hat, effective sample
size or divergences are bad. `--plain` compares two step sizes only.
"""

import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
from numpyro.infer import init_to_median, MCMC, NUTS

HERE = Path(__file__).parent
DATA = HERE.parent / "examples" / "data" / "lynx_hare.csv"
TARGET = HERE / "references" / "lynx_hare.json"
CHAINS, WARMUP, DRAWS, STEPS = 4, 1000, 2500, 40
QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)


def pelts() -> np.ndarray:
    """Hare and lynx of 1900 to 1920, in thousands, `(21, 2)`."""
    table = np.genfromtxt(DATA, delimiter=",", skip_header=3)
    return table[:, [2, 1]]


def trajectory(rates: jax.Array, z0: jax.Array, years: int, steps: int) -> jax.Array:
    """Populations `(years, 2)` at the start of each year, by Runge-Kutta of fourth order, `steps` a year."""
    alpha, beta, gamma, delta = rates
    h = 1.0 / steps

    def change(z):
        return jnp.stack([(alpha - beta * z[1]) * z[0], (-gamma + delta * z[0]) * z[1]])

    def step(z, _):
        k1 = change(z)
        k2 = change(z + 0.5 * h * k1)
        k3 = change(z + 0.5 * h * k2)
        k4 = change(z + h * k3)
        return z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    def year(z, _):
        return jax.lax.scan(step, z, None, length=steps)[0], z

    return jax.lax.scan(year, z0, None, length=years)[1]


def model(x: jax.Array) -> None:
    """The Stan case study's model of `x (21, 2)`."""
    rates = [
        numpyro.sample("alpha", dist.TruncatedNormal(1.0, 0.5, low=0.0)),
        numpyro.sample("beta", dist.TruncatedNormal(0.05, 0.05, low=0.0)),
        numpyro.sample("gamma", dist.TruncatedNormal(1.0, 0.5, low=0.0)),
        numpyro.sample("delta", dist.TruncatedNormal(0.05, 0.05, low=0.0)),
    ]
    z0 = numpyro.sample("z0", dist.LogNormal(jnp.log(10.0), 1.0).expand([2]))
    sigma = numpyro.sample("sigma", dist.LogNormal(-1.0, 1.0).expand([2]))
    populations = trajectory(jnp.stack(rates), z0, len(x), STEPS)
    numpyro.sample("x", dist.LogNormal(jnp.log(jnp.maximum(populations, 1e-12)), sigma), obs=x)


def draw(x: np.ndarray) -> tuple[dict[str, np.ndarray], int]:
    """Draws `(chains, draws)` of each named parameter, and how many draws diverged."""
    kernel = NUTS(model, init_strategy=init_to_median(num_samples=100), target_accept_prob=0.9)
    settings: dict[str, Any] = {"num_chains": CHAINS, "chain_method": "vectorized", "progress_bar": False}
    mcmc = MCMC(kernel, num_warmup=WARMUP, num_samples=DRAWS, **settings)
    mcmc.run(jax.random.key(0), jnp.asarray(x))
    flat = {}
    for name, values in mcmc.get_samples(group_by_chain=True).items():
        columns = {name: values} if values.ndim == 2 else {f"{name}[{i}]": values[..., i] for i in range(2)}
        flat.update({column: np.asarray(v) for column, v in columns.items()})
    return flat, int(mcmc.get_extra_fields()["diverging"].sum())


def summarise(draws: np.ndarray) -> dict[str, Any]:
    """What is kept of one parameter."""
    return {
        "mean": float(draws.mean()),
        "std": float(draws.std(ddof=1)),
        "quantiles": {str(q): float(np.quantile(draws, q)) for q in QUANTILES},
        "r_hat": float(split_gelman_rubin(draws)),
        "ess": float(effective_sample_size(draws)),
    }


def step_error() -> float:
    """Largest relative change of the populations when the step is halved, near the posterior's centre."""
    rates, z0 = jnp.array([0.55, 0.028, 0.80, 0.024]), jnp.array([34.0, 6.0])
    coarse, fine = (trajectory(rates, z0, 21, steps) for steps in (STEPS, 2 * STEPS))
    return float(jnp.max(jnp.abs(coarse / fine - 1)))


def main() -> None:
    """Run, check, write."""
    jax.config.update("jax_enable_x64", True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", action="store_true", help="only the error of the steps")
    error = step_error()
    print(f"halving the step changes the populations by at most {error:.1e} of their value")
    if parser.parse_args().plain:
        return
    draws, divergences = draw(pelts())
    found = {name: summarise(values) for name, values in draws.items()}
    for name, row in found.items():
        print(f"{name:9} {row['mean']:8.4f} +- {row['std']:.4f}  R-hat {row['r_hat']:.4f}  ESS {row['ess']:.0f}")
    bad = [name for name, row in found.items() if row["r_hat"] >= 1.01 or row["ess"] < 2000]
    if bad or divergences:
        sys.exit(f"not written: {divergences} divergences; not converged: {', '.join(bad) or 'none'}")
    about = {
        "what": "posterior of the Lotka-Volterra model for the pelts of 1900-1920, by NUTS in float64",
        "sampler": {"chains": CHAINS, "warmup": WARMUP, "draws": DRAWS, "divergences": divergences},
        "integration": {"steps_a_year": STEPS, "relative_change_with_half_the_step": error},
        "versions": {
            "python": platform.python_version(),
            "jax": jax.__version__,
            "numpyro": numpyro.__version__,
        },
    }
    TARGET.write_text(json.dumps({**about, "parameters": found}, indent=2) + "\n")
    print(f"wrote {TARGET.name}")


if __name__ == "__main__":
    main()

"""The exact posterior of the lynx and hare pelts, by a long run of NUTS on the known likelihood.

    python benchmarks/lynx_hare_reference.py

Writes `benchmarks/references/lynx_hare.json`: mean, standard deviation, quantiles, R-hat and effective
sample size of each parameter. The run must pass its own checks (R-hat below 1.01, effective sample size
above 2,000, no divergence), or nothing is written. Takes about five minutes on one core.
"""

import json
import platform
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import numpyro
from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples"))
from lynx_hare import nuts, PROCESS  # noqa: E402  the model is that of the example

TARGET = HERE / "references" / "lynx_hare.json"
CHAINS, WARMUP, DRAWS = 4, 1000, 4000
QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)


def summarise(names: tuple[str, ...], draws: np.ndarray) -> dict[str, dict[str, Any]]:
    """What is kept of each parameter."""
    r_hat, ess = split_gelman_rubin(draws), effective_sample_size(draws)
    return {
        name: {
            "mean": float(draws[..., i].mean()),
            "std": float(draws[..., i].std(ddof=1)),
            "quantiles": {str(q): float(np.quantile(draws[..., i], q)) for q in QUANTILES},
            "r_hat": float(r_hat[i]),
            "ess": float(ess[i]),
        }
        for i, name in enumerate(names)
    }


def main() -> None:
    """Run, check, write."""
    jax.config.update("jax_enable_x64", True)
    draws, divergences = nuts(WARMUP, DRAWS, chains=CHAINS)
    found = summarise(PROCESS.prior.names, draws)
    for name, row in found.items():
        print(
            f"{name:9} {row['mean']:9.4f} +- {row['std']:7.4f}  R-hat {row['r_hat']:.4f}  ESS {row['ess']:6.0f}"
        )
    bad = [name for name, row in found.items() if row["r_hat"] >= 1.01 or row["ess"] < 2000]
    if bad or divergences:
        sys.exit(f"not written: {divergences} divergences; not converged: {', '.join(bad) or 'none'}")
    about = {
        "what": "posterior of the Lotka-Volterra model for the Hudson's Bay pelts, 1900-1920, by NUTS in float64",
        "chains": CHAINS,
        "warmup": WARMUP,
        "draws_per_chain": DRAWS,
        "divergences": divergences,
        "versions": {
            "python": platform.python_version(),
            "jax": jax.__version__,
            "numpyro": numpyro.__version__,
        },
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps({**about, "parameters": found}, indent=2) + "\n")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()

"""The latents of a bottleneck in one table, and which of them are awake.

    KL_i = ½ (μ_i² + σ_i² - 1 - log σ_i²),    I(x; z_i) ≤ E KL_i

A latent is active when its mean KL is at least `threshold` nats a series: a sleeping one has μ = 0, σ = 1 for every
series, and its KL, which bounds what it can tell, is near zero.
"""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from ..checks import draw
from ..core import chunked_map, kind_of
from ..objectives import Bottleneck
from ..simulate import Simulations
from ..train import Fit

_CHUNK = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Latents:
    """Latents of n series: `mean` and `log_variance` `(n, k)`, the parameters `theta` `(n, p)` and their `names`."""

    mean: Float[np.ndarray, "n k"]
    log_variance: Float[np.ndarray, "n k"]
    theta: Float[np.ndarray, "n p"]
    names: tuple[str, ...]
    threshold: float = 0.1

    @property
    def kl(self) -> Float[np.ndarray, "n k"]:
        """Price of each latent of each series, in nats."""
        return 0.5 * (self.mean**2 + np.exp(self.log_variance) - 1 - self.log_variance)

    @property
    def active(self) -> tuple[int, ...]:
        """The latents whose mean KL is at least the threshold, that of the highest first."""
        price = self.kl.mean(axis=0)
        return tuple(int(i) for i in np.argsort(-price) if price[i] >= self.threshold)

    @property
    def means(self) -> Float[np.ndarray, "n a"]:
        """Means of the active latents."""
        return self.mean[:, list(self.active)]

    def table(self) -> pd.DataFrame:
        """One row a series: `mu_i`, `log_sigma2_i`, `kl_i`, and the parameters."""
        parts = {"mu": self.mean, "log_sigma2": self.log_variance, "kl": self.kl}
        columns = {f"{name}_{i}": part[:, i] for name, part in parts.items() for i in range(part.shape[1])}
        return pd.DataFrame(columns | dict(zip(self.names, self.theta.T)))

    def activity(self) -> pd.DataFrame:
        """One row a latent: variance of its mean, mean log-variance, mean KL in nats, and whether it is active."""
        columns = {
            "latent": np.arange(self.mean.shape[1]),
            "var_mu": self.mean.var(axis=0),
            "mean_log_sigma2": self.log_variance.mean(axis=0),
            "kl": self.kl.mean(axis=0),
        }
        return pd.DataFrame(columns | {"active": columns["kl"] >= self.threshold})

    def plot(self, ax: Any = None) -> Any:
        """Price and spread of each latent: `suffice.plots.latent_activity`."""
        return draw(self, ax)


def latents(fit: Fit | Bottleneck, sims: Simulations, *, threshold: float = 0.1) -> Latents:
    """Latents of simulations, their parameters kept beside them.

    **Arguments:**

    - `fit`: of a `sf.Bottleneck`, or a trained one.
    - `sims`: held-out simulations, or those of a file. Their parameters are only carried along.
    - `threshold`: mean KL from which a latent is active, in nats a series.
    """
    model = bottleneck_of(fit)
    x = jax.tree.map(np.asarray, sims.x)
    mean, log_variance = (np.asarray(part, np.float64) for part in _encoded(model, x))
    bad = int((~np.isfinite(mean)).any(axis=1).sum())
    if bad:
        raise ValueError(f"{bad} of {len(mean)} series gave latents that are not finite; leave those series out")
    return Latents(mean, log_variance, np.asarray(sims.theta, np.float64), tuple(sims.names), threshold)


def bottleneck_of(fit: Fit | Bottleneck) -> Bottleneck:
    """The trained bottleneck. **Raises** `TypeError` for anything else."""
    model = fit.objective if isinstance(fit, Fit) else fit
    if not isinstance(model, Bottleneck):
        raise TypeError(f"fit must be of a sf.Bottleneck, but one of {kind_of(model)} came")
    return model


def refuse_other_parameters(model: Bottleneck, names: tuple[str, ...]) -> None:
    """`ValueError` where the parameters that a bottleneck is given do not lie where they lay in training."""
    if not model.given:
        return
    if model.known is None:
        raise ValueError(f"this bottleneck is given {', '.join(model.given)} and was not trained; pass it to sf.fit")
    columns: tuple[int, ...] = model.known.value.columns
    there = [names[c] if c < len(names) else "nothing" for c in columns]
    if there != list(model.given):
        raise ValueError(
            f"this bottleneck is given {', '.join(model.given)}, but where it looks for them these simulations have "
            f"{', '.join(there)}; give the parameters in the order of training"
        )


@eqx.filter_jit
def _encoded(model: Bottleneck, x: Any) -> Any:
    return chunked_map(model.summary.distribution, x, chunk=_CHUNK)

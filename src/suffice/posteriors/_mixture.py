"""The posterior of an ensemble: the mixture of those of its members.

q(θ | x) = (1/K) Σ_k q_k(θ | x)
"""

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PyTree
from scipy.special import logsumexp

from ..objectives import Ratio
from ..priors import AbstractPrior
from ..train import Ensemble
from ._drawn import AbstractDrawn
from ._mean_ratio import mean_ratio
from ._of_objective import of_objective
from ._ratio_posterior import ratio_posterior, RatioPosterior
from ._weighted_draws import WeightedDraws


class Mixture(AbstractDrawn):
    """Several posteriors of the same observations, each as likely as the others."""

    parts: tuple[AbstractDrawn, ...]
    prior: AbstractPrior
    draws: WeightedDraws
    log_density: Float[np.ndarray, "m n"]
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    @property
    def spread(self) -> np.ndarray:
        """How far apart the members are: the standard deviation of their means over that of the mixture, `(p,)`.

        Where it is not small the simulations were too few for one answer.
        """
        means = np.stack([part.draws.mean for part in self.parts])
        return self._out(means.std(axis=0) / self.draws.std)

    def draw_each(self, n: int, *, key: Array) -> Float[np.ndarray, "m n p"]:
        """As many from each part, give or take one, in random order."""
        *keys, for_order = jax.random.split(key, len(self.parts) + 1)
        each = -(-n // len(self.parts))
        theta = np.concatenate([part.draw_each(each, key=k) for part, k in zip(self.parts, keys)], axis=1)
        order = np.asarray(jax.random.permutation(for_order, theta.shape[1]))
        return theta[:, order[:n]]

    def log_prob_each(self, theta: Float[np.ndarray, "m n p"]) -> Float[np.ndarray, "m n"]:
        return _mean_density(self.parts, theta)


def mixture(parts: tuple[AbstractDrawn, ...]) -> Mixture:
    """Of posteriors of the same observations, which keep as many draws as one of them alone would."""
    n = parts[0].draws.theta.shape[1]
    each = -(-n // len(parts))
    # Evenly from all rows: the first ones may have another origin, and weights that hold only beside the others.
    rows = np.arange(each) * n // each
    theta = np.concatenate([part.draws.theta[:, rows] for part in parts], axis=1)
    weight = np.concatenate([_normalised(part.draws.log_weight[:, rows]) for part in parts], axis=1)
    return Mixture(
        parts=parts,
        prior=parts[0].prior,
        draws=WeightedDraws(theta, weight),
        log_density=_mean_density(parts, theta),
        single=parts[0].single,
        names=parts[0].names,
    )


def _normalised(log_weight: Float[np.ndarray, "m n"]) -> Float[np.ndarray, "m n"]:
    """Of a sum of one in each row; all the same where none of these draws has any weight."""
    whole = logsumexp(log_weight, axis=1, keepdims=True)
    known = np.isfinite(whole)
    return np.where(known, log_weight - np.where(known, whole, 0.0), -np.log(log_weight.shape[1]))


def _mean_density(parts: tuple[AbstractDrawn, ...], theta: np.ndarray) -> np.ndarray:
    each = np.stack([part.log_prob_each(theta) for part in parts])
    return np.asarray(logsumexp(each, axis=0)) - np.log(len(parts))


@of_objective.register
def _(
    objective: Ensemble, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array
) -> AbstractDrawn | RatioPosterior:
    if isinstance(objective.members[0], Ratio):
        return ratio_posterior(mean_ratio(objective.members), prior, rows, single=single, key=key)
    keys = jax.random.split(key, len(objective.members))
    parts = [of_objective(one, prior, rows, single=single, key=k) for one, k in zip(objective.members, keys)]
    return mixture(tuple(parts))

"""Classifier two-sample test: can a network tell two sets of draws apart?

The share of draws that a classifier trained on other ones puts in the right set: 0.5 where the sets cannot be told
apart, 1 where they never overlap. Source: Lopez-Paz & Oquab (2017), arXiv:1610.06545; as the benchmark of Lueckmann et
al. (2021), arXiv:2101.04653, has it: a perceptron with two hidden layers of ten times as many units as there are
parameters, five folds, everything in units of the first set. The classifiers of all folds are trained side by side.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from ..core import as_key, KeyLike
from ._classifier import folds_right
from ._draw import draw


@dataclass(frozen=True, eq=False)
class C2st:
    """What the classifier got right.

    - `folds`: share right in each fold, on draws that it was not trained on.
    - `n`: how many draws there were in both sets together.
    """

    folds: Float[np.ndarray, " folds"]
    n: int

    @property
    def accuracy(self) -> float:
        """The mean over folds: the number that is usually reported."""
        return float(self.folds.mean())

    @property
    def passed(self) -> bool:
        """Whether the accuracy is within what chance gives (1.96 standard errors of a coin)."""
        return bool(self.accuracy < 0.5 + 1.96 * 0.5 / np.sqrt(self.n))

    def table(self) -> pd.DataFrame:
        """One row: accuracy, what chance gives at most, and a verdict in words."""
        chance = 0.5 + 1.96 * 0.5 / np.sqrt(self.n)
        row = {"accuracy": self.accuracy, "chance": chance, "n": self.n, "verdict": self._verdict()}
        return pd.DataFrame([row])

    def plot(self, ax: Any = None) -> Any:
        """Accuracy of each fold beside chance: `suffice.plots.c2st`."""
        return draw(self, ax)

    def __str__(self) -> str:
        return f"C2ST {self.accuracy:.3f} on {self.n} draws: {self._verdict()}"

    def _verdict(self) -> str:
        if self.passed:
            return "the two sets cannot be told apart"
        # A classifier that is right so often could be separating two normals of equal width so far apart.
        from scipy import stats

        apart = 2 * stats.norm.ppf(min(self.accuracy, 1 - 1e-6))
        return f"the sets can be told apart, as two normals {apart:.2g} standard deviations apart would be"


def c2st(
    reference: Float[Array | np.ndarray, "n p"],
    samples: Float[Array | np.ndarray, "m p"],
    *,
    folds: int = 5,
    key: KeyLike = 1,
) -> C2st:
    """Tell two sets of draws apart.

    **Arguments:**

    - `reference`: `(n, p)`, such as draws of an exact posterior; its mean and spread are the units.
    - `samples`: `(m, p)`, such as draws of a learned one. Of the larger set as many are taken, at random, as the other
      has, so that chance is right in half of them.
    - `folds`: parts, each judged by a classifier trained on the others.
    - `key`: seed or JAX key, of the classifiers and the parts.

    **Returns** a `C2st`, with `.accuracy`, `.table()` and `.plot()`.

    **Raises** `ValueError` for shapes that do not fit, non-finite draws, or too few of them.

    >>> rng = np.random.default_rng(0)
    >>> abs(c2st(rng.normal(size=(500, 1)), rng.normal(size=(500, 1))).accuracy - 0.5) < 0.06
    True
    """
    first, second = (np.asarray(part, np.float64) for part in (reference, samples))
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"reference and samples must be (n, p) and (m, p); got {first.shape} and {second.shape}")
    if folds < 2 or min(len(first), len(second)) < 10 * folds:
        raise ValueError(f"at least 2 folds and 10 draws a fold are needed; got {folds}, {len(first)}, {len(second)}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("reference and samples must be finite; leave out the draws that are not")
    keys = jax.random.split(as_key(key))
    first, second = _equally_many(first, second, keys[0])
    scale = first.std(axis=0)
    both = (np.concatenate([first, second]) - first.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    label = np.repeat([0.0, 1.0], [len(first), len(second)])
    for_parts, for_classifiers = keys
    part = jax.random.permutation(for_parts, jnp.arange(len(label)) % folds)
    settings = {"folds": folds, "width": 10 * first.shape[1], "key": for_classifiers}
    right = folds_right(jnp.asarray(both, float), jnp.asarray(label, float), part, **settings)
    return C2st(np.asarray(right, np.float64), len(label))


def _equally_many(first: np.ndarray, second: np.ndarray, key: Array) -> tuple[np.ndarray, np.ndarray]:
    if len(first) == len(second):
        return first, second
    n = min(len(first), len(second))
    chosen = np.asarray(jax.random.permutation(key, max(len(first), len(second))))[:n]
    return (first[chosen], second) if len(first) > n else (first, second[chosen])

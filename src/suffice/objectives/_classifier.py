"""Which of several classes made the data: cross-entropy of a classifier on a learned summary.

    L = −E log p(c | f(x)),   log p(c | s) = ℓ_c(s) / T + log π_c + const

ℓ begins at linear discriminant analysis; the temperature T is fitted on the held-out part when training is over, which
calibrates what a network is too sure of (Guo et al. 2017, arXiv:1706.04599).
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import check_whole, Frozen
from ..train import AbstractObjective, AbstractSource, flat_summary
from ._head import CategoricalHead
from ._summaries import check_summary, started_summary, summaries_of

_TEMPERATURES = np.geomspace(0.2, 5.0, 65)


class Classifier(AbstractObjective):
    """A summary and the probabilities of classes given it, learned together.

    **Arguments:**

    - `summary`: `x -> s` for one example: a network of `sf.networks`, any Equinox module or function.
    - `classes`: how many; the simulations' one parameter holds the class numbers from 0.
    - `width`, `depth`: of the network after the summary.
    """

    summary: Callable
    head: CategoricalHead | None
    temperature: Frozen
    classes: int = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(self, summary: Callable, classes: int, *, width: int = 64, depth: int = 2):
        check_summary(summary)
        check_whole(2, classes=classes)
        check_whole(width=width, depth=depth)
        self.summary, self.head, self.temperature = summary, None, Frozen(jnp.ones(()))
        self.classes, self.width, self.depth = classes, width, depth

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Classifier":
        if self.head is not None:
            return self
        label = np.asarray(rows.theta)
        if label.shape[1] != 1 or (label != np.round(label)).any() or label.min() < 0 or label.max() >= self.classes:
            raise ValueError(f"theta must be one column of whole numbers from 0 to {self.classes - 1}")
        if len(np.unique(label)) < self.classes:
            raise ValueError(f"all {self.classes} classes must occur among the simulations; give some of each")
        indicators = np.eye(self.classes)[label[:, 0].astype(int)]
        summary = started_summary(self.summary, rows.x, indicators[:, 1:])
        s = summaries_of(summary, rows.x)
        head = CategoricalHead(s.shape[1], self.classes, width=self.width, depth=self.depth, key=key).start(s, label)
        where = lambda o: (o.summary, o.head)  # noqa: E731
        return eqx.tree_at(where, self, (summary, head), is_leaf=lambda node: node is None)

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        ratios = jax.vmap(lambda x: self.log_ratios(flat_summary(self.summary)(x)))(batch.x)
        shares = self.trained.discriminant.value[2]
        label = batch.theta[:, 0].astype(jnp.int32)
        log = jax.nn.log_softmax(ratios + shares, axis=1)
        right = (log.argmax(axis=1) == label).mean()
        return -jnp.take_along_axis(log, label[:, None], axis=1).mean(), {"accuracy": right}

    def log_ratios(self, s: Float[Array, " k"]) -> Float[Array, " classes"]:
        """log p(s | c) up to what is the same for all classes."""
        return self.trained.about(s) / self.temperature.value

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Classifier":
        """With the temperature at which the held-out rows are most likely."""
        rows = held_out.sample(20_000, key=key)
        s = summaries_of(self.summary, rows.x)
        plain = eqx.tree_at(lambda o: o.temperature, self, Frozen(jnp.ones(())))
        ratios = np.asarray(jax.vmap(plain.log_ratios)(jnp.asarray(s, float)), np.float64)
        shares, label = np.asarray(self.trained.discriminant.value[2]), np.asarray(rows.theta)[:, 0].astype(int)
        losses = []
        for temperature in _TEMPERATURES:
            logits = ratios / temperature + shares
            log = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
            losses.append(-log[np.arange(len(label)), label].mean())
        best = jnp.asarray(_TEMPERATURES[int(np.argmin(losses))], float)
        return eqx.tree_at(lambda o: o.temperature, self, Frozen(best))

    @property
    def trained(self) -> CategoricalHead:
        """The head, once a fit has made it."""
        if self.head is None:
            raise ValueError("this classifier has not been trained: pass it to sf.fit, and use fit.objective")
        return self.head

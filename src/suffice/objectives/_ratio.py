"""Neural ratio estimation with a learned summary.

Learns log r(s, θ_g) = log p(θ_g | s) / p(θ_g) for groups g of parameters, together with the
summary s = f(x), by telling joint pairs from shuffled ones (Hermans, Begy & Louppe 2020,
arXiv:1903.04057; marginals side by side: Miller et al. 2021, arXiv:2107.01214). Each row is
contrasted with the parameters of several other rows of its batch.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import check_whole
from ..train import AbstractObjective, AbstractSource
from ._contrast import bce, imbalance, nre_c
from ._groups import Marginals, resolve_groups
from ._heads import Heads, start_heads
from ._summaries import check_summary, started_summary, summaries_of


class Ratio(AbstractObjective):
    """A summary and the ratios of posterior to prior that it gives, learned together.

    **Arguments:**

    - `summary`: `x -> s` for one example: a network of `sf.networks`, any Equinox module or function.
    - `marginals`: groups of parameters by name or index, `[("a", "b"), "c"]`; one group for
      each parameter unless told; `"joint"` for one group of all; `"autoregressive"` for the
      joint as a product of one-dimensional conditionals.
    - `classes`: how many classes each discrete parameter has, by name: `{"model": 3}`; such a
      parameter holds the class numbers from 0.
    - `loss`: `"bce"` or `"nre-c"`.
    - `negatives`: how many shuffled pairs for each joint one.
    - `gamma`: odds of the multi-class loss.
    - `balance`: strength of the balancing regulariser (BNRE); 0 is none.
    - `width`, `depth`: size of the heads.

    The heads come to be when a fit starts, since the data say how many parameters there are.
    """

    summary: Callable
    heads: Heads | None
    reference: Heads | None
    names: tuple[str, ...] = eqx.field(static=True)
    marginals: Any = eqx.field(static=True)
    classes: tuple[tuple[str, int], ...] = eqx.field(static=True)
    contrast: str = eqx.field(static=True)
    negatives: int = eqx.field(static=True)
    gamma: float = eqx.field(static=True)
    balance: float = eqx.field(static=True)
    width: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    monitor: ClassVar[str] = "loss"

    def __init__(
        self,
        summary: Callable,
        marginals: Marginals = None,
        *,
        classes: Mapping[str, int] | None = None,
        loss: str = "bce",
        negatives: int = 16,
        gamma: float = 1.0,
        balance: float = 0.0,
        width: int = 64,
        depth: int = 2,
    ):
        check_summary(summary)
        if loss not in ("bce", "nre-c"):
            raise ValueError(f"loss must be 'bce' or 'nre-c', but {loss!r} came")
        check_whole(width=width, depth=depth)
        check_whole(2 if loss == "nre-c" else 1, negatives=negatives)
        if gamma <= 0 or balance < 0:
            raise ValueError(f"gamma must be positive and balance not negative, but {gamma} and {balance} came")
        self.summary, self.heads, self.reference, self.names = summary, None, None, ()
        self.marginals = marginals if marginals is None or isinstance(marginals, str) else _frozen(marginals)
        self.classes = tuple((classes or {}).items())
        self.contrast, self.negatives, self.gamma, self.balance = loss, negatives, gamma, balance
        self.width, self.depth = width, depth

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The groups of parameters, as column numbers."""
        return self.trained.groups

    @property
    def autoregressive(self) -> bool:
        """Whether the groups are the factors of the joint, one after the other."""
        return self.reference is not None

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Ratio":
        if self.heads is not None and self.names == tuple(names):
            return self
        theta = np.asarray(rows.theta)
        groups = resolve_groups(self.marginals, names)
        summary = started_summary(self.summary, rows.x, theta)
        s = summaries_of(summary, rows.x)
        counts = _class_counts(dict(self.classes), names, theta, groups)
        chain = self.marginals == "autoregressive"
        given = tuple(tuple(range(i)) if chain else () for i in range(len(groups)))
        sizes = {
            "groups": groups,
            "given": given,
            "classes": counts,
            "width": self.width,
            "depth": self.depth,
        }
        first, second = jax.random.split(key)
        heads = start_heads(s, theta, key=first, **sizes)
        reference = start_heads(s[:, :0], theta, key=second, **sizes) if chain else None
        where = lambda r: (r.summary, r.heads, r.reference)  # noqa: E731
        started = eqx.tree_at(where, self, (summary, heads, reference), is_leaf=lambda node: node is None)
        object.__setattr__(started, "names", tuple(names))
        return started

    def finish(self, held_out: AbstractSource, *, key: Array) -> "Ratio":
        return self

    def loss(self, batch: PyTree, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        s = jax.vmap(lambda x: jnp.ravel(self.summary(x)))(batch.x)
        candidates = _candidates(batch.theta, self.negatives, key)
        logits = self.trained(s, batch.theta, candidates)
        loss, binary = self._loss_of(logits)
        if self.reference is not None:
            loss = loss + self._loss_of(self.reference(s[:, :0], batch.theta, candidates))[0]
        return loss, {"bce": binary}

    def _loss_of(self, logits: Float[Array, "n g j"]) -> tuple[Array, Array]:
        binary = bce(logits)
        rows = binary if self.contrast == "bce" else nre_c(logits, self.gamma)
        loss = rows.mean(axis=0).sum()
        if self.balance > 0:
            loss = loss + self.balance * imbalance(logits).sum()
        return loss, binary.mean(axis=0).sum() - 2 * math.log(2) * logits.shape[1]

    def ratios(self, s: Float[Array, "n k"], theta: Float[Array, "n j p"]) -> Float[Array, "n g j"]:
        """Log-ratios of summaries with `j` parameter vectors each, for every group.

        For an autoregressive ratio group i is log p(θ_i | s, θ_<i) / p(θ_i | θ_<i); the sum over
        groups is the log-ratio of the joint.
        """
        heads = self.trained
        if self.reference is None:
            return heads(s, theta[:, 0], theta)
        flat = theta.reshape(-1, 1, theta.shape[-1])
        repeated = jnp.repeat(s, theta.shape[1], axis=0)
        both = heads(repeated, flat[:, 0], flat) - self.reference(repeated[:, :0], flat[:, 0], flat)
        return jnp.moveaxis(both.reshape(*theta.shape[:2], -1), 1, 2)

    def log_ratio(self, x: PyTree, theta: Float[Array, " p"]) -> Float[Array, " g"]:
        """log p(θ_g | x) / p(θ_g) of one example and one parameter vector, for every group."""
        return self.ratios(jnp.ravel(self.summary(x))[None], jnp.asarray(theta)[None, None])[0, :, 0]

    @property
    def trained(self) -> Heads:
        """The heads, once a fit has made them."""
        if self.heads is None:
            raise ValueError("this ratio has not been trained: pass it to sf.fit, and use fit.objective")
        return self.heads


def _candidates(theta: Float[Array, "n p"], negatives: int, key: Array) -> Float[Array, "n j p"]:
    """Each row's own parameters, then those of the rows at `negatives` random distances."""
    n = theta.shape[0]
    shifts = 1 + jax.random.choice(key, n - 1, (min(negatives, n - 1),), replace=False)
    rows = (jnp.arange(n)[:, None] + jnp.concatenate([jnp.zeros(1, shifts.dtype), shifts])) % n
    return theta[rows]


def _frozen(marginals: Any) -> tuple[Any, ...]:
    return tuple(group if isinstance(group, int | str) else tuple(group) for group in marginals)


def _class_counts(
    classes: dict[str, int], names: tuple[str, ...], theta: np.ndarray, groups: tuple[tuple[int, ...], ...]
) -> list[int]:
    unknown = set(classes) - set(names)
    if unknown:
        raise ValueError(f"classes: no parameter is called {sorted(unknown)[0]!r}; known: {', '.join(names)}")
    for name, count in classes.items():
        column = theta[:, names.index(name)]
        if (column != np.round(column)).any() or column.min() < 0 or column.max() >= count:
            raise ValueError(f"classes: {name!r} must hold whole numbers from 0 to {count - 1}")
        if any(names.index(name) in group and len(group) > 1 for group in groups):
            raise ValueError(f"classes: the discrete parameter {name!r} must be a group of its own")
    return [classes.get(name, 0) for name in names]

"""How much of what the data say about each parameter a learned summary keeps."""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, PyTree

from ..core import as_key, Estimate, Frozen, KeyLike
from ..networks import MLP
from ..objectives import Ratio
from ..simulate import Simulations
from ..train import Fit, fit as train
from ._ratio_bound import influences, lower_bound, pair_ratios


@dataclasses.dataclass(frozen=True)
class Retained:
    """For each group of parameters: information in the summary, in the data, and the share kept.

    Both numbers are lower bounds, measured on rows that neither fit has seen. `data` comes from
    a second ratio that sees the summary and, beside it, a network on the raw data.
    """

    groups: tuple[str, ...]
    summary: tuple[Estimate, ...]
    data: tuple[Estimate, ...]
    share: tuple[Estimate, ...]

    def table(self) -> pd.DataFrame:
        """One row a group: nats in the summary and in the data, and the share with its interval."""
        rows = []
        for name, s, x, share in zip(self.groups, self.summary, self.data, self.share):
            rows.append(
                {"parameter": name, "summary": s.value, "summary_low": s.low, "summary_high": s.high}
                | {"data": x.value, "data_low": x.low, "data_high": x.high}
                | {"share": share.value, "share_low": share.low, "share_high": share.high, "kind": s.kind}
            )
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        return "\n".join(f"{e}; {s.value:.1%} kept" for e, s in zip(self.summary, self.share))


class _Beside(eqx.Module):
    """The frozen summary, and a network on the raw data beside it."""

    summary: Frozen
    network: Callable

    def __call__(self, x: PyTree) -> Array:
        known = jnp.ravel(jnp.asarray(self.summary.value(x)))
        return jnp.concatenate([known, jnp.ravel(self.network(x))])


def retained(
    fit: Fit,
    sims: Simulations,
    *,
    key: KeyLike,
    held_out: Simulations | None = None,
    network: Callable | None = None,
    progress: bool = True,
    **options: Any,
) -> Retained:
    """The share of the information about each parameter that the summary of `fit` keeps.

    **Arguments:**

    - `fit`: of `sf.Ratio`, made with `test=...` unless `held_out` is given.
    - `sims`: the simulations the fit was made from; the second ratio is trained on the same rows.
    - `held_out`: other simulations to measure on; the fit's own test rows unless told.
    - `network`: what looks at the raw data for information the summary lacks; a perceptron
      unless told.
    - `options`: of `sf.fit`, for the second ratio.

    **Returns:** `Retained`, all of whose numbers are held-out lower bounds in nats.
    """
    objective = fit.objective
    if not isinstance(objective, Ratio):
        raise TypeError(f"retained needs a fit of sf.Ratio, but it is one of {type(objective).__name__}")
    measured = _measured(fit, sims, held_out)
    for_network, for_fit = jax.random.split(as_key(key))
    network = network or _default_network(fit.example, len(objective.names), for_network)
    settings = {name: getattr(objective, name) for name in ("negatives", "gamma", "balance", "width", "depth")}
    both = Ratio(
        _Beside(Frozen(objective.summary), network),
        objective.marginals,
        classes=dict(objective.classes),
        loss=objective.contrast,
        **settings,
    )
    rows = np.sort(np.concatenate([fit.split.train, fit.split.valid]))
    second = train(both, sims[rows], key=for_fit, progress=progress, **options)
    return _compared(objective, second.objective, measured)


def _measured(fit: Fit, sims: Simulations, held_out: Simulations | None) -> Any:
    if held_out is not None:
        return held_out.rows(np.flatnonzero(held_out.status == 0)[:3000])
    if len(fit.split.test) < 100:
        raise ValueError(
            f"the fit left {len(fit.split.test)} test rows, but at least 100 unseen ones are needed: "
            "fit with test=0.1, or pass held_out=other_simulations"
        )
    return sims.rows(fit.split.test[:3000])


def _default_network(example: PyTree, p: int, key: Array) -> Callable:
    numbers = sum(int(np.prod(leaf.shape, dtype=int)) for leaf in jax.tree.leaves(example))
    return MLP(numbers, 2 * p + 2, key=key)


def _compared(first: Any, second: Any, measured: Any) -> Retained:
    theta = np.asarray(measured.theta)
    of_summary = [influences(pairs) for pairs in pair_ratios(first, measured.x, theta)]
    of_both = [influences(pairs) for pairs in pair_ratios(second, measured.x, theta)]
    names = [", ".join(first.names[i] for i in group) for group in first.groups]
    # What the summary holds, the data hold too: the larger of the two lower bounds counts.
    of_data = [b if b.mean() > a.mean() else a for a, b in zip(of_summary, of_both)]
    return Retained(
        groups=tuple(names),
        summary=tuple(lower_bound(h, f"I({name}; summary)") for h, name in zip(of_summary, names)),
        data=tuple(lower_bound(h, f"I({name}; data)") for h, name in zip(of_data, names)),
        share=tuple(_share(a, b, name) for a, b, name in zip(of_summary, of_both, names)),
    )


def _share(summary: np.ndarray, both: np.ndarray, name: str) -> Estimate:
    """1 − what `both` has more, over the whole, with an interval for the difference on shared rows.

    The interval stands also where the second ratio found nothing more: what it could have missed
    within the noise of the rows is part of it.
    """
    more, error = (both - summary).mean(), (both - summary).std(ddof=1) / np.sqrt(len(both))
    whole = max(summary.mean(), both.mean(), 1e-9)
    value, low, high = (1.0 - max(0.0, more + side * 1.96 * error) / whole for side in (0, 1, -1))
    return Estimate(value, low, high, kind="point", unit="", label=f"share of the information about {name}")

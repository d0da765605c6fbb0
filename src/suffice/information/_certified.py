"""A lower bound of mutual information from any critic, with an interval, on rows that nothing was chosen by.

For f', a function fixed on other rows (NWJ: Nguyen, Wainwright & Jordan 2010; Poole et al. 2019, arXiv:1905.06922),

    L = mean_i f'(x_i, y_i) - mean_{i≠j} exp f'(x_i, y_j) + 1,    E[L] ≤ I(x; y).

The interval comes from what each row contributes, the projection of a U-statistic: with g = exp f' and ḡ its means,
h_i = f'_ii - (ḡ_i· + ḡ_·i - ḡ) + 1. Here f' = min(t f, c) - b, its temper t, cap c and offset b chosen on validation
rows: t = 0 gives zero, t = 1 the critic as it is, and the cap keeps single pairs from deciding.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._scores import Scores

_TEMPERS = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3)
_CAPS = (0.5, 0.9, 0.97, 0.99, 0.998, 1.0)


class Correction(NamedTuple):
    """f' = min(t f, c) - b, and the bound it gives on the rows it was chosen by."""

    temper: float
    cap: float
    offset: float
    value: float

    def __call__(self, f: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        return np.minimum(self.temper * f, self.cap) - self.offset


def correction(valid: Scores) -> Correction:
    """The one with the largest bound on validation rows."""
    best = Correction(0.0, 0.0, 0.0, 0.0)
    for temper in _TEMPERS[1:]:
        joint, product = temper * valid.joint, temper * valid.product
        for cap in {float(np.quantile(joint, share)) for share in _CAPS}:
            capped = np.minimum(product, cap)
            top = float(capped.max())
            offset = top + float(np.log(np.exp(capped - top).mean()))
            value = float(np.minimum(joint, cap).mean()) - offset
            if value > best.value:
                best = Correction(temper, cap, offset, value)
    return best


def contributions(test: Scores, chosen: Correction) -> Float[np.ndarray, " n"]:
    """h: one number a row; their mean is L, their spread gives its standard error."""
    return projection(chosen(test.joint), *(np.exp(chosen(part)).mean(axis=0) for part in (test.product, test.column)))


def projection(
    joint: Float[np.ndarray, " n"], of_x: Float[np.ndarray, " n"], of_y: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """h from f' of each row and the means of exp f' over the pairs of its x and over those of its y."""
    return joint - (of_x + of_y - of_x.mean()) + 1


class Evaluation(NamedTuple):
    """What several formulas make of one critic on held-out rows."""

    plug_in: float
    donsker_varadhan: float
    infonce: float
    ceiling: float
    smile: float
    normaliser: float  # E_product[exp f'], one for the log-ratio
    ess: float  # effective number of product pairs behind that mean, as a share


def evaluations(test: Scores, chosen: Correction, tau: float = 5.0) -> Evaluation:
    """Other numbers of the same critic; of these only InfoNCE is a lower bound, with a ceiling."""
    f, product = test.joint - chosen.offset, test.product - chosen.offset
    top = max(float(product.max()), 0.0)
    log_mean = top + float(np.log(np.exp(product - top).mean()))
    clipped = float(np.log(np.exp(np.clip(product, -tau, tau)).mean()))
    together = np.concatenate([f[None], product])
    highest = together.max(axis=0)
    row = highest + np.log(np.exp(together - highest).mean(axis=0))
    g = np.exp(chosen(test.product))
    return Evaluation(
        plug_in=float(f.mean()),
        donsker_varadhan=float(f.mean()) - log_mean,
        infonce=float((f - row).mean()),
        ceiling=float(np.log(len(together))),
        smile=float(f.mean()) - clipped,
        normaliser=float(g.mean()),
        ess=float(g.sum() ** 2 / max(float((g**2).sum()), 1e-300) / g.size),
    )

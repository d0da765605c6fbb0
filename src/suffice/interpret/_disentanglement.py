"""Does each parameter have a latent of its own?

    MIG   mean over parameters of (I of the best latent - I of the second) / H of the parameter, in classes
    DCI   from the importances R of latents for each parameter in a regression by trees: disentanglement
          1 - H(R_i· / Σ), completeness 1 - H(R_·j / Σ), informativeness the R² of the regression on held-out rows

(Chen et al. 2018, arXiv:1802.04942; Eastwood & Williams 2018.)
"""

import numpy as np
from jaxtyping import Float

from ..information import estimate_mi
from ._alignment import halves_of
from ._latents import Latents

_BINS = 20


def mutual_information_gap(latents: Latents) -> float:
    """MIG, latents and parameters in twenty classes of equal size: 1 when each parameter has one latent of its own."""
    _refuse_constant(latents)
    gaps = []
    for column in latents.theta.T:
        classes = _classes(column)
        told = np.sort([_shared(_classes(z), classes) for z in latents.mean.T])[::-1]
        share = np.bincount(classes) / len(classes)
        entropy = -np.sum(share[share > 0] * np.log(share[share > 0]))
        gaps.append((told[0] - (told[1] if len(told) > 1 else 0.0)) / entropy)
    return float(np.mean(gaps))


def dci(latents: Latents) -> dict[str, float]:
    """Disentanglement, completeness and informativeness."""
    from sklearn.ensemble import RandomForestRegressor  # takes a second to import

    _refuse_constant(latents)
    halves = halves_of(len(latents.mean))
    importances, informative = [], []
    for column in latents.theta.T:
        ranks = np.argsort(np.argsort(column)) / len(column)
        forest = RandomForestRegressor(30, min_samples_leaf=10, random_state=0)
        forest.fit(latents.mean[halves.fit], ranks[halves.fit])
        importances.append(forest.feature_importances_)
        informative.append(forest.score(latents.mean[halves.score], ranks[halves.score]))
    r = np.array(importances).T  # latents by parameters
    weight = r.sum(axis=1) / r.sum()
    return {
        "disentanglement": float(weight @ _concentration(r)),
        "completeness": float(_concentration(r.T).mean()),
        "informativeness": float(np.mean(informative)),
    }


def _refuse_constant(latents: Latents) -> None:
    constant = [name for name, column in zip(latents.names, latents.theta.T) if np.ptp(column) == 0]
    if constant:
        raise ValueError(
            f"all series have the same {', '.join(constant)}, of which no latent tells anything; vary it, or leave it "
            "out with sims.select(target=[...])"
        )


def _concentration(r: Float[np.ndarray, "m c"]) -> Float[np.ndarray, " m"]:
    """One minus the entropy of each row, in units of the largest."""
    if r.shape[1] == 1:
        return np.ones(len(r))
    p = r / np.maximum(r.sum(axis=1, keepdims=True), 1e-300)
    return 1 + (p * np.log(np.maximum(p, 1e-300))).sum(axis=1) / np.log(r.shape[1])


def _classes(values: Float[np.ndarray, " n"]) -> np.ndarray:
    distinct, index = np.unique(values, return_inverse=True)
    if len(distinct) <= 2 * _BINS:
        return index
    return np.searchsorted(np.quantile(values, np.arange(1, _BINS) / _BINS), values)


def _shared(a: np.ndarray, b: np.ndarray) -> float:
    """Mutual information of two columns of classes; none where one never varies."""
    return 0.0 if min(np.ptp(a), np.ptp(b)) == 0 else estimate_mi(a, b, "discrete").value

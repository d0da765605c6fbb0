"""A posterior in a few lines, for who prints it."""

from typing import Any

import numpy as np
import pandas as pd

_QUANTILES = {"2.5 %": 0.025, "50 %": 0.5, "97.5 %": 0.975}
_DRAWS, _FIRST = 1000, 3  # where only draws are given; observations that are shown


def described(posterior: Any) -> str:
    """One line a parameter, of one observation or of the first few."""
    columns = _columns(posterior)
    several = columns["mean"].ndim == 2
    m = len(columns["mean"]) if several else 1
    told = f", {m} observations" if several else ""
    for i in range(min(m, _FIRST)):
        of_one = {name: values[i] if several else values for name, values in columns.items()}
        table = pd.DataFrame(of_one, index=pd.Index(posterior.names))
        told += f"\nobservation {i}:\n" if several else "\n"
        told += table.to_string(float_format=lambda value: f"{value:.4g}")
    return told + ("\n…" if m > _FIRST else "")


def _columns(posterior: Any) -> dict[str, np.ndarray]:
    if all(hasattr(posterior, name) for name in ("mean", "std", "quantile")):
        quantiles = {name: posterior.quantile(q) for name, q in _QUANTILES.items()}
        found = {"mean": posterior.mean, "std": posterior.std, **quantiles}
    else:
        draws = np.asarray(posterior.sample(_DRAWS, key=0))
        quantiles = {name: np.quantile(draws, q, axis=-2) for name, q in _QUANTILES.items()}
        found = {"mean": draws.mean(axis=-2), "std": draws.std(axis=-2), **quantiles}
    return {name: np.asarray(values) for name, values in found.items()}

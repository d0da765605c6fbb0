"""From one number a row to their mean and its interval."""

import dataclasses
import math
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from scipy import stats

from ..core import Estimate


def around(
    terms: Float[np.ndarray, " n"],
    kind: Literal["lower", "upper", "point"],
    *,
    level: float = 0.95,
    label: str = "",
    details: Any = None,
) -> Estimate:
    """Mean of the rows' terms with the normal interval of their spread."""
    mean = float(np.mean(terms))
    half = float(stats.norm.ppf(0.5 + level / 2) * np.std(terms, ddof=1) / np.sqrt(len(terms)))
    return Estimate(mean, mean - half, mean + half, level, kind, label=label, details=details)


def in_unit(found: Estimate, bits: bool) -> Estimate:
    """An estimate in nats, or the same in bits."""
    if not bits:
        return found
    numbers = {name: getattr(found, name) / math.log(2) for name in ("value", "low", "high")}
    return dataclasses.replace(found, unit="bits", **numbers)

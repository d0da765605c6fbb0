"""Draws of a posterior as ArviZ data."""

from typing import Any

import numpy as np


def as_arviz(names: tuple[str, ...], drawn: np.ndarray) -> Any:
    """Draws `(n, p)` as one chain of the group `posterior`, a variable for each name."""
    import arviz_base

    return arviz_base.from_dict({"posterior": {name: drawn[None, :, i] for i, name in enumerate(names)}})

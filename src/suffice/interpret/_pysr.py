"""Symbolic regression by PySR (Cranmer 2023, arXiv:2305.01582) as a source of expressions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._alignment import Halves
from ._terms import evaluated, symbols_of

_DEFAULTS = {"niterations": 40, "binary_operators": ["+", "-", "*", "/"], "unary_operators": ["log", "exp"]}


def with_pysr(
    latent: np.ndarray, theta: np.ndarray, names: Sequence[str], halves: Halves, **options: Any
) -> list[tuple[int, np.ndarray, Any]]:
    """Complexity, values and expression of each row of PySR's front, fitted to the latent on one half."""
    try:
        from pysr import PySRRegressor  # pyright: ignore[reportMissingImports]
    except ImportError as fault:
        raise ImportError("backend='pysr' needs PySR: pip install 'suffice[pysr]'") from fault
    model = PySRRegressor(**(_DEFAULTS | {"verbosity": 0, "progress": False} | options))
    model.fit(theta[halves.fit], latent[halves.fit], variable_names=[symbol.name for symbol in symbols_of(names)])
    found = []
    for complexity, expression in zip(model.equations_["complexity"], model.equations_["sympy_format"]):
        if expression.free_symbols:
            found.append((int(complexity), evaluated(expression, theta, names), expression))
    return found

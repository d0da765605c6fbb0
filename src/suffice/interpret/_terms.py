"""Functions of the parameters that formulas are made of: θ_i, log θ_i, θ_i θ_j, θ_i log θ_j."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy
from jaxtyping import Float

from ._expression import read_expression, safe_names

_SAME = 0.99999


class Term(NamedTuple):
    """A function as SymPy writes it, its values, and how many operations and names it has."""

    expression: sympy.Expr
    values: Float[np.ndarray, " n"]
    complexity: int


def symbols_of(names: Sequence[str]) -> tuple[sympy.Symbol, ...]:
    """One symbol a parameter; brackets of names such as `z[0]` become underscores."""
    return tuple(sympy.Symbol(name, real=True) for name in safe_names(names))


def terms_of(theta: Float[np.ndarray, "n p"], names: Sequence[str]) -> list[Term]:
    """All terms that are finite and not all but the same as a simpler one."""
    symbols = symbols_of(names)
    plain = [(symbol, column, 1) for symbol, column in zip(symbols, theta.T)]
    logs = [(sympy.log(s), np.log(column), 2) for s, column, _ in plain if (column > 0).all()]
    pairs = [(a * b, x * y, 3) for i, (a, x, _) in enumerate(plain) for b, y, _ in plain[i:]]
    mixed = [(a * b, x * y, 4) for a, x, _ in plain for b, y, _ in logs]
    found: list[Term] = []
    for expression, values, complexity in [*plain, *logs, *pairs, *mixed]:
        new = np.std(values) > 0 and all(abs(_correlation(values, term.values)) < _SAME for term in found)
        if new:
            found.append(Term(expression, values, complexity))
    return found


def evaluated(expression: Any, theta: Float[np.ndarray, "n p"], names: Sequence[str]) -> Float[np.ndarray, " n"]:
    """Values of an expression of the parameters.

    **Arguments:** `expression`: a string such as `"log(alpha * D)"`, of numbers, the parameters as they are called,
    `+ - * / **`, parentheses, `pi` and the usual functions (nothing of it is executed); a SymPy expression; a function
    of `theta`; or the values themselves.

    **Raises:** `ValueError` for what is not understood, holds no parameter, or gives numbers that are not finite.

    >>> evaluated("2 * z[0]", np.ones((3, 1)), ["z[0]"]).tolist()
    [2.0, 2.0, 2.0]
    """
    if isinstance(expression, str):
        expression = read_expression(expression, theta, names)
    elif isinstance(expression, sympy.Basic):
        expression = _of_symbols(expression, theta, names)
    elif callable(expression):
        expression = expression(theta)
    values = np.asarray(expression, np.float64)
    if values.shape != (len(theta),):
        raise ValueError(f"the expression must give {len(theta)} numbers, one a row of theta, but {values.shape} came")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        where = ", ".join(f"{name} = {value:g}" for name, value in zip(names, theta[bad[0]]))
        raise ValueError(
            f"the expression is not finite for {len(bad)} of {len(values)} rows, the first of {where}; write one that "
            "is, or leave those rows out"
        )
    return values


def _of_symbols(expression: Any, theta: np.ndarray, names: Sequence[str]) -> np.ndarray:
    symbols = symbols_of(names)
    known = {symbol.name: symbol for symbol in symbols}
    by_name = {symbol: known[symbol.name] for symbol in expression.free_symbols if symbol.name in known}
    foreign = sorted(symbol.name for symbol in expression.free_symbols if symbol.name not in known)
    if foreign:
        raise ValueError(f"the expression has {', '.join(foreign)}; the parameters are {', '.join(known)}")
    if not by_name:
        raise ValueError(f"the expression {expression} has no parameter; the parameters are {', '.join(known)}")
    with np.errstate(all="ignore"):
        values = sympy.lambdify(symbols, expression.subs(by_name), "numpy")(*theta.T)
    return np.broadcast_to(np.asarray(values, np.float64), len(theta))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])

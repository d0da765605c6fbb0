"""Functions of the parameters that formulas are made of: θ_i, log θ_i, θ_i θ_j, θ_i log θ_j."""

from collections.abc import Sequence
from tokenize import TokenError
from typing import Any, NamedTuple

import numpy as np
import sympy
from jaxtyping import Float

_SAME = 0.99999


class Term(NamedTuple):
    """A function as SymPy writes it, its values, and how many operations and names it has."""

    expression: sympy.Expr
    values: Float[np.ndarray, " n"]
    complexity: int


def symbols_of(names: Sequence[str]) -> tuple[sympy.Symbol, ...]:
    """One symbol a parameter; brackets of names such as `z[0]` become underscores."""
    return tuple(sympy.Symbol(name.replace("[", "_").replace("]", "").replace(",", "_"), real=True) for name in names)


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
    """Values of an expression: SymPy's, a string such as `"log(alpha * D)"`, a function of theta, or the values."""
    if callable(expression) and not isinstance(expression, sympy.Basic):
        expression = expression(theta)
    if isinstance(expression, str | sympy.Basic):
        return _of_symbols(expression, theta, names)
    values = np.asarray(expression, np.float64)
    if values.shape != (len(theta),) or not np.isfinite(values).all():
        raise ValueError(f"the expression must give {len(theta)} finite numbers, but {values.shape} came")
    return values


def _of_symbols(expression: Any, theta: np.ndarray, names: Sequence[str]) -> np.ndarray:
    symbols = symbols_of(names)
    known = {symbol.name: symbol for symbol in symbols}
    try:
        parsed = sympy.parse_expr(expression, local_dict=dict(known)) if isinstance(expression, str) else expression
    except (SyntaxError, TypeError, sympy.SympifyError, TokenError) as fault:
        raise ValueError(f"the expression {expression!r} cannot be read by SymPy: {fault}") from fault
    by_name = {symbol: known[symbol.name] for symbol in parsed.free_symbols if symbol.name in known}
    foreign = sorted(symbol.name for symbol in parsed.free_symbols if symbol.name not in known)
    if foreign:
        raise ValueError(f"the expression has {', '.join(foreign)}; the parameters are {', '.join(known)}")
    values = sympy.lambdify(symbols, parsed.subs(by_name), "numpy")(*theta.T)
    return evaluated(np.broadcast_to(np.asarray(values, np.float64), len(theta)), theta, names)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])

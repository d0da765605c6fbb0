"""What a latent is of the parameters: sparse expressions that explain it up to an invertible map.

Every combination of at most `terms` terms (`_terms.py`) is fitted in closed form (`_alignment.py`) on one half of the
rows and scored on the other. What comes back is the Pareto list: the best expression of each complexity that leaves
a fifth less unexplained than all simpler ones.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import sympy
from jaxtyping import Float

from ._alignment import Halves, halves_of, leading_weights, monotone_r2, spline_basis
from ._groups import some_rows
from ._pysr import with_pysr
from ._terms import Term, terms_of

_ROWS = 20_000
_GAIN = 0.2  # share of what was left unexplained


@dataclasses.dataclass(frozen=True, eq=False)
class Formulas:
    """The Pareto list of `formula`, the simplest first.

    - `expressions`: SymPy expressions; `r2`, `spearman`: on the half that scored; `complexity`: names and operations.
    """

    expressions: tuple[sympy.Expr, ...]
    r2: tuple[float, ...]
    spearman: tuple[float, ...]
    complexity: tuple[int, ...]

    @property
    def best(self) -> sympy.Expr:
        """The simplest expression within 0.01 of the highest R²."""
        return next(e for e, r2 in zip(self.expressions, self.r2) if r2 >= max(self.r2) - 0.01)

    def table(self) -> pd.DataFrame:
        """One row an expression."""
        columns = {"complexity": self.complexity, "r2": self.r2, "spearman": self.spearman}
        return pd.DataFrame(columns | {"expression": [str(e) for e in self.expressions]})

    def __str__(self) -> str:
        return self.table().to_string(index=False, float_format=lambda v: f"{v:.3f}")


def formula(
    latent: Float[np.ndarray, " n"],
    theta: Float[np.ndarray, "n p"],
    names: Sequence[str],
    *,
    terms: int = 3,
    backend: str = "sparse",
    **options: Any,
) -> Formulas:
    """Expressions of the parameters that explain a latent up to an invertible map.

    **Arguments:**

    - `latent`: values of one latent, or of a combination of them; `theta`, `names`: the parameters of the same rows.
    - `terms`: at most so many in a sum.
    - `backend`: `"sparse"`, or `"pysr"` for symbolic regression by PySR (`pip install 'suffice[pysr]'`, which brings
      Julia), which gets `options`; the sparse one takes none.

    >>> rng = np.random.default_rng(0)
    >>> theta = np.stack([rng.uniform(0.2, 1.8, 2000), np.exp(rng.normal(size=2000))], axis=1)
    >>> latent = np.tanh(0.3 * np.log(theta[:, 0] * theta[:, 1]))
    >>> formula(latent, theta, ["alpha", "D"], terms=2).best
    D*alpha
    """
    latent, theta = np.asarray(latent, np.float64), np.asarray(theta, np.float64)
    _refuse(latent, theta, names, terms, backend)
    if options and backend == "sparse":
        raise TypeError(f"{', '.join(options)}: options are those of backend='pysr'; leave them out, or name it")
    chosen = some_rows(len(latent), _ROWS)
    latent, theta = latent[chosen], theta[chosen]
    halves = halves_of(len(latent))
    if backend == "pysr":
        candidates = with_pysr(latent, theta, names, halves, **options)
    else:
        candidates = _sparse(latent, terms_of(theta, names), terms, halves)
    scored = [(complexity, *monotone_r2(values, latent, halves), e) for complexity, values, e in candidates]
    kept = _pareto(scored)
    complexity, r2, spearman, expressions = zip(*kept)
    return Formulas(expressions, r2, spearman, complexity)


def _sparse(latent: np.ndarray, terms: list[Term], most: int, halves: Halves) -> list[tuple[int, np.ndarray, Any]]:
    """Combinations of at most `most` terms: complexity, values, expression."""
    basis = spline_basis(latent[halves.fit])
    found = []
    for count in range(1, min(most, len(terms)) + 1):
        for chosen in itertools.combinations(terms, count):
            f = np.stack([term.values for term in chosen], axis=1)
            for weights in leading_weights(f[halves.fit], basis)[: 1 if count == 1 else 2]:
                complexity = sum(term.complexity for term in chosen) + 2 * (count - 1)
                found.append((complexity, f @ weights, _written(chosen, weights)))
    return found


def _written(terms: Sequence[Term], weights: np.ndarray) -> sympy.Expr:
    """The sum with its weights in units of the one that matters least to read: of a logarithm where there is one."""
    first = next((i for i, term in enumerate(terms) if isinstance(term.expression, sympy.log)), 0)
    units = weights / weights[first]
    parts = [
        term.expression if i == first else sympy.Float(f"{unit:.3g}") * term.expression
        for i, (term, unit) in enumerate(zip(terms, units))
    ]
    return sympy.Add(*parts)


def _pareto(scored: list[tuple[int, float, float, Any]]) -> list[tuple[int, float, float, Any]]:
    kept: list[tuple[int, float, float, Any]] = []
    for item in sorted(scored, key=lambda item: (item[0], -item[1])):
        if not kept or 1 - item[1] < (1 - _GAIN) * (1 - kept[-1][1]):
            if kept and kept[-1][0] == item[0]:
                kept.pop()
            kept.append(item)
    return kept


def _refuse(latent: np.ndarray, theta: np.ndarray, names: Sequence[str], terms: int, backend: str) -> None:
    if latent.ndim != 1 or theta.shape != (len(latent), len(names)) or len(latent) < 40:
        raise ValueError(
            f"latent must be (n,) and theta (n, {len(names)}), n at least 40; {latent.shape} and {theta.shape} came"
        )
    if not (np.isfinite(latent).all() and np.isfinite(theta).all()):
        raise ValueError("latent and theta must be finite; leave the other rows out")
    if backend not in ("sparse", "pysr") or terms < 1:
        raise ValueError(f"backend must be 'sparse' or 'pysr' and terms at least 1; {backend!r} and {terms} came")
    constant = [name for name, column in zip(names, theta.T) if np.ptp(column) == 0]
    if len(constant) == len(names):
        raise ValueError(f"all rows have the same {', '.join(constant)}: nothing of a latent can be explained by it")
    if np.ptp(latent) == 0:
        raise ValueError("the latent is constant: it sleeps, and there is nothing to explain")

"""The section with the answer: the posterior of each parameter, in numbers and curves."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from ..plots import corner, curve_of, marginals
from ..posteriors import AbstractDensity, Marginal, Mixture, RatioPosterior
from ._findings import Findings
from ._image import Image, image
from ._numbers import number
from ._parts import Figures, Section, Table, Text
from ._question import Question

QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
_DRAWS, _CORNER = 10_000, 8  # draws of a joint posterior; a corner of more parameters than this cannot be read


def posterior_table(found: Findings) -> pd.DataFrame:
    """One row a parameter: mean, standard deviation, quantiles, and truth and exact answer where known."""
    posterior: Any = found.posterior
    question = found.question
    table = pd.DataFrame({"parameter": list(posterior.names), "mean": posterior.mean, "std": posterior.std})
    for q in QUANTILES:
        table[f"q{100 * q:g}"] = posterior.quantile(q)
    known = {"truth": question.truth}
    if question.exact is not None:
        known |= {"exact_mean": question.exact.mean, "exact_std": question.exact.std}
    places = [question.names.index(name) for name in posterior.names]
    return table.assign(**{name: values[places] for name, values in known.items() if values is not None})


def density_table(posterior: AbstractDensity) -> pd.DataFrame:
    """The posterior density of each parameter on a grid: columns parameter, value, density.

    For a discrete parameter the values are the classes and the densities their probabilities. Of a posterior that is
    described by draws, it is their smoothed histogram.
    """
    if isinstance(posterior, RatioPosterior):
        curves = [
            (name, part.grid[axis], part.along(axis))
            for part in posterior.parts
            if isinstance(part, Marginal)
            for axis, name in enumerate(part.names)
        ]
    else:
        curves = [(name, *curve_of(column)) for name, column in zip(posterior.names, _draws(posterior).T)]
    frames = [pd.DataFrame({"parameter": name, "value": x, "density": y}) for name, x, y in curves]
    return pd.concat(frames) if frames else pd.DataFrame(columns=["parameter", "value", "density"])


def _draws(posterior: AbstractDensity) -> np.ndarray:
    return np.asarray(posterior.sample(_DRAWS, key=0), np.float64)


def draws_table(posterior: AbstractDensity) -> pd.DataFrame:
    """Draws from the posterior, a column a parameter."""
    return pd.DataFrame(_draws(posterior), columns=list(posterior.names))


def posterior_section(found: Findings) -> Section:
    """Table and figures of the posterior, and what to know before using it."""
    table = posterior_table(found).rename(columns=_heading)
    parts = [
        Table.of(table, "Mean, standard deviation and quantiles of each parameter"),
        *_classes(found.posterior),
        Figures(_figures(found.posterior, found.question)),
        *(Text(text) for text in _remarks(found.posterior)),
    ]
    return Section("posterior", "Posterior", tuple(parts))


def _heading(column: str) -> str:
    return f"{column[1:]} %" if column.startswith("q") else column.replace("_", " ")


def _classes(posterior: AbstractDensity) -> list[Table]:
    parts = posterior.parts if isinstance(posterior, RatioPosterior) else ()
    discrete = [part for part in parts if isinstance(part, Marginal) and part.classes]
    return [
        Table(["class", "probability"], [[str(k), number(p)] for k, p in enumerate(part.mass)], part.names[0])
        for part in discrete
    ]


def _figures(posterior: AbstractDensity, question: Question) -> tuple[Image, ...]:
    truth = None if question.truth is None else dict(zip(question.names, question.truth))
    truth = None if truth is None else {name: truth[name] for name in posterior.names}
    shown: Any = posterior if _on_grids(posterior) else _draws(posterior)
    axes = marginals(shown, truth, names=posterior.names)
    _draw_exact(axes, posterior, question)
    caption = "Posterior of each parameter; darker and lighter: the 68 % and 95 % regions of highest density."
    figures = [image(axes[0].figure, "posterior density of each parameter", caption)]
    if _pairs(posterior) and 1 < len(posterior.names) <= _CORNER:
        pairs = corner(shown, truth, names=posterior.names)
        caption = "Pairs of parameters: regions that hold 68 % and 95 % of the posterior."
        figures.append(image(pairs[0, 0].figure, "posterior of each pair of parameters", caption))
    return tuple(figures)


def _pairs(posterior: AbstractDensity) -> bool:
    """Whether any two parameters are known together."""
    if isinstance(posterior, RatioPosterior) and posterior.chain is None:
        return any(len(group) > 1 for group in posterior.groups)
    return True


def _on_grids(posterior: AbstractDensity) -> bool:
    if not isinstance(posterior, RatioPosterior) or posterior.chain is not None:
        return False
    return all(isinstance(part, Marginal) for part in posterior.parts)


def _draw_exact(axes: np.ndarray, posterior: AbstractDensity, question: Question) -> None:
    if question.exact is None:
        return
    for panel, name in zip(axes, posterior.names):
        i = question.names.index(name)
        panel.plot(question.exact.grid[i], question.exact.density[i], color="black", lw=1, ls=":")
    shown = axes[0].figure.legends[0]
    handles = [*shown.legend_handles, Line2D([], [], color="black", lw=1, ls=":", label="exact")]
    shown.remove()
    axes[0].figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)


def _remarks(posterior: Any) -> list[str]:
    if not isinstance(posterior, RatioPosterior):
        return _remarks_on_draws(posterior)
    remarks = []
    if posterior.chain is None and len(posterior.groups) > 1:
        remarks.append(
            "The groups of parameters were learned side by side: each posterior is right for its own group, and draws "
            "from different groups are independent of one another."
        )
    if posterior.parts:
        evidence = np.atleast_1d(posterior.evidence)
        named = ", ".join(f"{number(float(v))} ({', '.join(g)})" for v, g in zip(evidence, posterior.groups))
        remarks.append(
            f"Integral of learned ratio times prior, one for exact ratios: {named}. The densities above are normalised."
        )
    return remarks


def _remarks_on_draws(posterior: Any) -> list[str]:
    kept, worth = posterior.draws.theta.shape[1], round(float(posterior.ess))
    remarks = [
        f"All parameters were learned together. The numbers above are told from {number(kept)} draws, which are worth "
        f"{number(worth)} independent ones."
    ]
    if isinstance(posterior, Mixture):
        named = ", ".join(f"{number(float(v))} ({n})" for v, n in zip(posterior.spread, posterior.names))
        remarks.append(f"How far apart the members of the ensemble are, in standard deviations: {named}.")
    return remarks

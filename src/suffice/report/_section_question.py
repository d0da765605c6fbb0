"""The section that says what was asked: data, parameters, prior; and where the observation lies."""

import jax
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from ..plots import style
from ._image import Image, image
from ._numbers import number
from ._parts import Facts, Figures, Section
from ._question import Question

_METHODS = {
    "ratio": "ratios of posterior to prior (sf.Ratio)",
    "flow": "a normalising flow of the parameters given the summary (sf.Flow)",
    "gaussian": "a normal density of the parameters given the summary (sf.Gaussian)",
    "likelihood": "the density of a summary, learned by sf.Gaussian, given the parameters (sf.Likelihood)",
}
_CURVE = 4  # an array of fewer numbers is given in the table, not drawn


def question_section(question: Question) -> Section:
    """What was asked, in words, and the observed data among the simulated ones."""
    used = question.simulations - question.failed
    simulations = number(question.simulations)
    if question.failed:
        simulations += f", of which {number(question.failed)} failed and are left out ({number(used)} used)"
    facts = [
        ("Parameters", ", ".join(question.names)),
        ("Prior", question.prior),
        ("Simulations", simulations),
        ("Data of one simulation", "\n".join(question.data)),
        ("Summary network", question.summary),
        ("Posterior by", _METHODS.get(question.method, question.method)),
    ]
    facts += [(f"Observed {name}".rstrip(), text) for name, text in _few_numbers(question)]
    images = tuple(_drawn(name, x, band) for name, x, band in _arrays(question) if x.size >= _CURVE and x.ndim <= 2)
    return Section("question", "Question", (Facts(tuple(facts)), *([Figures(images)] if images else [])))


def _arrays(question: Question) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Name, observed values and simulated quantiles `(3, ...)` of each array of the data."""
    observed = jax.tree.leaves_with_path(question.observation)
    bands = jax.tree.leaves(question.band)
    names = [jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in observed]
    return [(name, np.asarray(x), np.asarray(band)) for name, (_, x), band in zip(names, observed, bands)]


def _few_numbers(question: Question) -> list[tuple[str, str]]:
    return [
        (name or "data", ", ".join(number(v) for v in np.ravel(x).tolist()))
        for name, x, _ in _arrays(question)
        if x.size < _CURVE
    ]


@style()
def _drawn(name: str, x: np.ndarray, band: np.ndarray) -> Image:
    figure, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    what = name or "data"
    if x.ndim == 1:
        _curve(ax, x, band)
        ax.set_ylabel(what)
        return image(figure, f"observed {what} against index, with the band of the simulations", _caption(x, band))
    shown = ax.imshow(x, origin="lower", aspect="equal", cmap="viridis")
    figure.colorbar(shown, label=what)
    return image(figure, f"observed {what} as an image", _caption(x, band))


def _curve(ax: Axes, x: np.ndarray, band: np.ndarray) -> None:
    index = np.arange(len(x))
    ax.fill_between(index, band[0], band[2], color="#0072B2", alpha=0.2, lw=0, label="90 % of simulations")
    ax.plot(index, band[1], color="#0072B2", lw=1, label="median of simulations")
    ax.plot(index, x, ".", color="black", ms=3.5, label="observed")
    ax.set_xlabel("index")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=3)


def _caption(x: np.ndarray, band: np.ndarray) -> str:
    outside = float(np.mean((x < band[0]) | (x > band[2])))
    return f"{100 * outside:.0f} % of the observed numbers lie outside the central 90 % of the simulated ones."

"""The page and the files of an estimate of mutual information, and of a table of all pairs."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..core import Estimate
from ..information import MutualInformation
from ..plots import history, mi_estimates, mi_heat_map, pointwise
from ._image import figure_of, image
from ._page import FOOT, page as page_of
from ._parts import Facts, Figures, Note, Section, Table, Text
from ._written_whole import written_whole

_BOUND = {
    "lower": "This bounds the information from below; the interval is that of the bound, and tells nothing of how far "
    "below it lies. No method that knows only n rows can show more than about log n nats (McAllester & Stratos 2020).",
    "upper": "This bounds the information from above only as far as its density is exact.",
    "point": "This is no bound in either direction; its interval tells of the spread over rows, not of a bias.",
}


def mi_report(found: Estimate, folder: str | Path, *, what: Mapping[str, str]) -> Path:
    """Write `report.html`, `estimate.json`, and where the estimate has them `table.csv` and `history.csv`.

    - `what`: what was asked, in words, such as `{"x": "petal", "y": "species"}`; it heads the page.

    Returns the page's path.
    """
    folder = Path(folder)
    record = {name: getattr(found, name) for name in ("value", "low", "high", "level", "kind", "unit")}
    written_whole(folder / "estimate.json", json.dumps(dict(what) | record, indent=2) + "\n")
    sections = [_estimate_section(found, what)]
    if isinstance(found.details, MutualInformation):
        written_whole(folder / "table.csv", found.details.table.to_csv(index=False))
        written_whole(folder / "history.csv", found.details.history.to_csv(index=False))
        sections += [_others_section(found, found.details), _training_section(found.details)]
    title = f"Mutual information of {what.get('x', 'x')} and {what.get('y', 'y')}"
    if what.get("given"):
        title += f", given {what['given']}"
    return written_whole(folder / "report.html", page_of(title, str(found), sections, foot=FOOT))


def pairs_report(table: pd.DataFrame, folder: str | Path) -> Path:
    """Write `report.html` and `pairs.csv` of what `sf.mi_table` gives. Returns the page's path."""
    folder = Path(folder)
    written_whole(folder / "pairs.csv", table.to_csv(index=False))
    unit = str(table["unit"].iloc[0])
    figure = image(figure_of(mi_heat_map(table)), "heat map of mutual information", f"Every pair, {unit}. Grey: the "
                   "interval holds zero.")  # fmt: skip
    text = Text("The largest first. A pair of classes is counted; every other value is a lower bound.")
    sections = [Section("pairs", "Every pair", (text, Figures((figure,)), Table.of(table.drop(columns="unit"))))]
    lead = f"{len(table)} pairs of {len({*table['x'], *table['y']})} variables, in {unit}"
    return written_whole(folder / "report.html", page_of("Mutual information of every pair", lead, sections, foot=FOOT))


def _estimate_section(found: Estimate, what: Mapping[str, str]) -> Section:
    facts = [*what.items(), ("I, " + found.unit, f"{found.value:.4g}")]
    facts += [(f"{100 * found.level:g} % interval", f"{found.low:.4g} to {found.high:.4g}"), ("kind", found.kind)]
    parts: list[Any] = [Facts(tuple(facts)), Text(_BOUND[found.kind])]
    details = found.details
    if isinstance(details, MutualInformation):
        if details.says:
            tone = "good" if details.says.startswith("all") else "warn"
            parts.append(Note(tone, details.says[0].upper() + details.says[1:] + "."))
        told = "How much more likely a pair is than two rows drawn apart; the mean over rows is the plug-in estimate."
        parts.append(Figures((image(figure_of(pointwise(found)), "histogram of the log-ratio over rows", told),)))
    return Section("estimate", "The estimate", tuple(parts))


def _others_section(found: Estimate, details: MutualInformation) -> Section:
    table = details.table.copy()
    if found.unit == "bits":
        table[["value", "low", "high"]] /= math.log(2)
    told = "Marks point where the information may lie. Grey: other formulas of the same critic on the same rows."
    figure = image(figure_of(mi_estimates(table, unit=found.unit)), "estimates with their intervals", told)
    facts = (
        ("mean of exp f over pairs", f"{details.normaliser:.3f} (1 for the log-ratio)"),
        ("pairs that make it up", f"{100 * details.ess:.2g} % of them, in effect"),
    )
    return Section("others", "Beside other estimates", (Figures((figure,)), Table.of(table.fillna("")), Facts(facts)))


def _training_section(details: MutualInformation) -> Section:
    figure = image(figure_of(history(details.history)), "loss against epoch", "Mean over the folds.")
    folds = details.history["member"].nunique() if "member" in details.history else 1
    facts = (("fits side by side", str(folds)), ("epochs", f"{details.history['epoch'].max():.0f}"))
    return Section("training", "Training", (Figures((figure,)), Facts(facts)))

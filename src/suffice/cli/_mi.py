"""`suffice mi`: mutual information of columns of a file."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from ..core import Estimate
from ..information import conditional_mi, estimate_mi, mi_table
from ._options import MI
from ._table import groups_of, read_table, variable


def run(options: MI) -> None:
    """Read, estimate, print; write the folder where one is asked for."""
    frame = read_table(options.file)
    settings = _settings(options)
    if options.every_pair:
        if options.x or options.y or options.given:
            raise ValueError("--every-pair takes every column; leave out --x, --y and --given")
        table = mi_table({name: variable(frame, name) for name in groups_of(frame)}, **settings)
        _show(table.to_dict("records") if options.json else table, options.json)
        if options.out is not None:
            _write_pairs(table, options.out)
        return
    if not options.x or not options.y:
        raise ValueError(f"name two columns with --x and --y, or ask for --every-pair; there are {', '.join(frame)}")
    x, y = variable(frame, options.x), variable(frame, options.y)
    if options.given:
        found = conditional_mi(x, y, variable(frame, options.given), **settings)
    else:
        found = estimate_mi(x, y, **settings)
    _show(_record(found, options), options.json)
    if options.out is not None:
        _write(found, options.out)


def _settings(options: Any) -> dict[str, Any]:
    """The options that are those of `estimate_mi`."""
    renamed = {"key": "seed"}
    names = [name for name in inspect.signature(estimate_mi).parameters if hasattr(options, renamed.get(name, name))]
    taken = {name: getattr(options, renamed.get(name, name)) for name in names if name not in ("x", "y")}
    return taken | {"progress": taken.get("progress", True) and sys.stderr.isatty()}


def _record(found: Estimate, options: MI) -> dict[str, Any]:
    told = {"x": options.x, "y": options.y} | ({"given": options.given} if options.given else {})
    numbers = {name: getattr(found, name) for name in ("value", "low", "high", "level", "kind", "unit")}
    return told | numbers | {"says": str(found)}


def _show(what: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(what, indent=2))
    elif isinstance(what, pd.DataFrame):
        print(what.to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    else:
        width = max(map(len, what))
        for name, value in what.items():
            print(f"{name:{width}}  {value:.4f}" if isinstance(value, float) else f"{name:{width}}  {value}")


def _write(found: Estimate, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    record = {name: getattr(found, name) for name in ("value", "low", "high", "level", "kind", "unit")}
    (out / "estimate.json").write_text(json.dumps(record, indent=2) + "\n")
    details = found.details
    if details is None or isinstance(details, tuple):
        return
    from ..plots import history, pointwise

    details.table.to_csv(out / "table.csv", index=False)
    details.history.to_csv(out / "history.csv", index=False)
    mean = _mean_course(details.history)
    for name, axes in (("profile", pointwise(found)), ("history", history(mean))):
        _save(axes, out / f"{name}.png")
    print(f"written to {out}", file=sys.stderr)


def _write_pairs(table: pd.DataFrame, out: Path) -> None:
    from ..plots import mi_heat_map

    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "pairs.csv", index=False)
    _save(mi_heat_map(table), out / "pairs.png")
    print(f"written to {out}", file=sys.stderr)


def _save(axes: Any, path: Path) -> None:
    axes.figure.savefig(path, dpi=150)


def _mean_course(history: pd.DataFrame) -> pd.DataFrame:
    """Mean over the folds of what was trained first: the critics, where there is a flow too."""
    for name in ("model", "stage"):
        if name in history:
            history = pd.DataFrame(history[history[name] == history[name].iloc[0]])
    return pd.DataFrame(history.groupby("epoch").mean(numeric_only=True)).reset_index()

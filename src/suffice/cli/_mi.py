"""`suffice mi`: mutual information of columns of a file."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from ..core import Estimate, listed
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
            from ..report import pairs_report

            _tell(pairs_report(table, options.out))
        return
    if not options.x or not options.y:
        raise ValueError(f"name two columns with --x and --y, or ask for --every-pair; there are {listed(frame)}")
    x, y = variable(frame, options.x), variable(frame, options.y)
    if options.given:
        found = conditional_mi(x, y, variable(frame, options.given), **settings)
    else:
        found = estimate_mi(x, y, **settings)
    _show(_record(found, options), options.json)
    if options.out is not None:
        from ..report import mi_report

        _tell(mi_report(found, options.out, what=_asked(options)))


def _settings(options: Any) -> dict[str, Any]:
    """The options that are those of `estimate_mi`."""
    renamed = {"key": "seed"}
    names = [name for name in inspect.signature(estimate_mi).parameters if hasattr(options, renamed.get(name, name))]
    taken = {name: getattr(options, renamed.get(name, name)) for name in names if name not in ("x", "y")}
    return taken | {"progress": taken.get("progress", True) and sys.stderr.isatty()}


def _record(found: Estimate, options: MI) -> dict[str, Any]:
    numbers = {name: getattr(found, name) for name in ("value", "low", "high", "level", "kind", "unit")}
    return _asked(options) | numbers | {"says": str(found)}


def _asked(options: MI) -> dict[str, Any]:
    return {"x": options.x, "y": options.y} | ({"given": options.given} if options.given else {})


def _tell(page: Path) -> None:
    print(f"page written to {page}", file=sys.stderr)


def _show(what: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps(what, indent=2))
    elif isinstance(what, pd.DataFrame):
        print(what.to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    else:
        width = max(map(len, what))
        for name, value in what.items():
            print(f"{name:{width}}  {value:.4f}" if isinstance(value, float) else f"{name:{width}}  {value}")

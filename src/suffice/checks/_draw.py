"""The door from a result to its figure.

Figures live in `suffice.plots`, which imports the results, never the other way round. `draw` is a generic function that
knows no figure; each figure of `suffice.plots` registers itself for the result it draws (`@draw.register`). They are
loaded when the first is wanted.
"""

import importlib
from functools import singledispatch
from typing import Any


@singledispatch
def draw(result: Any, ax: Any = None) -> Any:
    """Draw the result of a check into `ax` (a new figure when None); returns the axes.

    To give a new check a figure, write it in `suffice.plots` and decorate it with `@draw.register`.

    **Raises** `TypeError` for a result that no figure is registered for.
    """
    importlib.import_module("suffice.plots")
    figure = draw.dispatch(type(result))
    if figure is not _NONE:
        return figure(result, ax)
    raise TypeError(
        f"no figure is registered for a result of type {type(result).__name__}: write one and register it with "
        "`suffice.checks.draw.register`"
    )


_NONE = draw.dispatch(object)

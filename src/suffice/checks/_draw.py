"""The door from a check's result to its figure.

Figures live in `suffice.plots`, which imports the checks, never the other way round. `draw` is a
generic function that knows no figure; each figure of `suffice.plots` registers itself for the result
it draws (`@draw.register`), which happens when `suffice` is imported.
"""

from functools import singledispatch
from typing import Any


@singledispatch
def draw(result: Any, ax: Any = None) -> Any:
    """Draw the result of a check into `ax` (a new figure when None); returns the axes.

    To give a new check a figure, write it in `suffice.plots` and decorate it with `@draw.register`.

    **Raises** `TypeError` for a result that no figure is registered for.
    """
    kind = type(result).__name__
    raise TypeError(
        f"no figure is registered for a result of type {kind}: run `import suffice.plots` first, or "
        f"write one and register it with `suffice.checks.draw.register`"
    )

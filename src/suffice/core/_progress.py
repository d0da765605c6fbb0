"""The progress bar of everything long, on standard error."""

import sys

from tqdm import tqdm


def bar(total: int | None, desc: str, enabled: bool = True, unit: str = "it") -> tqdm:
    """A bar to use as a context manager: ``.update(n)`` moves it, ``.set_postfix(**)`` says more.

    ``total=None`` counts without an end; ``enabled=False`` shows nothing at the same cost.

    >>> with bar(3, "work", enabled=False) as progress:
    ...     _ = progress.update(1)
    """
    return tqdm(
        total=total,
        desc=desc,
        disable=not enabled,
        unit=unit,
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.2,
    )

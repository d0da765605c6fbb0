"""Warnings that point at the line of the user who caused them."""

import sys
import warnings
from pathlib import Path

_HERE = str(Path(__file__).parents[1])
_WRAPPERS = ("equinox", "jaxtyping", "jax")


def warn(message: str) -> None:
    """Warn, as from the nearest line outside this package and the wrappers around its functions."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _inside(frame.f_code.co_filename, frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)


def _inside(filename: str, module: str) -> bool:
    return filename.startswith((_HERE, "<")) or module.partition(".")[0] in _WRAPPERS

"""The entry point: options in, exit status out."""

import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import tyro

from ._commands import COMMANDS, commands

_ABOUT = """\
suffice learns, from simulations of a process, the few numbers that keep what the data say about its
parameters, infers posteriors from them, and checks those posteriors.

Start with a problem whose answer is known:

  suffice demo

then take your own simulations (arrays theta and x in one file) and your observation:

  suffice infer sims.npz observed.npy --out result

and read result/report.html. "suffice infer --help" says more about the files."""


def main(args: Sequence[str] | None = None) -> int:
    """Run the command in `args` (those of the process by default) and return its exit status.

    0 when it did what was asked; 2 for bad input, with one sentence on standard error; 130 when interrupted.

    >>> main(["--version"]).bit_length()
    suffice 0.1.0
    0
    """
    args = list(sys.argv[1:] if args is None else args)
    if args == ["--version"]:
        print(f"suffice {_version()}")
        return 0
    try:
        options = tyro.cli(commands(args), prog="suffice", description=_ABOUT, args=args or ["--help"])
        name = next(name for name, kind in COMMANDS.items() if isinstance(options, kind))
        with _plain_warnings():
            import_module(f"._{name}", __package__).run(options)
    except KeyboardInterrupt:
        print("suffice: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" not in str(error):  # as JAX says it
            raise
        print(f"suffice: error: this machine has too little memory for that. {_sentence(error)}", file=sys.stderr)
        return 2
    except (ValueError, TypeError, OSError) as error:
        if not _is_fault_of_caller(error):
            raise
        print(f"suffice: error: {_sentence(error)}", file=sys.stderr)
        return 2
    return 0


def _version() -> str:
    from .. import __version__

    return __version__


def _is_fault_of_caller(error: Exception) -> bool:
    """Raised on purpose by this package, or about a file: anything else is a fault of ours, and shows its traceback."""
    if isinstance(error, OSError):
        return True
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return Path(__file__).parents[1] in Path(last).parents


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return " ".join(str(error).split())


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings as one line on standard error; those about other packages' future are not for this reader."""
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        warnings.showwarning = _show
        yield


def _show(
    message: Warning | str, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    print(f"suffice: warning: {' '.join(str(message).split())}", file=sys.stderr)

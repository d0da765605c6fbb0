"""The commands of the shell by name, as one type for tyro."""

from collections.abc import Sequence
from inspect import cleandoc
from typing import Annotated, Any, Union

from tyro.conf import FlagCreatePairsOff, subcommand

from ._options import Compare, Demo, Infer, MI, Report, Tracks
from ._options_of_scale import Simulate, Train

COMMANDS: dict[str, type] = {
    "demo": Demo,
    "simulate": Simulate,
    "infer": Infer,
    "train": Train,
    "compare": Compare,
    "mi": MI,
    "tracks": Tracks,
    "report": Report,
}


def commands(args: Sequence[str] = ()) -> Any:
    """All commands as one type for tyro; only the one in `args` with its whole text, so that the list stays short.

    The options of `mi` beyond its own are those of `sf.estimate_mi`, which is loaded only where they are asked for.
    """
    wanted = args[0] if args else ""
    parts = []
    for name, options in COMMANDS.items():
        described = subcommand(name, description=_description(options, whole=name == wanted))
        parts.append(Annotated[_mi_options(args) if name == wanted == "mi" else options, described])
    return FlagCreatePairsOff[Union[tuple(parts)]]  # type: ignore[misc]  # noqa: UP007


def _mi_options(args: Sequence[str]) -> type:
    from ..information import estimate_mi
    from ._from_function import options_file, with_options_of

    return with_options_of(MI, estimate_mi, {"key": "seed"}, options_file(args))


def _description(options: type, whole: bool) -> str:
    text = cleandoc(options.__doc__ or "")
    return text if whole else text.splitlines()[0]

"""Options of a command from the signature and the docstring of the function it calls."""

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from tyro.conf import arg

from ..core import refuse_pipe

_PLAIN = (str, int, float, bool, type(None))


def with_options_of(base: type, function: Callable, rename: dict[str, str], given: dict[str, Any]) -> type:
    """`base`, a dataclass of options, with one more option for each keyword that `function` takes from a person.

    - `rename`: names of options that differ from those of the function, such as `{"key": "seed"}`.
    - `given`: other defaults, by the names of the options.
    """
    hints = typing.get_type_hints(function)
    told = _told(function)
    taken = {field.name for field in dataclasses.fields(base)}
    fields = []
    for name, parameter in inspect.signature(function).parameters.items():
        hint, option = _plain(hints[name]), rename.get(name, name)
        if hint is None or option in taken or parameter.default is inspect.Parameter.empty:
            continue
        default = given.get(option, parameter.default)
        default = tuple(default) if isinstance(default, list) else default
        fields.append((option, Annotated[hint, arg(help=told.get(name, ""))], dataclasses.field(default=default)))
    unknown = set(given) - taken - {field[0] for field in fields}
    if unknown:
        known = ", ".join([*sorted(taken), *(field[0] for field in fields)])
        raise ValueError(f"no option is called {', '.join(sorted(unknown))}; there are {known}")
    made = dataclasses.make_dataclass(base.__name__, fields, bases=(base,), frozen=True)
    made.__doc__ = base.__doc__
    return made


def options_file(args: Sequence[str]) -> dict[str, Any]:
    """What the YAML file after `--options` says, under the names of the options."""
    for i, word in enumerate(args):
        path = word.partition("=")[2] if word.startswith("--options=") else None
        if word == "--options" and i + 1 < len(args):
            path = args[i + 1]
        if path:
            return _read(Path(path))
    return {}


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ValueError(f"there is no file {path}")
    refuse_pipe(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: bytes that are no text, 2026-99-99
        raise ValueError(f"{path} is not YAML") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold lines of the form option: value")
    for name, value in content.items():
        # A list of lists may refer to itself, and grow without bound when it is shown.
        if not all(type(part) in _PLAIN for part in (name, *(value if isinstance(value, list) else [value]))):
            raise ValueError(f"{path}: {str(name)[:40]!r} must be a text, a number, true or false, or a list of these")
    return {str(name).replace("-", "_"): value for name, value in content.items()}


def _plain(hint: Any) -> Any:
    """The part of a type that can be typed in a shell; None where there is none."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kept = [part for part in map(_plain, typing.get_args(hint)) if part is not None]
        return typing.Union[tuple(kept)] if kept else None  # noqa: UP007
    if hint in _PLAIN:
        return hint
    if typing.get_origin(hint) is Sequence:
        return tuple[typing.get_args(hint)[0], ...]
    return None


def _told(function: Callable) -> dict[str, str]:
    """What the docstring says of each argument: lines `- `name`, `other`: text`."""
    told, doc = {}, inspect.getdoc(function) or ""
    for names, text in re.findall(r"^- ((?:`\w+`(?:, )?)+): (.*?)(?=^- |^\S|\Z)", doc, re.DOTALL | re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            told[name] = " ".join(text.split())
    return told

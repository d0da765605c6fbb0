"""What another library says of a file, short enough to stand in a sentence."""

from collections.abc import Iterable

_LONGEST = 200


def in_short(error: BaseException) -> str:
    """The message on one line, or the kind of error where there is none; some messages hold much of the file.

    >>> in_short(ValueError("no\\nheader")), in_short(EOFError()), len(in_short(ValueError("x" * 10_000)))
    ('no header', 'EOFError', 200)
    """
    said = " ".join(str(error)[: 10 * _LONGEST].split()) or type(error).__name__
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def listed(names: Iterable[object], most: int = 20) -> str:
    """Names with commas; of a file that holds many or long ones, the first.

    >>> listed(["mass", "age"]), listed(range(30), 3), listed([])
    ('mass, age', '0, 1, 2 and 27 more', 'nothing')
    """
    every = [str(name) for name in names]
    shown = ", ".join(name if len(name) <= 40 else name[:39] + "…" for name in every[:most]) or "nothing"
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def kind_of(value: object) -> str:
    """The name of its type with its article, for a sentence.

    >>> kind_of(3), kind_of("3")
    ('an int', 'a str')
    """
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"

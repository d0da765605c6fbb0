"""What another library says of a file, short enough to stand in a sentence."""

_LONGEST = 200


def in_short(error: BaseException) -> str:
    """The message on one line, or the kind of error where there is none; some messages hold much of the file.

    >>> in_short(ValueError("no\\nheader")), in_short(EOFError()), len(in_short(ValueError("x" * 10_000)))
    ('no header', 'EOFError', 200)
    """
    said = " ".join(str(error)[: 10 * _LONGEST].split()) or type(error).__name__
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"

"""Names of columns: `tau` for one number, `z[0]`, `z[1]` for a vector, `m[0,1]` for a matrix."""

import numpy as np


def column_names(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """One name for each number of an array.

    >>> column_names("z", (2,)), column_names("tau", ())
    (('z[0]', 'z[1]'), ('tau',))
    """
    if not shape:
        return (name,)
    return tuple(f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*shape))


def columns_called(name: str, names: tuple[str, ...]) -> list[int]:
    """The columns that `name` means: one column, or all of a vector.

    >>> columns_called("z", ("a", "z[0]", "z[1]")), columns_called("z[1]", ("a", "z[0]", "z[1]"))
    ([1, 2], [2])
    """
    if name in names:
        return [names.index(name)]
    return [i for i, column in enumerate(names) if column.startswith(f"{name}[")]

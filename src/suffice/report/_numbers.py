"""Numbers as a person reads them."""

import math

import numpy as np
import pandas as pd


def number(value: object, digits: int = 3) -> str:
    """`value` with `digits` significant digits; a dash for what is not a finite number; text as it is.

    >>> number(0.123456), number(1234567), number(float("nan")), number("z[0]"), number(0.0000123)
    ('0.123', '1,234,567', '–', 'z[0]', '1.23e-05')
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        return _decimal(float(value), digits)
    return str(value)


def _decimal(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -4 or exponent > 6:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(digits - 1 - exponent, 0)}f}"


def seconds(value: float) -> str:
    """A duration.

    >>> seconds(0.31), seconds(12.3), seconds(75.0), seconds(7300.0)
    ('0.3 s', '12 s', '1 min 15 s', '2 h 1 min')
    """
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes = int(value // 60)
    return f"{minutes} min {value % 60:.0f} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def cells(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a table as text.

    >>> cells(pd.DataFrame({"parameter": ["tau"], "mean": [0.12345], "n": [2000]}))
    (['parameter', 'mean', 'n'], [['tau', '0.123', '2,000']])
    """
    rows = [[number(value) for value in row] for row in table.itertuples(index=False, name=None)]
    return [str(column) for column in table.columns], rows

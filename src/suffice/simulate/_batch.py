"""What training sees of simulations."""

from typing import Any, NamedTuple


class Batch(NamedTuple):
    """Rows of simulations in memory: `theta` `(m, p)`, and `x`, a pytree with leading axis m."""

    theta: Any
    x: Any

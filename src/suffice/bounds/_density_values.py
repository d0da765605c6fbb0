"""What a conditional density says of mutual information: one number a row, whose mean is the estimate.

Arguments are scores of log q(y | x): `joint[i]` of row i, `product[s, i]` of x_i with other y, `column[s, i]` of y_i
with other x. Formulas and papers stand in `_generative.py`.
"""

import numpy as np
from jaxtyping import Float

Joint = Float[np.ndarray, " n"]
Others = Float[np.ndarray, "m n"]


def barber_agakov(joint: Joint, entropy: float) -> Joint:
    """log q(y | x) + H(y): a lower bound when H(y), in nats, is exact."""
    return joint + entropy


def difference_of_entropies(joint: Joint, marginal: Joint) -> Joint:
    """log q(y | x) - log q(y): no bound, for both entropies are bounded from above."""
    return joint - marginal


def club(joint: Joint, product: Others, column: Others) -> Joint:
    """log q(y | x) less its mean over pairs that do not belong together: an upper bound when q is exact.

    Every row's mean is that over its x and over its y less that over all, the projection of a U-statistic.
    """
    return joint - (product.mean(axis=0) + column.mean(axis=0) - product.mean())


def leave_one_out(joint: Joint, column: Others) -> Joint:
    """log q(y_i | x_i) - log mean_{j≠i} q(y_i | x_j): an upper bound for the exact q. The mean is over x."""
    top = column.max(axis=0)
    return joint - top - np.log(np.exp(column - top).mean(axis=0))

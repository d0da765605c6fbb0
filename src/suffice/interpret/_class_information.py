"""What numbers say of classes, from few series and without training: lower bounds of mutual information.

    I(z; c) ≥ H(c) + E[log q(c | z)]

for any q that is learned on one half of the series and asked on the other, and the other way round (Barber & Agakov
2003). Parameters on a grid are such classes.

- one number: q(c | z) is the share of c among the k series whose numbers are nearest, with one series more that is
  spread as all are; k is chosen by leaving out each series of the half that learns, and may be all of them;
- several numbers: q(c | z) ∝ p(c) N(z; m_c, C_c). Classes of few series borrow from the covariance of all.
"""

import numpy as np
import scipy.linalg
from jaxtyping import Bool, Float, Int
from scipy.special import logsumexp

_FEWEST = 8  # series of a class
_BORROWED = 8.0  # series that the covariance of all counts for
_PLENTY = 64  # series of every class, with which none borrows


def classes_of(theta: Float[np.ndarray, "n p"]) -> Int[np.ndarray, " n"] | None:
    """A number for each distinct row of parameters, where each has enough series; otherwise None."""
    labels = np.unique(theta, axis=0, return_inverse=True)[1].ravel()
    return labels if np.bincount(labels).min() >= _FEWEST else None


def told_of_classes(z: Float[np.ndarray, "n a"], labels: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """log q(c | z) - log p(c) of every series, c its own class: the mean is the bound, in nats."""
    share = np.bincount(labels) / len(labels)
    log = np.empty(len(labels))
    one, other = _halves_of_classes(labels)
    for learn, ask in ((one, other), (other, one)):
        each = _from_neighbours(z[:, 0], labels, learn, ask) if z.shape[1] == 1 else _normal(z, labels, learn, ask)
        log[ask] = each[np.arange(len(each)), labels[ask]] - np.log(share[labels[ask]])
    return log


def _halves_of_classes(labels: np.ndarray) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Masks of two halves, of each class as many in both."""
    order = np.lexsort((np.random.default_rng(0).random(len(labels)), labels))
    one = np.zeros(len(labels), bool)
    one[order[::2]] = True
    return one, ~one


def _from_neighbours(z: np.ndarray, labels: np.ndarray, learn: np.ndarray, ask: np.ndarray) -> np.ndarray:
    """log q(c | z) `(asked, classes)`."""
    order = np.argsort(z[learn], kind="stable")
    known, own = z[learn][order], labels[learn][order]
    count = np.zeros((len(known) + 1, labels.max() + 1))
    count[np.arange(1, len(known) + 1), own] = 1
    count = count.cumsum(axis=0)  # of each class among the first so many
    share = count[-1] / len(known)
    here, n = np.arange(len(known)), len(known)
    widths = [2**j for j in range(2, 20) if 2**j < n / 2] + [2 * n]
    left_out = [_shares(count, share, here, here + 1, k, own)[here, own] for k in widths]
    best = widths[int(np.argmax([np.log(q).mean() for q in left_out]))]
    at = np.searchsorted(known, z[ask])
    return np.log(_shares(count, share, at, at, best))


def _shares(
    count: np.ndarray, share: np.ndarray, start: np.ndarray, stop: np.ndarray, k: int, own: np.ndarray | None = None
) -> Float[np.ndarray, "m classes"]:
    """Shares of the classes among the k nearest in order around [start, stop), without those inside it."""
    n = len(count) - 1
    low, high = np.maximum(start - k // 2, 0), np.minimum(stop + k // 2, n)
    among = count[high] - count[low]
    if own is not None:
        among[np.arange(len(own)), own] -= 1
    return (among + share) / (among.sum(axis=1, keepdims=True) + 1)


def _normal(z: np.ndarray, labels: np.ndarray, learn: np.ndarray, ask: np.ndarray) -> np.ndarray:
    """log q(c | z) `(asked, classes)`."""
    few = np.bincount(labels).min() < _PLENTY
    apart = np.concatenate([z[rows] - z[rows].mean(axis=0) for rows in _rows_of(labels, learn)])
    whole = apart.T @ apart / len(apart)
    share = np.bincount(labels) / len(labels)
    each = [_log_normal(z[rows], z[ask], whole if few else None) for rows in _rows_of(labels, learn)]
    log = np.log(share) + np.stack(each, axis=1)
    return log - np.asarray(logsumexp(log, axis=1))[:, None]


def _rows_of(labels: np.ndarray, learn: np.ndarray) -> list[np.ndarray]:
    return [learn & (labels == c) for c in range(labels.max() + 1)]


def _log_normal(rows: np.ndarray, asked: np.ndarray, whole: np.ndarray | None) -> Float[np.ndarray, " m"]:
    centre, n = rows.mean(axis=0), len(rows)
    spread = np.atleast_2d(np.cov(rows.T))
    if whole is not None:
        spread = ((n - 1) * spread + _BORROWED * whole) / (n - 1 + _BORROWED) * (1 + 1 / n)
    root = np.linalg.cholesky(spread + 1e-9 * np.eye(rows.shape[1]))
    away = scipy.linalg.solve_triangular(root, (asked - centre).T, lower=True)
    return -0.5 * (away**2).sum(axis=0) - np.log(np.diag(root)).sum()

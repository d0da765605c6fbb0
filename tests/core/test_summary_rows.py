"""Summaries of rows: the same numbers whether JAX traces them or NumPy is called row by row."""

import jax.numpy as jnp
import numpy as np
import pytest

from suffice.core import numbers_of, summary_rows

X = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)


def test_traced_and_by_hand_agree():
    def traced(x):
        return jnp.stack([x.mean(), x.max()])

    def by_hand(x):
        return [float(x.mean()), sorted(x)[-1]]

    assert numbers_of(traced, X[0]) == 2
    assert numbers_of(by_hand, X[0]) is None
    np.testing.assert_allclose(summary_rows(traced, X), summary_rows(by_hand, X), rtol=1e-6)


def test_data_of_several_parts():
    parts = {"map": X, "noise": X[:, 0]}
    found = summary_rows(lambda row: row["map"][:2] * row["noise"], parts)
    np.testing.assert_allclose(found, X[:, :2] * X[:, :1], rtol=1e-6)


@pytest.mark.parametrize(
    "summary, error, told",
    [
        (lambda x: x @ np.ones(9), ValueError, "f cannot be computed of row 0"),
        (lambda x: x[:0], ValueError, "f has no numbers"),
        (lambda x: [float(v) for v in x if v > 0], ValueError, "as many numbers for every row.* for some and "),
        (lambda x: x * 1j, TypeError, "real numbers, but it gives complex"),
        (lambda x: "mean", TypeError, "real numbers, but it gives <U4"),
    ],
)
def test_what_is_no_summary_is_refused(summary, error, told):
    with pytest.raises(error, match=told):
        summary_rows(summary, X, "f")

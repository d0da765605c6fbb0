"""Fingerprints tell contents apart and nothing else."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.report import fingerprint


@dataclass
class Pair:
    a: object
    b: object


@pytest.mark.parametrize(
    "one, other",
    [
        ((1, 2), (12,)),
        (("a", "b"), ("ab", "")),
        (((1,), 2), ((1, 2),)),
        (np.zeros(2), np.zeros((1, 2))),
        (np.zeros(2, "float32"), np.zeros(2, "float64")),
        ({"a": 1}, {"b": 1}),
        (Pair(1, 2), Pair(2, 1)),
        (jax.random.key(0), jax.random.key(1)),
        (np.tanh, np.sinh),
        (None, "None"),
    ],
)
def test_other_content_has_another_fingerprint(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_same_content_has_the_same_fingerprint():
    assert fingerprint(Pair(jnp.arange(3), "x")) == fingerprint(Pair(jnp.arange(3), "x"))
    assert fingerprint(jax.random.key(3)) == fingerprint(jax.random.key(3))

"""What every test of this folder needs."""

import jax
import pytest


@pytest.fixture(autouse=True)
def accelerator():
    """Skip where there is none."""
    if jax.default_backend() == "cpu":
        pytest.skip("no accelerator")


@pytest.fixture
def on_accelerator():
    """Whether all arrays of a tree lie on devices that computations go to unless told otherwise."""
    known = set(jax.devices())
    return lambda tree: all(leaf.devices() <= known for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array))

"""Whatever can be saved comes back as it was."""

from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, HealthCheck, settings, strategies as st
from hypothesis.extra import numpy as hnp

import suffice as sf

_FEW = settings(
    max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
_DTYPES = st.one_of(hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.floating_dtypes(sizes=(16, 32, 64)))
_ARRAYS = hnp.arrays(_DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
_JAX = hnp.arrays(st.sampled_from([np.float32, np.int32, bool]), hnp.array_shapes(max_side=3)).map(jnp.asarray)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    _ARRAYS,
    _JAX,
    _JAX.map(lambda array: array.astype(jnp.bfloat16)),
    st.builds(slice, st.none() | st.integers(), st.none() | st.integers()),
    st.integers(0, 2**31).map(jax.random.key),
    st.sampled_from([jax.nn.relu, jnp.tanh, np.dtype("float32")]),
)
_KEYS = st.one_of(st.text(), st.integers(), st.tuples(st.text(), st.integers()), st.none())
THINGS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(_KEYS, inner, max_size=3),
    ),
    max_leaves=8,
)


def _through_a_file(thing):
    with TemporaryDirectory() as folder:
        return sf.load(sf.save(thing, Path(folder) / "thing.suffice"))


def _assert_same(one, other):
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            _assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other):
            _assert_same(a, b)
    elif isinstance(one, jax.Array | np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape
        if jnp.issubdtype(one.dtype, jax.dtypes.prng_key):
            one, other = jax.random.key_data(one), jax.random.key_data(other)
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
    else:
        assert one == other or (one != one and other != other)


@_FEW
@given(THINGS)
def test_anything_comes_back(thing):
    _assert_same(_through_a_file(thing), thing)


@settings(_FEW, max_examples=6)
@given(st.integers(1, 4), st.integers(1, 3), st.sampled_from([jax.nn.relu, jax.nn.silu, jnp.tanh]), st.booleans())
def test_any_network_comes_back(n_in, n_out, activation, residual):
    network = sf.networks.MLP(n_in, n_out, width=4, depth=1, activation=activation, residual=residual, key=n_in)
    again, x = _through_a_file(network), jnp.linspace(-1, 1, n_in)
    assert jax.tree.structure(again) == jax.tree.structure(network)
    np.testing.assert_array_equal(again(x), network(x))

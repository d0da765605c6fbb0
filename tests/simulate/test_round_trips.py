"""Simulations of every type and shape are the same from every format, and from one to the next."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, HealthCheck, settings, strategies as st
from hypothesis.extra import numpy as hnp

import suffice as sf

_FEW = settings(
    max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
_TYPES = st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_, np.complex64])
_ENDINGS = st.sampled_from([".npz", ".zarr", ".h5", ".hdf5"])
_NAMES = st.text("abcxyzäλ _-()[]<>$.", min_size=1, max_size=6).filter(lambda name: name.strip(" .") == name)


@st.composite
def _simulations(draw):
    n, p = draw(st.integers(1, 7)), draw(st.integers(1, 3))

    def array():
        return draw(hnp.arrays(draw(_TYPES), (n, *draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3)))))

    theta = draw(hnp.arrays(draw(st.sampled_from([np.float32, np.float64])), (n, p)))
    names = draw(st.lists(_NAMES, min_size=1, max_size=2, unique=True))
    x = {name: array() for name in names} if draw(st.booleans()) else array()
    parameters = draw(st.lists(_NAMES, min_size=p, max_size=p, unique=True))
    return theta, x, tuple(parameters)


def _assert_same(one, other):
    assert one.names == other.names
    np.testing.assert_array_equal(one.status, other.status)
    left, right = one.load(), other.load()
    pairs = [(left.theta, right.theta)]
    pairs += [(left.x[k], right.x[k]) for k in left.x] if isinstance(left.x, dict) else [(left.x, right.x)]
    assert not isinstance(left.x, dict) or set(left.x) == set(right.x)
    for a, b in pairs:
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@_FEW
@given(_simulations(), _ENDINGS, _ENDINGS)
def test_from_format_to_format(made, first, second):
    theta, x, names = made
    sims = sf.Simulations(theta, x, names=names)
    with TemporaryDirectory() as folder:
        once = sf.load_simulations(sims.save(Path(folder) / f"a{first}"))
        _assert_same(once, sims)
        _assert_same(sf.load_simulations(once.save(Path(folder) / f"b{second}")), sims)
        assert {item.name for item in Path(folder).iterdir()} == {f"a{first}", f"b{second}"}

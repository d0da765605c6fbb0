"""Settings that every test shares; they must stand before JAX and matplotlib are first imported."""

import os
import tempfile

os.environ.setdefault("MPLBACKEND", "Agg")
# A compiled program is kept between runs: most of the time of a small test is compilation.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", os.path.join(tempfile.gettempdir(), "suffice-jax-cache"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

import pytest


@pytest.fixture
def unchecked():
    """Annotations are not checked, so that what a user without beartype is told can be seen."""
    from jaxtyping import config

    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)

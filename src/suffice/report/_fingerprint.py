"""A short text that changes when the content of its argument changes."""

import dataclasses
import hashlib
from typing import Any

import jax
import numpy as np


def fingerprint(content: Any) -> str:
    """Hexadecimal digest of nested tuples, dicts, dataclasses and arrays.

    >>> import numpy as np
    >>> fingerprint(("fit", np.arange(3))) == fingerprint(("fit", np.arange(3)))
    True
    >>> fingerprint(("fit", np.arange(3))) == fingerprint(("fit", np.arange(4)))
    False
    """
    digest = hashlib.sha256()
    _add(digest, content)
    return digest.hexdigest()[:32]


def _add(digest: Any, content: Any) -> None:
    digest.update(type(content).__name__.encode() + b"(")
    if isinstance(content, jax.Array) and jax.numpy.issubdtype(content.dtype, jax.dtypes.prng_key):
        content = jax.random.key_data(content)
    if isinstance(content, jax.Array | np.ndarray):
        array = np.asarray(content)
        digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    elif isinstance(content, dict):
        _add(digest, tuple(content.items()))
    elif isinstance(content, tuple | list):
        for item in content:
            _add(digest, item)
    elif dataclasses.is_dataclass(content) and not isinstance(content, type):
        for field in dataclasses.fields(content):
            _add(digest, getattr(content, field.name))
    elif callable(content):  # its repr holds an address, another one in every run
        digest.update(f"{content.__module__}.{content.__qualname__}".encode())
    else:
        digest.update(repr(content).encode())
    digest.update(b")")

"""From objects to a JSON tree with arrays beside it."""

import dataclasses
import importlib
import io
import math
import weakref
import zipfile
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd

from ._allowed import CONSTANT_HOME, FUNCTION_HOMES, public_name
from ._in_short import kind_of


class Encoder:
    """Walks an object once; arrays are collected and written beside the tree."""

    def __init__(self):
        self.arrays: list[np.ndarray] = []

    def encode(self, obj: Any, where: str) -> Any:
        """The JSON form of ``obj``; ``where`` names the part in errors."""
        for matches, encoder in _RULES:
            if matches(obj):
                return encoder(self, obj, where)
        raise TypeError(f"cannot save {where}: {kind_of(obj)} has no stored form")

    def keep(self, array: np.ndarray) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1

    def write_arrays(self, archive: zipfile.ZipFile) -> None:
        for i, array in enumerate(self.arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(f"arrays/{i}.npy", buffer.getvalue())


def _is_key(obj: Any) -> bool:
    return isinstance(obj, jax.Array) and jax.numpy.issubdtype(obj.dtype, jax.dtypes.prng_key)


def _encode_float(encoder: Encoder, obj: float, where: str) -> Any:
    return float(obj) if math.isfinite(obj) else {"$float": str(float(obj))}


def _encode_array(encoder: Encoder, obj: Any, where: str) -> Any:
    array = np.asarray(obj)
    if array.dtype == object:
        raise TypeError(f"cannot save {where}: an array of Python objects has no stored form")
    kind = "jax" if isinstance(obj, jax.Array) else "numpy"
    if array.dtype.kind == "V":  # bfloat16 and its kin are unknown to the npy format
        return {"$array": encoder.keep(array.astype(np.float32)), "kind": kind, "dtype": str(obj.dtype)}
    return {"$array": encoder.keep(array), "kind": kind}


def _encode_key(encoder: Encoder, obj: jax.Array, where: str) -> Any:
    return {"$key": encoder.keep(np.asarray(jax.random.key_data(obj))), "impl": str(jax.random.key_impl(obj))}


def _encode_dict(encoder: Encoder, obj: dict, where: str) -> Any:
    pairs = [[encoder.encode(k, f"{where} key"), encoder.encode(v, f"{where}[{k!r}]")] for k, v in obj.items()]
    return {"$dict": pairs}


def _encode_frame(encoder: Encoder, obj: pd.DataFrame, where: str) -> Any:
    columns = [[encoder.encode(c, where), encoder.encode(obj[c].tolist(), f"{where}.{c}")] for c in obj.columns]
    return {"$frame": columns}


def _encode_namedtuple(encoder: Encoder, obj: Any, where: str) -> Any:
    fields = {k: encoder.encode(v, f"{where}.{k}") for k, v in obj._asdict().items()}
    return {"$namedtuple": public_name(type(obj)), "fields": fields}


def _constant_name(obj: Any) -> str | None:
    """The name under which numpyro keeps this very object: its code compares constraints by identity."""
    if type(obj).__module__ != CONSTANT_HOME:
        return None
    known = vars(importlib.import_module(CONSTANT_HOME))
    return next((name for name, item in known.items() if item is obj), None)


def _encode_object(encoder: Encoder, obj: Any, where: str) -> Any:
    # Dataclasses (equinox modules among them) by their fields; numpyro's objects by what they hold.
    names = [f.name for f in dataclasses.fields(obj)] if dataclasses.is_dataclass(obj) else list(vars(obj))
    fields = {k: encoder.encode(getattr(obj, k), f"{where}.{k}") for k in names if k in vars(obj)}
    return {"$object": public_name(type(obj)), "fields": fields}


def _encode_callable(encoder: Encoder, obj: Callable, where: str) -> Any:
    for home in FUNCTION_HOMES:
        for name, item in vars(importlib.import_module(home)).items():
            if item is obj:
                return {"$function": f"{home}:{name}"}
    name = getattr(obj, "__qualname__", "")
    if not name or "<" in name:
        raise TypeError(
            f"cannot save {where}: {obj!r} is a lambda or a local function, which has no name to be found by; "
            "use a function of jax.nn or jax.numpy, or one defined at the top of a module of yours"
        )
    return {"$function": public_name(obj)}


def _is_library_object(obj: Any) -> bool:
    return dataclasses.is_dataclass(obj) or type(obj).__module__.split(".")[0] == "numpyro"


_RULES: tuple[tuple[Callable[[Any], bool], Callable[[Encoder, Any, str], Any]], ...] = (
    (lambda o: o is None or isinstance(o, bool | str), lambda e, o, w: o),
    (lambda o: isinstance(o, weakref.ref), lambda e, o, w: None),  # numpyro's transforms remember their inverses so
    (lambda o: isinstance(o, int), lambda e, o, w: int(o)),
    (lambda o: isinstance(o, float), _encode_float),
    (_is_key, _encode_key),
    (lambda o: isinstance(o, jax.Array | np.ndarray | np.generic), _encode_array),
    (
        lambda o: isinstance(o, jax.ShapeDtypeStruct),
        lambda e, o, w: {"$struct": list(o.shape), "dtype": str(o.dtype)},
    ),
    (
        lambda o: isinstance(o, slice),
        lambda e, o, w: {"$slice": [e.encode(v, w) for v in (o.start, o.stop, o.step)]},
    ),
    (lambda o: isinstance(o, np.dtype), lambda e, o, w: {"$dtype": str(o)}),
    (lambda o: isinstance(o, pd.DataFrame), _encode_frame),
    (lambda o: isinstance(o, tuple) and hasattr(o, "_asdict"), _encode_namedtuple),
    (
        lambda o: isinstance(o, tuple),
        lambda e, o, w: {"$tuple": [e.encode(v, f"{w}[{i}]") for i, v in enumerate(o)]},
    ),
    (lambda o: isinstance(o, list), lambda e, o, w: [e.encode(v, f"{w}[{i}]") for i, v in enumerate(o)]),
    (lambda o: isinstance(o, dict), _encode_dict),
    (lambda o: isinstance(o, type), lambda e, o, w: {"$class": public_name(o)}),
    (lambda o: _constant_name(o) is not None, lambda e, o, w: {"$constant": _constant_name(o)}),
    (_is_library_object, _encode_object),
    (callable, _encode_callable),
)

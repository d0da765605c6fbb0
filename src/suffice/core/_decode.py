"""From a JSON tree back to objects, from an allowed list of places only."""

import dataclasses
import importlib
import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ._encode import CLASS_HOMES, CONSTANT_HOME, FUNCTION_HOMES, public_name


class Decoder:
    """Rebuilds what an ``Encoder`` wrote."""

    def __init__(self, archive: zipfile.ZipFile, classes: Iterable[Any]):
        self._archive = archive
        self._given = {public_name(item): item for item in classes}

    def decode(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        for tag, rule in _RULES.items():
            if tag in node:
                return rule(self, node)
        raise ValueError(f"the file holds a node of an unknown kind: {sorted(node)}")

    def array(self, index: int) -> np.ndarray:
        data = self._archive.read(f"arrays/{int(index)}.npy")
        return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)

    def find(self, name: str) -> Any:
        """The class or function called ``module:name``, if it may be used."""
        if name in self._given:
            return self._given[name]
        module, _, attribute = str(name).partition(":")
        if module.split(".")[0] not in CLASS_HOMES:
            short = attribute or module
            raise ValueError(
                f"the file holds {name!r}, which is not part of suffice; pass it: load(path, classes=[{short}])"
            )
        item = vars(importlib.import_module(module)).get(attribute)
        if item is None:
            raise ValueError(f"the file holds {name!r}, which this version does not know")
        return item

    def find_class(self, name: str) -> type:
        item = self.find(name)
        safe = isinstance(item, type) and (
            dataclasses.is_dataclass(item) or issubclass(item, tuple) or item.__module__.split(".")[0] == "numpyro"
        )
        if not safe:
            raise ValueError(f"the file holds {name!r} as a class, but it is not one that can be stored")
        return item


def _array(decoder: Decoder, node: dict) -> Any:
    array = decoder.array(node["$array"])
    if node["kind"] == "numpy":
        return array
    return jnp.asarray(array, dtype=node.get("dtype", array.dtype))


def _object(decoder: Decoder, node: dict) -> Any:
    cls = decoder.find_class(node["$object"])
    obj = object.__new__(cls)
    for name, value in node["fields"].items():
        object.__setattr__(obj, name, decoder.decode(value))
    return obj


def _namedtuple(decoder: Decoder, node: dict) -> Any:
    cls: Any = decoder.find_class(node["$namedtuple"])
    return cls(**{name: decoder.decode(value) for name, value in node["fields"].items()})


def _function(decoder: Decoder, node: dict) -> Any:
    module, _, name = node["$function"].partition(":")
    item = getattr(importlib.import_module(module), name, None) if module in FUNCTION_HOMES else None
    item = item if item is not None else decoder.find(node["$function"])
    if not callable(item):
        raise ValueError(f"the file holds {node['$function']!r} as a function, but it is none")
    return item


_RULES: dict[str, Callable[[Decoder, dict], Any]] = {
    "$float": lambda d, n: float(n["$float"]),
    "$array": _array,
    "$key": lambda d, n: jax.random.wrap_key_data(jnp.asarray(d.array(n["$key"])), impl=n["impl"]),
    "$struct": lambda d, n: jax.ShapeDtypeStruct(tuple(n["$struct"]), n["dtype"]),
    "$slice": lambda d, n: slice(*(d.decode(v) for v in n["$slice"])),
    "$dtype": lambda d, n: np.dtype(n["$dtype"]),
    "$frame": lambda d, n: pd.DataFrame({d.decode(c): d.decode(v) for c, v in n["$frame"]}),
    "$namedtuple": _namedtuple,
    "$tuple": lambda d, n: tuple(d.decode(v) for v in n["$tuple"]),
    "$dict": lambda d, n: {d.decode(k): d.decode(v) for k, v in n["$dict"]},
    "$constant": lambda d, n: d.find(f"{CONSTANT_HOME}:{n['$constant']}"),
    "$class": lambda d, n: d.find_class(n["$class"]),
    "$object": _object,
    "$function": _function,
}

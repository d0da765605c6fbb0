"""From a JSON tree back to objects, from an allowed list of places only."""

import dataclasses
import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from ._allowed import Names, Refused
from ._npy import read_npy


class Decoder:
    """Rebuilds what an ``Encoder`` wrote."""

    def __init__(self, archive: zipfile.ZipFile, classes: Iterable[Any]):
        self._archive = archive
        self._read: set[int] = set()
        self.names = Names(classes)

    def decode(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        for tag, rule in _RULES.items():
            if tag in node:
                return rule(self, node)
        raise Refused(f"the file holds a node of an unknown kind: {sorted(node)}")

    def array(self, index: int) -> np.ndarray:
        # Every array is written once: one that is named again and again would fill the memory from a small file.
        if type(index) is not int or index in self._read:
            raise Refused(f"the file holds an array {str(index)[:20]!r} that is no number or named twice")
        self._read.add(index)
        data = stored(self._archive, f"arrays/{index}.npy")
        return read_npy(io.BytesIO(data), len(data))


def stored(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member as it lies in the file. Compressed ones are not ours, and can grow without bound."""
    item = archive.getinfo(name)
    if item.compress_type != zipfile.ZIP_STORED or item.file_size != item.compress_size:
        raise Refused(f"the file holds {name} compressed, which suffice never writes; it is not read")
    return archive.read(item)


def _array(decoder: Decoder, node: dict) -> Any:
    array = decoder.array(node["$array"])
    if node["kind"] == "numpy":
        return array
    return jnp.asarray(array, dtype=node.get("dtype", array.dtype))


def _frame(decoder: Decoder, node: dict) -> pd.DataFrame:
    columns = {decoder.decode(name): decoder.decode(values) for name, values in node["$frame"]}
    # pandas repeats a single number as often as the other columns are long: a small file could fill the memory.
    if any(not isinstance(values, list) for values in columns.values()) or len(set(map(len, columns.values()))) > 1:
        raise Refused("the file holds a table whose columns are no lists of one length")
    return pd.DataFrame(columns)


def _object(decoder: Decoder, node: dict) -> Any:
    """The object by its fields; no constructor and no `__setattr__` of its class runs."""
    cls = decoder.names.a_class(node["$object"])
    if dataclasses.is_dataclass(cls):
        _refuse_other_fields(node, {f.name for f in dataclasses.fields(cls)}, lambda name: hasattr(cls, name))
    obj = object.__new__(cls)
    for name, value in node["fields"].items():
        if name.startswith("__"):
            raise Refused(f"the file holds {node['$object']} with {name!r}, which is no field of it")
        object.__setattr__(obj, name, decoder.decode(value))
    return obj


def _namedtuple(decoder: Decoder, node: dict) -> Any:
    cls: Any = decoder.names.a_class(node["$namedtuple"])
    if not issubclass(cls, tuple):
        raise Refused(f"the file holds {node['$namedtuple']} as a named tuple, which it is not")
    kind: Any = cls
    names: tuple[str, ...] = kind._fields
    _refuse_other_fields(node, set(names))
    return tuple.__new__(cls, [decoder.decode(node["fields"][name]) for name in names])


def _refuse_other_fields(node: dict, known: set[str], may_be_left_out: Callable[[str], bool] = lambda _: False) -> None:
    name, there = node.get("$object") or node.get("$namedtuple"), set(node["fields"])
    if other := sorted(there - known):
        raise Refused(f"the file holds {name} with {other[0]!r}, a field that it does not have in this version")
    if missing := sorted(field for field in known - there if not may_be_left_out(field)):
        raise Refused(f"the file holds {name} without {missing[0]!r}, a field that it has in this version")


_RULES: dict[str, Callable[[Decoder, dict], Any]] = {
    "$float": lambda d, n: float(n["$float"]),
    "$array": _array,
    "$key": lambda d, n: jax.random.wrap_key_data(jnp.asarray(d.array(n["$key"])), impl=n["impl"]),
    "$struct": lambda d, n: jax.ShapeDtypeStruct(tuple(n["$struct"]), n["dtype"]),
    "$slice": lambda d, n: slice(*(d.decode(v) for v in n["$slice"])),
    "$dtype": lambda d, n: np.dtype(n["$dtype"]),
    "$frame": _frame,
    "$namedtuple": _namedtuple,
    "$tuple": lambda d, n: tuple(d.decode(v) for v in n["$tuple"]),
    "$dict": lambda d, n: {d.decode(k): d.decode(v) for k, v in n["$dict"]},
    "$constant": lambda d, n: d.names.a_constant(n["$constant"]),
    "$class": lambda d, n: d.names.a_class(n["$class"]),
    "$object": _object,
    "$function": lambda d, n: d.names.a_function(n["$function"]),
}

"""Parts of a network whose start depends on the training data.

Statistics for standardising and the linear start of a network come from the inputs that
reach them, wherever they stand inside a larger module. They are found by running the
module once per part on training rows and recording what arrives there.
"""

import abc
import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PyTree

M = TypeVar("M")
_MAX_NUMBERS = 2**27  # 512 MB of float32 recorded at most


class AbstractDataDependent(eqx.Module):
    """A part that is started from data: `fit` gets what reaches it, and returns the started part.

    To write one: hold a static `slot` (an int, `-1` at first) and a static `fitted`; begin
    `__call__` with `record(self.slot, x)`; return from `fit` a copy with `fitted=True`.
    """

    slot: eqx.AbstractVar[int]
    fitted: eqx.AbstractVar[bool]

    @abc.abstractmethod
    def fit(self, inputs: PyTree, theta: np.ndarray | None) -> "AbstractDataDependent":
        """Start from `inputs` (leading axis n) and, where known, the parameters `theta` `(n, p)`."""


_listening: list[tuple[int, list[Any]]] = []


def record(slot: int, x: PyTree) -> None:
    """Keep `x` if somebody listens to the part in this slot."""
    if _listening and _listening[-1][0] == slot and not _listening[-1][1]:
        _listening[-1][1].append(x)


@contextlib.contextmanager
def _listen(slot: int) -> Iterator[list[Any]]:
    heard: list[Any] = []
    _listening.append((slot, heard))
    try:
        yield heard
    finally:
        _listening.pop()


def _is_part(node: Any) -> bool:
    return isinstance(node, AbstractDataDependent)


def _parts(module: PyTree) -> list[Any]:
    return [node for node in jax.tree.leaves(module, is_leaf=_is_part) if _is_part(node)]


def _with_parts(module: M, new: list[Any]) -> M:
    parts = iter(new)
    return jax.tree.map(lambda node: next(parts) if _is_part(node) else node, module, is_leaf=_is_part)


def start_from_data(module: M, call: Callable[[M, PyTree], Any], x: PyTree, theta: np.ndarray | None = None) -> M:
    """Start every part of `module` that is not started yet.

    **Arguments:**

    - `module`: any Equinox module (or function, which has no such parts).
    - `call`: how the module is applied to one example: `lambda module, x: module(x)`.
    - `x`: training rows, leading axis n.
    - `theta`: their parameters `(n, p)`; without them, a linear start stays at zero.

    **Returns:** the module with its parts started, in the order in which they stand in it.
    """
    module = _with_parts(module, [altered(part, slot=i) for i, part in enumerate(_parts(module))])
    for slot, part in enumerate(_parts(module)):
        if part.fitted:
            continue
        inputs = _inputs_of(module, call, slot, x)
        if inputs is None:
            continue
        rows = len(jax.tree.leaves(inputs)[0])
        started = part.fit(inputs, None if theta is None else np.asarray(theta)[:rows])
        module = _with_parts(module, [started if i == slot else old for i, old in enumerate(_parts(module))])
    return module


def _inputs_of(module: M, call: Callable[[M, PyTree], Any], slot: int, x: PyTree) -> PyTree | None:
    def listen(one: PyTree) -> PyTree | None:
        with _listen(slot) as heard:
            call(module, one)
        return heard[0] if heard else None

    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), x)
    heard = eqx.filter_eval_shape(listen, one)
    if heard is None:
        return None
    n = jax.tree.leaves(x)[0].shape[0]
    rows = min(n, max(2, _MAX_NUMBERS // max(1, sum(leaf.size for leaf in jax.tree.leaves(heard)))))
    heard_rows = eqx.filter_jit(eqx.filter_vmap(listen))(jax.tree.map(lambda leaf: leaf[:rows], x))
    return jax.tree.map(np.asarray, heard_rows)


def altered(part: M, **changes: Any) -> M:
    """A copy of a module with some fields changed, the static ones included."""
    copy = object.__new__(type(part))
    for field in dataclasses.fields(part):  # type: ignore[arg-type]
        object.__setattr__(copy, field.name, changes.get(field.name, getattr(part, field.name)))
    return copy

"""Simulations with derivatives that are read while the step before them trains."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from .._source import AbstractSource, random_split, Split
from ._batch import AbstractTangents, Rows
from ._fiducial import Fiducial
from ._given import Augment, given, GivenTangents
from ._read import Reader
from ._shapes import refuse_non_finite

_MAX_VALID = 20_000


class StreamedTangents(AbstractTangents):
    """The source that `Tangents.generated` and `Tangents.stored` make.

    Each step sees `n` rows, `n_d` of them with derivatives, drawn without repetition until fewer are left: one
    segment of the epoch. A thread reads the next while one trains.
    """

    reader: Reader = eqx.field(static=True)
    width: np.ndarray | None
    at: Fiducial
    rows: np.ndarray
    augment: Augment | None
    preprocess: Callable[[Any], Any] | None
    total_d: int = eqx.field(static=True)
    n: int = eqx.field(static=True)
    n_d: int = eqx.field(static=True)

    @property
    def fiducial(self) -> Float[Array, " p"]:
        return jnp.asarray(self.at.theta, float)

    @property
    def names(self) -> tuple[str, ...]:
        return self.at.names

    @property
    def steps(self) -> int:
        return len(self._pieces(np.random.default_rng(0)))

    def plan(self, key: Array) -> PyTree:
        raise TypeError("streamed simulations are not traced: a fit takes their segments")

    def batch(self, plan: PyTree, index: Array | int, key: Array) -> PyTree:
        raise TypeError("streamed simulations are not traced: a fit takes their segments")

    def divide(self, valid: float, test: float, *, key: Array) -> tuple[AbstractSource, AbstractSource, Split]:
        share = min(valid, _MAX_VALID / len(self.rows))
        with_dx, without = (self.rows[self.rows < self.total_d], self.rows[self.rows >= self.total_d])
        split = random_split(with_dx, share, test, key=key)
        if len(without):
            others = random_split(without, share, test, key=key)
            split = Split(*(np.concatenate(parts) for parts in zip(split, others)))
        return self[split.train], self._read(split.valid, None), split

    def __getitem__(self, rows: Any) -> "StreamedTangents":
        """The source of some rows only."""
        rows = np.sort(np.asarray(rows))
        n_d = min(self.n_d, int((rows < self.total_d).sum()))
        n = min(self.n, n_d + int((rows >= self.total_d).sum()) if self.n > self.n_d else n_d)
        return replace(self, rows=rows, n=n, n_d=n_d)

    def sample(self, n: int, *, key: Array) -> Rows:
        rows = self.rows[self.rows < self.total_d]
        return self._read(rows[: min(n, self.n_d, len(rows))], None).sample(n, key=key)

    def segments(self, key: Array) -> Iterator[AbstractSource]:
        generator = np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel())
        pieces = self._pieces(generator)
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(self._read, pieces[0], self.augment)
            for following in [*pieces[1:], None]:
                segment = coming.result()
                if following is not None:
                    coming = reader.submit(self._read, following, self.augment)
                yield segment

    def everything(self) -> GivenTangents:
        """All rows, in memory."""
        return self._read(self.rows, None)

    def _pieces(self, generator: np.random.Generator) -> list[np.ndarray]:
        with_dx = generator.permutation(self.rows[self.rows < self.total_d])
        without = generator.permutation(self.rows[self.rows >= self.total_d])
        rest = self.n - self.n_d
        count = len(with_dx) // self.n_d if rest == 0 else min(len(with_dx) // self.n_d, len(without) // rest)
        parts = [(with_dx[i * self.n_d :][: self.n_d], without[i * rest :][:rest]) for i in range(max(1, count))]
        return [np.concatenate([np.sort(a), np.sort(b)]) for a, b in parts]

    def _read(self, rows: np.ndarray, augment: Augment | None) -> GivenTangents:
        x, dx = self.reader.x(rows), self.reader.dx(rows[rows < self.total_d])
        refuse_non_finite(x, dx, rows)
        return given(x, dx, self.width, self.at, augment=augment, preprocess=self.preprocess)

"""Simulations with their lower and upper neighbours in TFRecord files.

A TFRecord file is a row of records: length (8 bytes), its checksum (4), the record, its checksum (4); the record is a
`tf.train.Example`. Where each record begins is found once; then rows are read in any order.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ._read import Reader


class _Place(NamedTuple):
    path: Path
    start: int
    length: int


def _index(files: Sequence[str | Path]) -> list[_Place]:
    places = []
    for path in map(Path, files):
        size = path.stat().st_size
        with path.open("rb") as file:
            at = 0
            while at < size:
                file.seek(at)
                head = file.read(8)
                length = struct.unpack("<Q", head)[0] if len(head) == 8 else size
                if at + 16 + length > size:
                    raise ValueError(f"{path} is not a whole TFRecord file: it ends within the record at byte {at}")
                places.append(_Place(path, at + 12, length))
                at += 16 + length
    return places


class RecordReader(Reader):
    """Rows of TFRecord files.

    **Arguments:**

    - `x`: files of the simulations, one record each, in the order of their seeds.
    - `dx`: files of the lower and upper ones: for each seed the lower simulation of every parameter, then the upper.
    - `p`: number of parameters.
    - `shape`, `dtype`, `feature`: of one simulation, and the name under which a record holds it, as the bytes of the
      array or as a list of floats.
    """

    def __init__(
        self,
        x: Sequence[str | Path],
        dx: Sequence[str | Path],
        p: int,
        *,
        shape: Sequence[int],
        dtype: str = "float32",
        feature: str = "input",
    ):
        try:
            from tfrecord import example_pb2
        except ImportError as error:
            raise ImportError(
                "reading TFRecord files needs one more package: pip install 'suffice[tfrecord]'"
            ) from error
        module: Any = example_pb2
        self._example = module.Example
        self._x, self._dx, self._p = _index(x), _index(dx), p
        self._shape, self._dtype, self._feature = tuple(shape), np.dtype(dtype), feature
        if len(self._dx) % (2 * p):
            raise ValueError(
                f"dx holds {len(self._dx)} records, but each seed needs {2 * p}: a lower and an upper simulation of "
                f"each of {p} parameters"
            )

    @property
    def n_s(self) -> int:
        """How many simulations there are."""
        return len(self._x)

    @property
    def n_d(self) -> int:
        """How many of them have lower and upper neighbours."""
        return len(self._dx) // (2 * self._p)

    def x(self, rows: np.ndarray) -> np.ndarray:
        return np.stack([self._read(self._x[row]) for row in rows])

    def dx(self, rows: np.ndarray) -> np.ndarray:
        size = 2 * self._p
        pairs = np.stack([self._read(self._dx[i]) for row in rows for i in range(size * row, size * (row + 1))])
        return pairs.reshape(len(rows), 2, self._p, *self._shape)

    def _read(self, place: _Place) -> np.ndarray:
        with place.path.open("rb") as file:
            file.seek(place.start)
            example = self._example()
            try:
                example.ParseFromString(file.read(place.length))
            except Exception as error:  # of a class that each version of protobuf calls otherwise
                raise ValueError(f"a record of {place.path} is no tf.train.Example ({error})") from error
        features = example.features.feature
        if self._feature not in features:
            known = ", ".join(sorted(features)) or "none"
            raise ValueError(f"a record of {place.path} holds no feature {self._feature!r}; known: {known}")
        feature = features[self._feature]
        if feature.bytes_list.value:
            data = feature.bytes_list.value[0]
            if len(data) % self._dtype.itemsize:
                raise ValueError(f"a record of {place.path} holds {len(data)} bytes, no whole number of {self._dtype}")
            numbers = np.frombuffer(data, self._dtype)
        else:
            numbers = np.asarray(feature.float_list.value, self._dtype)
        if numbers.size != np.prod(self._shape):
            raise ValueError(
                f"a record of {place.path} holds {numbers.size} numbers, not an array of shape {self._shape}"
            )
        return numbers.reshape(self._shape)

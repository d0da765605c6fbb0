"""Zarr arrays whose decoders refuse chunks that would unpack to far more than the numbers in them."""

import copy
import dataclasses
import math
from typing import Any

import numcodecs.abc
import numpy as np
import zarr
from zarr.abc.codec import BytesBytesCodec
from zarr.codecs import ShardingCodec

from ._expansion import can_expand, refuse_expansion
from ._swollen import most_stored


def bounded(name: str, array: Any) -> Any:
    """The array `name` of a group, to be read."""
    asynchronous, metadata = array.async_array, copy.copy(array.metadata)
    if metadata.zarr_format == 3:
        object.__setattr__(metadata, "codecs", tuple(_of_format_3(name, one) for one in metadata.codecs))
    else:
        most = most_stored(array.chunks, np.dtype(array.dtype))
        object.__setattr__(metadata, "compressor", _of_format_2(name, metadata.compressor, most))
        filters = metadata.filters and tuple(_of_format_2(name, one, most) for one in metadata.filters)
        object.__setattr__(metadata, "filters", filters)
    store_path, config = asynchronous.store_path, asynchronous.config
    return zarr.Array(type(asynchronous)(metadata=metadata, store_path=store_path, config=config))


@dataclasses.dataclass(frozen=True)
class _Bounded(BytesBytesCodec):
    """A codec that looks at what it is given before it unpacks it."""

    array: str
    inner: Any
    is_fixed_size = False

    def evolve_from_array_spec(self, array_spec: Any) -> "_Bounded":
        return _Bounded(self.array, self.inner.evolve_from_array_spec(array_spec))

    def resolve_metadata(self, chunk_spec: Any) -> Any:
        return self.inner.resolve_metadata(chunk_spec)

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: Any) -> int:
        return self.inner.compute_encoded_size(input_byte_length, chunk_spec)

    def to_dict(self) -> Any:
        return self.inner.to_dict()

    async def _decode_single(self, chunk_data: Any, chunk_spec: Any) -> Any:
        most = most_stored(chunk_spec.shape, chunk_spec.dtype.to_native_dtype())
        if math.isfinite(most):
            refuse_expansion(self.array, _name_of(self.inner), memoryview(chunk_data.as_numpy_array()).cast("B"), most)
        return await self.inner._decode_single(chunk_data, chunk_spec)


class _BoundedNumcodec(numcodecs.abc.Codec):
    """The same of format 2."""

    def __init__(self, array: str, inner: Any, most: float):
        self._array, self._inner, self._most, self.codec_id = array, inner, most, inner.codec_id

    def encode(self, buf: Any) -> Any:
        return self._inner.encode(buf)

    def decode(self, buf: Any, out: Any = None) -> Any:
        refuse_expansion(self._array, self._inner.codec_id, memoryview(buf).cast("B"), self._most)
        return self._inner.decode(buf, out)

    def get_config(self) -> Any:
        return self._inner.get_config()


def _of_format_3(name: str, codec: Any) -> Any:
    if isinstance(codec, ShardingCodec):
        shards = copy.copy(codec)
        object.__setattr__(shards, "codecs", tuple(_of_format_3(name, one) for one in codec.codecs))
        return shards
    looked_at = isinstance(codec, BytesBytesCodec) and can_expand(_name_of(codec))
    return _Bounded(name, codec) if looked_at else codec


def _name_of(codec: Any) -> str:
    return codec.to_dict()["name"]


def _of_format_2(name: str, codec: Any, most: float) -> Any:
    looked_at = codec is not None and math.isfinite(most) and can_expand(codec.codec_id)
    return _BoundedNumcodec(name, codec, most) if looked_at else codec

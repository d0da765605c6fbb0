"""How many bytes a compressed chunk holds, found without unpacking more than it may.

Some compressors write down the size of what they packed, and their decoders go by it. The others only know at the end,
and a few MB may hold many GB: these are unpacked piece by piece and the pieces thrown away, up to a limit.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from ._swollen import refuse_swollen

_PIECE = 2**20
_HARMLESS = 2.0**26  # bytes that a stream may hold without being looked at
_DEFLATED = 1032  # bytes that one of a gzip or zlib stream may hold; of the others it is not known


def refuse_expansion(name: str, codec: str, data: memoryview, most: float) -> None:
    """`ValueError` for a chunk of the array `name` that would unpack to more than `most` bytes."""
    codec = codec.removeprefix("numcodecs.")
    if codec in _WRITTEN:
        refuse_swollen(name, _WRITTEN[codec](data), most, "unpacks to")
    elif codec in _STREAMS and not (codec in ("gzip", "zlib") and len(data) * _DEFLATED <= max(most, _HARMLESS)):
        refuse_swollen(name, _counted(_STREAMS[codec], data, max(most, _HARMLESS)), most, "unpacks to at least")


def can_expand(codec: str) -> bool:
    """Whether a codec is one of those that are looked at."""
    return codec.removeprefix("numcodecs.") in (*_WRITTEN, *_STREAMS)


def _counted(open_stream: Callable[[], Any], data: bytes | memoryview, most: float) -> int:
    """Bytes in all streams one after the other, or the first count beyond `most`; what is damaged ends the count."""
    count = 0
    while data:
        stream, given = open_stream(), data
        try:
            while not stream.eof and count <= most:
                piece = stream.decompress(given, _PIECE)
                count += len(piece)
                given = getattr(stream, "unconsumed_tail", b"")
                if not piece and not given:
                    return count  # truncated
        except (zlib.error, OSError, lzma.LZMAError, EOFError):
            return count
        if count > most:
            return count
        data = stream.unused_data
    return count


def _of_blosc(data: memoryview) -> int:
    return int.from_bytes(data[4:8], "little")


def _of_lz4(data: memoryview) -> int:
    return int.from_bytes(data[:4], "little")


def _of_zstd(data: memoryview) -> int:
    """The size that the header of a frame tells (RFC 8878, section 3.1.1.1); 0 where it tells none."""
    if len(data) < 5 or data[:4] != b"\x28\xb5\x2f\xfd":
        return 0
    descriptor = data[4]
    single, flag = descriptor >> 5 & 1, descriptor >> 6
    size = (single, 2, 4, 8)[flag]
    start = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
    return int.from_bytes(data[start : start + size], "little") + (256 if size == 2 else 0)


_WRITTEN: dict[str, Callable[[memoryview], int]] = {"blosc": _of_blosc, "lz4": _of_lz4, "zstd": _of_zstd}
_STREAMS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 32),
    "zlib": lambda: zlib.decompressobj(zlib.MAX_WBITS | 32),
    "bz2": bz2.BZ2Decompressor,
    "lzma": lzma.LZMADecompressor,
}

"""Ways of breaking a file: bytes, lines of a table, members of a zip, nodes of a tree, arrays of other types."""

import copy
import io
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, HealthCheck, settings, strategies as st
from hypothesis.extra import numpy as hnp

_TIMES = settings(
    deadline=None,  # a limit for each example is set by `bounded`, which a busy machine does not trip
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def few_and_many(check: Callable[..., None], *strategies: Any, few: int = 25, many: int = 1500) -> tuple[Any, Any]:
    """The same test twice: small, and marked slow with many examples."""
    small = settings(_TIMES, max_examples=few)(given(*strategies)(check))
    large = settings(_TIMES, max_examples=many, derandomize=False, print_blob=True)(given(*strategies)(check))
    return small, pytest.mark.slow(large)


_ODD = st.sampled_from(
    [b"\x00", b"\xff", b"\x00" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\n", b",", b'"', b"-", b"9" * 30]
)


@st.composite
def broken_bytes(draw: Any, data: bytes) -> bytes:
    """Flipped, cut, doubled, inserted or removed; a few times."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        end = min(len(found), at + draw(st.sampled_from([1, 2, 8, 64])))
        kind = draw(st.sampled_from(["flip", "insert", "remove", "double", "cut", "odd"]))
        if kind == "flip" and found:
            found[at] ^= draw(st.integers(1, 255))
        elif kind == "insert":
            found[at:at] = draw(st.binary(min_size=1, max_size=8))
        elif kind == "remove":
            del found[at:end]
        elif kind == "double":
            found[at:at] = found[at:end]
        elif kind == "cut":
            del found[at:]
        else:
            found[at : at + 1] = draw(_ODD)
    return bytes(found)


_CELLS = st.one_of(
    st.sampled_from(
        ["", "nan", "NaN", "inf", "-inf", "1e400", "-1e308", "9" * 40, "0x10", "١", "²", "True", "None", "\x00"]
    ),
    st.sampled_from(["2026-01-01", "<script>", "=1+1", "1,5", '"', "a\nb", "é", "💥", " ", "1e-400", "1_000"]),
    st.floats().map(str),
    st.integers().map(str),
    st.text(max_size=6),
)
_ENCODINGS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "cp500"]


@st.composite
def broken_table(draw: Any, text: str) -> bytes:
    """Lines swapped, doubled or removed, cells exchanged, other separators and encodings, no rows at all."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(draw(st.integers(0, 4))):
        i, j = (draw(st.integers(0, len(rows) - 1)) for _ in range(2))
        kind = draw(
            st.sampled_from(["swap", "double", "remove", "cell", "cell", "column", "ragged", "head", "no rows"])
        )
        if kind == "swap":
            rows[i], rows[j] = rows[j], rows[i]
        elif kind == "double":
            rows.insert(i, list(rows[j]))
        elif kind == "remove" and len(rows) > 1:
            del rows[i]
        elif kind == "cell" and rows[i]:
            rows[i][draw(st.integers(0, len(rows[i]) - 1))] = draw(_CELLS)
        elif kind == "column":
            at, cell = draw(st.integers(0, len(rows[i]))), draw(_CELLS)
            rows = [[*row[:at], cell, *row[at:]] for row in rows]
        elif kind == "ragged":
            rows[i] = [*rows[i], *draw(st.lists(_CELLS, max_size=3))]
        elif kind == "head":
            rows[0] = [draw(st.sampled_from(rows[0] or [""])) for _ in rows[0]]
        elif kind == "no rows":
            rows = rows[:1]
    separator = draw(st.sampled_from([",", ",", ",", ",", ";", "\t"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    whole = end.join(separator.join(row) for row in rows) + draw(st.sampled_from([end, ""]))
    data = whole.encode(draw(st.sampled_from(_ENCODINGS)), errors="replace")
    return draw(broken_bytes(data)) if draw(st.integers(0, 3)) == 0 else data


# What stands in a JSON tree in place of what was there; numbers claim sizes that no machine has.
_LEAVES = st.one_of(
    st.sampled_from([None, True, 0, -1, 1, 2, 10**12, 10**18, 2**63, 1e300, "", "x", "$object", "os:system", [], {}]),
    st.text(max_size=8),
    st.sampled_from(["float32", "<f8", "|O", "S5", "bytes", "default", "gzip", "../x", "/", "\x00", "c/0"]),
)
_KEYS = st.one_of(st.sampled_from(["$tuple", "$array", "$frame", "fields", "__class__"]), st.text(max_size=5))


@st.composite
def broken_tree(draw: Any, tree: Any) -> Any:
    """Nodes of a JSON tree replaced, removed, doubled or put elsewhere."""
    found = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(found))
        if not places:
            return found
        node, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(["replace", "replace", "remove", "rename", "graft"]))
        if kind == "remove":
            del node[key]
        elif kind == "rename" and isinstance(node, dict):
            node[draw(_KEYS)] = node.pop(key)
        elif kind == "graft":
            other, at = draw(st.sampled_from(places))
            there = at in other if isinstance(other, dict) else at < len(other)
            node[key] = copy.deepcopy(other[at]) if there else None
        else:
            node[key] = draw(_LEAVES)
    return found


def _places(node: Any) -> Any:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from _places(value)


_MEMBERS = st.sampled_from(
    ["../x.npy", "x", "theta.npy", "status.npy", "names.npy", "x/a/b.npy", ".npy", "é.npy", "tree.json"]
)


@st.composite
def broken_zip(draw: Any, data: bytes) -> bytes:
    """A whole zip, checksums and all, with broken members."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(item.filename, archive.read(item)) for item in archive.infolist()]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(members) - 1))
        name, content = members[at]
        kind = draw(st.sampled_from(["break", "break", "head", "rename", "remove", "double"]))
        if kind == "break":
            members[at] = name, draw(broken_bytes(content))
        elif kind == "head":
            members[at] = name, draw(broken_bytes(content[:128])) + content[128:]
        elif kind == "rename":
            members[at] = draw(_MEMBERS), content
        elif kind == "double":
            members.append((name, content))
        elif len(members) > 1:
            del members[at]
    buffer = io.BytesIO()
    compression = draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of two members of one name, which is one of the ways
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


DTYPES = st.one_of(
    hnp.scalar_dtypes(),
    st.just(np.dtype("O")),
    st.just(np.dtype([("a", "f4"), ("b", "i8")])),
    st.just(np.dtype("S3")),
    st.just(np.dtype("f2")),
)


@st.composite
def any_array(draw: Any, rows: int | None = None) -> np.ndarray:
    """Of any type and shape; with so many rows where asked for."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    if rows is not None:
        shape = (rows, *shape[1:])
    dtype = draw(DTYPES)
    if dtype.hasobject:
        return np.full(shape, None, object)
    return draw(hnp.arrays(dtype, shape)) if not dtype.fields else np.zeros(shape, dtype)

"""Write simulations chunk by chunk, so that memory follows the chunk."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ._reading import row_bytes
from ._simulations import Simulations
from ._zarr import create_zarr, FORMAT, MARK, stored_arrays

_PIECE = 32 * 2**20


def save_simulations(sims: Simulations, path: Path) -> Path:
    """Write under another name first; what was at `path` is replaced when all is written."""
    if path.suffix not in _WRITERS:
        raise ValueError(f"path must end in {', '.join(_WRITERS)}, but {path.name!r} came; choose a format")
    arrays = _arrays(sims)
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    _remove(partial)
    try:
        _WRITERS[path.suffix](partial, arrays, sims.names)
        if path.is_dir():
            _remove(path)
        partial.replace(path)
    finally:
        _remove(partial)
    return path


def _arrays(sims: Simulations) -> dict[str, Any]:
    stored_arrays(sims.example)
    data = {f"x/{name}": leaf for name, leaf in sims.x.items()} if isinstance(sims.x, dict) else {"x": sims.x}
    return {"theta": sims.theta, "status": sims.status, **data}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _pieces(leaf: Any) -> list[slice]:
    step = max(1, _PIECE // row_bytes(leaf))
    return [slice(start, min(start + step, leaf.shape[0])) for start in range(0, leaf.shape[0], step)]


def _write_npz(path: Path, arrays: dict[str, Any], names: tuple[str, ...]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, leaf in {**arrays, "names": np.array(names)}.items():
            dtype = np.dtype(leaf.dtype)
            header = {
                "descr": np.lib.format.dtype_to_descr(dtype),
                "fortran_order": False,
                "shape": tuple(leaf.shape),
            }
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, header)
                for rows in _pieces(leaf):
                    member.write(np.ascontiguousarray(leaf[rows]).tobytes())


def _write_zarr(path: Path, arrays: dict[str, Any], names: tuple[str, ...]) -> None:
    import zarr

    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.attrs.update({MARK: FORMAT, "names": list(names)})
    for name, leaf in arrays.items():
        rows = max(1, min(4096, leaf.shape[0]))
        stored = create_zarr(group, name, leaf.shape[0], tuple(leaf.shape[1:]), np.dtype(leaf.dtype), rows, 0)
        for piece in _aligned(leaf, stored.chunks[0]):
            stored[piece] = np.asarray(leaf[piece])


def _aligned(leaf: Any, chunk: int) -> list[slice]:
    """Pieces that end where chunks end, so that none is written twice."""
    step = max(1, _PIECE // (row_bytes(leaf) * chunk)) * chunk
    return [slice(start, min(start + step, leaf.shape[0])) for start in range(0, leaf.shape[0], step)]


def _write_hdf5(path: Path, arrays: dict[str, Any], names: tuple[str, ...]) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["names"] = list(names)
        for name, leaf in arrays.items():
            # A chunk of about 1 MB; an array without rows has none.
            rows = min(leaf.shape[0], max(1, 2**20 // row_bytes(leaf)))
            chunks = (rows, *leaf.shape[1:]) if rows and all(leaf.shape[1:]) else None
            stored = file.create_dataset(name, tuple(leaf.shape), np.dtype(leaf.dtype), chunks=chunks)
            for piece in _pieces(leaf):
                stored[piece] = np.asarray(leaf[piece])


_WRITERS: dict[str, Callable[[Path, dict[str, Any], tuple[str, ...]], None]] = {
    ".npz": _write_npz,
    ".zarr": _write_zarr,
    ".h5": _write_hdf5,
    ".hdf5": _write_hdf5,
}

"""Save any trained thing to one file, and load it without running code from that file.

The file is a zip of one JSON tree and plain ``.npy`` arrays. Classes and functions are
stored by name and looked up, when loading, in this package, in the libraries it is built
on, and among the classes that the caller names. Nothing is ever unpickled.
"""

import importlib.metadata
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ._allowed import Refused
from ._decode import Decoder, stored
from ._encode import Encoder
from ._in_short import in_short, listed
from ._regular_file import refuse_pipe

FORMAT = 1
_WRITERS = ("suffice", "jax", "equinox", "numpyro", "numpy")


class NewerFormat(ValueError):
    """A file is of a format that this version does not read."""


def _versions() -> dict[str, str]:
    versions = {}
    for name in _WRITERS:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "unknown"
    return versions


def save(obj: Any, path: str | Path) -> Path:
    """Write ``obj`` (a fit, a network, an objective, a posterior, a prior, ...) to ``path``.

    The file is written whole under another name and then moved into place, so a killed
    save leaves what was there before.

    **Raises:** `TypeError` when a part cannot be stored (a lambda, a local function),
    naming the part.

    >>> import tempfile, pathlib, jax.numpy as jnp
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.suffice"
    >>> _ = save({"weights": jnp.arange(3.0)}, path)
    >>> load(path)["weights"].tolist()
    [0.0, 1.0, 2.0]
    """
    path = Path(path)
    encoder = Encoder()
    tree = {"format": FORMAT, "versions": _versions(), "tree": encoder.encode(obj, "object")}
    text = json.dumps(tree, allow_nan=False)
    partial = path.with_name(path.name + ".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("tree.json", text)
            encoder.write_arrays(archive)
        partial.replace(path)
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error  # a full disk does not say whose file it is
    finally:
        partial.unlink(missing_ok=True)
    return path


def load(path: str | Path, classes: Iterable[type] = ()) -> Any:
    """Read what ``save`` wrote.

    **Arguments:**

    - `path`: the file, of any origin.
    - `classes`: your own classes (or functions) that the saved thing holds, such as a
      network of yours: ``sf.load("fit.suffice", classes=[MyNetwork])``. Their constructors
      are not called. A file can never make other code run.

    **Raises:** `FileNotFoundError`, or `ValueError` for a file that is not whole, not
    ours, or that names something unknown.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no file at {path}")
    refuse_pipe(path)
    try:
        with zipfile.ZipFile(path) as archive:
            tree = json.loads(stored(archive, "tree.json"))
            if tree.get("format") != FORMAT:
                found = listed([tree.get("format")])
                raise NewerFormat(f"{path} has format {found}; this version reads format {FORMAT}")
            return Decoder(archive, classes).decode(tree["tree"])
    except Refused as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from None
    except (NewerFormat, MemoryError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # what json, zipfile, NumPy and JAX say of bytes that suffice did not write
        raise ValueError(
            f"{path} is not a whole file written by suffice.save ({type(error).__name__}: {in_short(error)}); "
            "copy it again, or save again what it held"
        ) from error

"""Coverage-guided fuzzing of the readers: `python -m benchmarks.atheris_readers -max_total_time=600 CORPUS`.

The first byte of an input chooses a way in, the rest is the file. What a reader does other than read or refuse by a
sentence is written to `faults.json` beside the corpus, each place in the code once, and the run goes on.
"""

import contextlib
import functools
import io
import json
import os
import sys
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["suffice", "numpy.lib", "zipfile", "yaml", "zarr"]):
    import zipfile

    import yaml  # noqa: F401
    from tests.fuzz import seeds
    from tests.fuzz.readers import Hang, reads_or_refuses


Way = Callable[[Path, bytes], object]


def _plain(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _zip(member: str) -> Way:
    """The bytes as a member of a whole zip: a checksum would stop every change of them otherwise."""

    def write(path: Path, data: bytes) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, data)
            if member == "tree.json":
                archive.writestr("arrays/0.npy", _NPY)

    return write


def _store(place: str) -> Way:
    """The bytes as one file of a store whose others are as they should be."""

    def write(path: Path, data: bytes) -> None:
        for other, whole in _whole_store().items():
            (path / other).parent.mkdir(parents=True, exist_ok=True)
            (path / other).write_bytes(data if other == place else whole)

    return write


@functools.cache
def _whole_store() -> dict[str, bytes]:
    with TemporaryDirectory() as name:
        path = seeds.write("sims.zarr", Path(name))
        return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


_NPY = (
    b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }".ljust(127) + b"\n" + bytes(12)
)
# Ways in: the reader, how the bytes become what it is given, and, where they are a part of that, which.
WAYS: tuple[tuple[str, Way, str], ...] = (
    ("model.suffice", _plain, ""),
    ("model.suffice", _zip("tree.json"), "tree.json"),
    ("sims.npz", _plain, ""),
    ("sims.npz", _zip("theta.npy"), "theta.npy"),
    ("obs.npy", _plain, ""),
    ("obs.npz", _zip("x.npy"), "x.npy"),
    ("table.csv", _plain, ""),
    ("table.npz", _plain, ""),
    ("obs.csv", _plain, ""),
    ("tracks.csv", _plain, ""),
    ("options.yaml", _plain, ""),
    ("sims.h5", _plain, ""),
    ("obs.h5", _plain, ""),
    ("prior.yaml", _plain, ""),
    *(("sims.zarr", _store(place), place) for place in ("zarr.json", "theta/zarr.json", "theta/c/0/0")),
)


def write_corpus(folder: Path) -> None:
    """A valid file for every way in."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        for i, (reader, _, part) in enumerate(WAYS):
            if reader == "sims.zarr":
                data = _whole_store()[part]
            else:
                data = seeds.write(reader, Path(name)).read_bytes()
                if part:
                    with zipfile.ZipFile(io.BytesIO(data)) as archive:
                        data = archive.read(part)
            (folder / f"{i:02d}_{reader}").write_bytes(bytes([i]) + data)
        for program in ("andi", "trackmate"):
            (folder / f"tracks_{program}").write_bytes(bytes([9]) + seeds.tracks(program).encode())
        small = {"format": 1, "tree": {"$dict": [["a", {"$array": 0, "kind": "jax"}], ["b", {"$tuple": [1]}]]}}
        (folder / "tree").write_bytes(bytes([1]) + json.dumps(small).encode())


class Fuzzer:
    """Runs inputs, and keeps the first of each fault."""

    def __init__(self, kept: Path):
        self._kept, self._folder = kept, Path(TemporaryDirectory(dir=_memory()).name)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.faults: dict[str, dict[str, str]] = {}
        self.read = self.refused = 0

    def __call__(self, data: bytes) -> None:
        if not data:
            return
        reader, write, _ = WAYS[data[0] % len(WAYS)]
        path = self._folder / reader
        write(path, data[1:])
        try:
            if reads_or_refuses(reader, path):
                self.read += 1
            else:
                self.refused += 1
        except (Exception, Hang) as error:
            self._keep(reader, data, error)
        if (self.read + self.refused) % 1000 == 0:
            self._write()

    def _keep(self, reader: str, data: bytes, error: BaseException) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "suffice" in f.filename][-1]
        place = (
            f"{reader}: {type(error).__name__} at {Path(ours.filename).name}:{ours.lineno} ({Path(last.filename).name})"
        )
        if place not in self.faults:
            self.faults[place] = {"says": str(error)[:300], "input": data.hex()}
            self._write()

    def _write(self) -> None:
        found = {"read": self.read, "refused": self.refused, "faults": self.faults}
        self._kept.write_text(json.dumps(found, indent=1))


def _memory() -> str | None:
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def main() -> None:
    """Set up the corpus where there is none, and fuzz."""
    corpus = Path(next(argument for argument in sys.argv[1:] if not argument.startswith("-")))
    if not corpus.exists():
        write_corpus(corpus)
    warnings.simplefilter("ignore")
    fuzzer = Fuzzer(corpus.with_name(corpus.name + ".faults.json"))
    with contextlib.suppress(KeyboardInterrupt):
        atheris.Setup(sys.argv, fuzzer)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Model files made to do harm are refused by one sentence, and nothing that they name is run."""

import dataclasses
import json
import re
import sys
import zipfile

import numpy as np
import pytest

import suffice as sf
from suffice.core import read_npz

CALLED = []


@dataclasses.dataclass
class Hostile:
    """Every way in which making an object could run code of its class."""

    weight: np.ndarray

    def __new__(cls, *_):
        CALLED.append("new")
        return object.__new__(cls)

    def __post_init__(self):
        CALLED.append("post_init")

    def __setattr__(self, name, value):
        CALLED.append("setattr")


class HostileTuple(tuple):
    _fields = ("a",)
    __slots__ = ()

    def __new__(cls, *_, **__):
        CALLED.append("new")
        return tuple.__new__(cls)


@pytest.fixture
def crafted(tmp_path):
    """`crafted(tree)` writes a file of this tree; `arrays` are members as bytes."""

    def write(tree, arrays=(), compression=zipfile.ZIP_STORED):
        path = tmp_path / "crafted.suffice"
        with zipfile.ZipFile(path, "w", compression) as archive:
            text = tree if isinstance(tree, str) else json.dumps({"format": 1, "tree": tree})
            archive.writestr("tree.json", text)
            for i, data in enumerate(arrays):
                archive.writestr(f"arrays/{i}.npy", data)
        return path

    return write


def npy(shape, dtype="'<f8'", data=b""):
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def refusal(path, **settings):
    with pytest.raises(ValueError) as caught:
        sf.load(path, **settings)
    assert len(str(caught.value).splitlines()) == 1 and str(path) in str(caught.value)
    return str(caught.value)


ELSEWHERE = [
    "os:system",
    "builtins:eval",
    "builtins:object",
    "subprocess:Popen",
    "pathlib:Path",
    "sklearn.pipeline:Pipeline",  # a package that suffice needs, but holds nothing of
    "jax.experimental.io_callback:io_callback",
    "numpyro.contrib.tfp:distributions",
    "suffice.core._save:zipfile",  # what modules of suffice import
    "suffice.core._save:Path",
    "suffice.cli._main:main",
    "suffice.simulate._save:shutil",
    "suffice_evil:Thing",
    "suffice..core:Frozen",
    "suffice.core:Frozen.__init__",
    "suffice.nowhere:Frozen",
    "suffice.core:",
    ":eval",
    "",
    None,
    7,
    ["os:system"],
]


@pytest.mark.parametrize("name", ELSEWHERE, ids=str)
@pytest.mark.parametrize("tag", ["$object", "$function", "$class", "$namedtuple"])
def test_only_names_of_the_allowed_places_are_looked_up(crafted, name, tag):
    before = set(sys.modules)
    assert re.search("cannot be loaded: the file holds|not a whole file", refusal(crafted({tag: name, "fields": {}})))
    module = name.partition(":")[0] if isinstance(name, str) else ""
    assert module.startswith("suffice.") or module not in set(sys.modules) - before


GADGETS = [
    "jax.numpy:save",
    "jax.numpy:load",
    "jax.numpy:savez",
    "jax.numpy:fromfile",
    "suffice.core:save",
    "suffice.core._save:save",
    "suffice.simulate._save:_remove",
    "suffice.report:report",
    "equinox:tree_serialise_leaves",
]


@pytest.mark.parametrize("name", GADGETS)
def test_no_function_that_reaches_out_hides_in_a_model(crafted, tmp_path, name):
    """Loading calls nothing, but a model is called later: `Partial(save, ("path", ...))` would write then."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    call = {"func": {"$function": name}, "args": {"$tuple": [str(victim)]}, "keywords": {"$dict": []}}
    assert re.search(
        "cannot be loaded: the file holds", refusal(crafted({"$object": "equinox:Partial", "fields": call}))
    )
    assert victim.read_text() == "precious"


def test_constructors_of_given_classes_are_not_called(crafted, tmp_path):
    CALLED.clear()
    fields = {"weight": {"$array": 0, "kind": "numpy"}}
    name = f"{Hostile.__module__}:Hostile"
    found = sf.load(crafted({"$object": name, "fields": fields}, [npy("(1,)", data=bytes(8))]), classes=[Hostile])
    assert found.weight.tolist() == [0.0]
    tree = {"$namedtuple": f"{HostileTuple.__module__}:HostileTuple", "fields": {"a": 1}}
    assert tuple(sf.load(crafted(tree), classes=[HostileTuple])) == (1,)
    assert CALLED == []


def test_a_class_cannot_be_exchanged_or_given_other_fields(crafted):
    for name in ("__class__", "__dict__", "other"):
        assert re.search(
            "a field that it does not have", refusal(crafted({"$object": "suffice.core:Frozen", "fields": {name: 1}}))
        )
    tree = {"$object": "numpyro.distributions:Normal", "fields": {"__class__": {"$class": "suffice.core:Frozen"}}}
    assert re.search("no field of it", refusal(crafted(tree)))
    assert re.search("numpyro has none of this name|not part of suffice", refusal(crafted({"$constant": "_Interval"})))


def test_pickles_are_not_read(crafted, tmp_path):
    import pickle

    payload = pickle.dumps(print)
    assert re.search(
        "an array of Python objects", refusal(crafted({"$array": 0, "kind": "numpy"}, [npy("(1,)", "'|O'", payload)]))
    )
    np.savez(tmp_path / "objects.npz", a=np.array([None, print], dtype=object))
    with pytest.raises(ValueError, match="an array of Python objects"):
        read_npz(tmp_path / "objects.npz")


def test_a_number_is_not_repeated_along_a_table(crafted):
    """pandas would make a column of it for each row of the others."""
    for columns in ([["a", [1.0, 2.0]], ["b", 3.0]], [["a", [1.0, 2.0]], ["b", [1.0]]], [["a", "text"]]):
        assert "columns are no lists of one length" in refusal(crafted({"$frame": columns}))
    assert sf.load(crafted({"$frame": [["a", [1.0, 2.0]]]}))["a"].tolist() == [1.0, 2.0]


def test_very_many_rows_of_no_numbers_are_refused(crafted):
    assert "which holds no numbers" in refusal(crafted({"$array": 0, "kind": "numpy"}, [npy("(1000000000, 0)")]))
    assert sf.load(crafted({"$array": 0, "kind": "numpy"}, [npy("(0, 100000)")])).shape == (0, 100_000)


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(1000000, 1000000, 1000000)", "(-1,)", "(2,)", "'x'", "(1.5,)"])
def test_a_small_file_cannot_claim_a_large_array(crafted, shape):
    path = crafted({"$array": 0, "kind": "numpy"}, [npy(shape, data=bytes(8))])
    assert re.search("needs .* bytes, but 8 are there|no header of an array|not a whole file", refusal(path))


def test_arrays_that_are_named_again_and_again_are_refused(crafted):
    node = {"$array": 0, "kind": "numpy"}
    assert re.search("named twice", refusal(crafted([node] * 3, [npy("(1,)", data=bytes(8))])))


def test_deep_nests_are_refused(crafted):
    assert re.search("RecursionError", refusal(crafted('{"format": 1, "tree": ' + "[" * 100_000 + "]" * 100_000 + "}")))
    assert re.search(
        "RecursionError", refusal(crafted('{"format": 1, "tree": ' + '{"$tuple": [' * 900 + "]}" * 900 + "}"))
    )


def test_bombs_are_refused(crafted, tmp_path):
    bomb = crafted({"$array": 0, "kind": "numpy"}, [npy("(125000,)", data=bytes(10**6))], zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 5000
    assert re.search("compressed, which suffice never writes", refusal(bomb))
    # The same member named twice in the directory: a file of any size from a few bytes.
    np.savez(tmp_path / "many.npz", a=np.zeros(1000), b=np.zeros(1000))
    data = (tmp_path / "many.npz").read_bytes()
    at = data.index(b"PK\x01\x02")
    length = data.index(b"PK\x01\x02", at + 4) - at
    first = data[at : at + length]
    directory = b"".join(first.replace(b"a.npy", f"{letter}.npy".encode()) for letter in "abcd")
    end = bytearray(data[-22:])
    end[8:12] = (4).to_bytes(2, "little") * 2
    end[12:16] = len(directory).to_bytes(4, "little")
    (tmp_path / "many.npz").write_bytes(data[:at] + directory + end)
    with pytest.raises((ValueError, zipfile.BadZipFile), match=r"overlap|differ"):
        read_npz(tmp_path / "many.npz")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x"])
def test_members_stay_in_the_file(tmp_path, name):
    path = tmp_path / "sims.npz"
    np.savez(path, theta=np.zeros((3, 1)), x=np.zeros(3))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{name}.npy", npy("(1,)", data=bytes(8)))
    for reader in (read_npz, sf.load_simulations):
        with pytest.raises(ValueError, match="leaves the file"):
            reader(path)
    assert [item.name for item in tmp_path.iterdir()] == ["sims.npz"]

"""What was compiled stands on disk for the next program, unless the user says otherwise."""

import os
import subprocess
import sys
import time

from suffice.core import _compilation_cache

PROGRAM = """
import jax, suffice.core
jax.jit(lambda x: (x @ x.T).sum())(jax.numpy.ones((7, 7)))
print(jax.config.jax_compilation_cache_dir)
"""


def folder_of(**environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_COMP", "SUFFICE", "XDG"))}
    out = subprocess.run([sys.executable, "-c", PROGRAM], env=kept | environment, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return out.stdout.strip()


def test_it_is_kept_in_the_users_cache(tmp_path):
    assert folder_of(XDG_CACHE_HOME=str(tmp_path)) == str(tmp_path / "suffice" / "jax")
    assert list((tmp_path / "suffice" / "jax").iterdir())


def test_it_is_left_off_or_put_elsewhere(tmp_path):
    assert folder_of(XDG_CACHE_HOME=str(tmp_path), SUFFICE_CACHE="off") == "None" and not list(tmp_path.iterdir())
    assert folder_of(SUFFICE_CACHE=str(tmp_path / "mine")) == str(tmp_path / "mine")
    assert folder_of(JAX_COMPILATION_CACHE_DIR=str(tmp_path / "jax")) == str(tmp_path / "jax")


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert folder_of(SUFFICE_CACHE=str(tmp_path / "file")) == "None"
    assert folder_of(SUFFICE_CACHE="~no_such_user/cache") == "None"


def test_a_file_in_its_place_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_COMP")}
    environment["SUFFICE_CACHE"] = str(tmp_path / "file")
    told = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert told.returncode == 0 and "cannot be a folder" in told.stderr


def program(i):
    return f"jit_{i}-{i:064x}-cache"


def test_a_folder_that_is_too_large_is_halved_once_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr(_compilation_cache, "_MOST", 1000)
    now = time.time()
    for i in range(12):  # the first was read last
        (tmp_path / program(i)).write_bytes(bytes(100))
        os.utime(tmp_path / program(i), (now - 1000 - i, now - 5000))
    (tmp_path / "mine-cache").write_bytes(bytes(5000))
    _compilation_cache._make_room(tmp_path)
    left = {"mine-cache", ".looked", *(program(i) for i in range(5))}
    assert {path.name for path in tmp_path.iterdir()} == left
    (tmp_path / program(9)).write_bytes(bytes(2000))
    _compilation_cache._make_room(tmp_path)
    assert (tmp_path / program(9)).exists()  # not again today
    os.utime(tmp_path / ".looked", (now - 90_000, now - 90_000))
    _compilation_cache._make_room(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.glob("jit*-cache")) <= 500

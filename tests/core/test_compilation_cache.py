"""What was compiled stands on disk for the next program, unless the user says otherwise."""

import os
import subprocess
import sys

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

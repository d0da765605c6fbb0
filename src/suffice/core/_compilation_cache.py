"""What was compiled once stands on disk for the next program: JAX's persistent compilation cache, on by default.

`SUFFICE_CACHE=off` in the environment leaves it off; `SUFFICE_CACHE=FOLDER` puts it elsewhere than
`~/.cache/suffice/jax`. A cache that was chosen through JAX itself stays as it is. The folder may be deleted; once it
holds more than two gigabytes, what was not read for longest is.
"""

import contextlib
import os
import re
import time
from pathlib import Path

import jax

from ._warn import warn

_SECONDS = 0.0  # also what compiles quickly: a first call compiles dozens of such
_MOST = 2 * 10**9  # bytes
_PROGRAM = re.compile(r"-[0-9a-f]{64}-cache$")  # as JAX names what it keeps
_DAY = 86_400  # seconds between looks at how large the folder is


def keep_compiled() -> Path | None:
    """Turn the cache on unless told otherwise; its folder, or None where it is off or cannot be written."""
    wanted = os.environ.get("SUFFICE_CACHE", "").strip()
    if wanted.lower() in ("off", "0", "no", "false") or getattr(jax.config, "jax_compilation_cache_dir", None):
        return None
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = Path(wanted).expanduser().absolute() if wanted else home / "suffice" / "jax"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a user without a home
        if wanted:
            warn(f"SUFFICE_CACHE={wanted} cannot be a folder ({error}); what is compiled is not kept")
        return None
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    with contextlib.suppress(OSError):  # of another program that does the same, say
        _make_room(folder)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", _SECONDS)
    return folder


def _make_room(folder: Path) -> None:
    """Once a day, halve a folder that has grown too large: JAX's own limit looks at all of it at every program.

    Only what is named as JAX names its programs is deleted: the folder may hold other things.
    """
    looked, now = folder / ".looked", time.time()
    if looked.exists() and 0 <= now - looked.stat().st_mtime < _DAY:
        return
    looked.touch()
    programs = [(entry, entry.stat()) for entry in os.scandir(folder) if _PROGRAM.search(entry.name)]
    total = sum(told.st_size for _, told in programs)
    if total <= _MOST:
        return
    for entry, told in sorted(programs, key=lambda program: max(program[1].st_atime, program[1].st_mtime)):
        if total <= _MOST // 2:
            return
        os.unlink(entry.path)
        total -= told.st_size

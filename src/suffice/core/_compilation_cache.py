"""What was compiled once stands on disk for the next program: JAX's persistent compilation cache, on by default.

`SUFFICE_CACHE=off` in the environment leaves it off; `SUFFICE_CACHE=FOLDER` puts it elsewhere than
`~/.cache/suffice/jax`. A cache that was chosen through JAX itself stays as it is. The folder may be deleted.
"""

import os
from pathlib import Path

import jax

_SECONDS = 0.0  # also what compiles quickly: a first call compiles dozens of such


def keep_compiled() -> Path | None:
    """Turn the cache on unless told otherwise; its folder, or None where it is off or cannot be written."""
    wanted = os.environ.get("SUFFICE_CACHE", "")
    if wanted.lower() in ("off", "0", "no", "false") or getattr(jax.config, "jax_compilation_cache_dir", None):
        return None
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = Path(wanted).expanduser() if wanted else home / "suffice" / "jax"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", _SECONDS)
    return folder

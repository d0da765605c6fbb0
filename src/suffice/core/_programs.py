"""Compiled programs are let go before a process has no room for more.

Each program that XLA has compiled maps pages of its own, and Linux gives a process 65,530 mappings unless told
otherwise (vm.max_map_count). Past them compiling ends the process by a segmentation fault: a day in one notebook, or a
few hundred fits of different shapes, is enough.
"""

import gc

import jax

_MOST = 30_000  # mappings; one fit with its posterior and its checks needs a few thousand more


def let_programs_go(most: int = _MOST) -> bool:
    """Whether there were more than `most` mappings, so that JAX forgot what it had compiled.

    What is needed again is compiled again, or read from the cache on disk.
    """
    if _mappings() <= most:
        return False
    jax.clear_caches()
    gc.collect()
    return True


def _mappings() -> int:
    try:
        with open("/proc/self/maps", "rb") as mappings:
            return sum(1 for _ in mappings)
    except OSError:  # no such file where there is no such limit
        return 0

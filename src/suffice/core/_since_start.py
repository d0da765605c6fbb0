"""How long this program has been running, what came before its first line included."""

import os
import time
from pathlib import Path

_IMPORTED = time.perf_counter()


def since_start() -> float:
    """Seconds since the process started; where the system does not say, since suffice was imported.

    >>> 0 < since_start() < since_start()
    True
    """
    try:
        # Field 22: the start in ticks after the machine's; the name before it may hold spaces.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return time.perf_counter() - _IMPORTED

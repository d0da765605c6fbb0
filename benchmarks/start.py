"""`suffice demo` twice: seconds from the start of the program to its first epoch, without and with what was compiled.

    python -m benchmarks.start [--repeats 3]

The first of a pair begins with an empty compilation cache, the second with what the first left there; both write to
an empty folder. To reach: the second at least twice as fast, in wall seconds and in CPU seconds.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import measure, results

FASTER = 2.0


class Start(NamedTuple):
    """From the start of the program to the first epoch."""

    wall: float
    cpu: float


def once(cache: Path) -> Start:
    """One demo, ended when it has had its first epoch."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        present = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
        child = subprocess.Popen(
            [sys.executable, "-m", "suffice", "demo", "--out", str(out)],
            cwd=measure.ROOT,
            env=present | {"SUFFICE_CACHE": str(cache), "PYTHONPATH": str(measure.ROOT / "src")},
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        told = out / "start.json"
        while not told.exists():
            if child.poll() is not None:
                raise SystemExit("the demo ended before its first epoch")
            time.sleep(0.005)
        found = json.loads(told.read_text())
        child.send_signal(signal.SIGKILL)
        os.wait4(child.pid, 0)
        return Start(found["first_epoch_after"], found["cpu"])


def main() -> None:
    """Run pairs, write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    rows, faster = [], []
    for i in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            first, second = once(Path(cache)), once(Path(cache))
        faster += [first.wall / second.wall, first.cpu / second.cpu]
        rows.append([str(i + 1), *(f"{v:.1f}" for v in (*first, *second)), *(f"{v:.2f}" for v in faster[-2:])])
    head = ["pair", "first: wall s", "CPU s", "second: wall s", "CPU s", "wall, times faster", "CPU, times faster"]
    told = results.table(head, rows)
    told += (
        f"\n\nTo reach: the second {FASTER:.0f} times as fast in each pair, {results.verdict(min(faster) >= FASTER)}."
    )
    results.write("start", f"python -m benchmarks.start --repeats {repeats}", told)


if __name__ == "__main__":
    main()

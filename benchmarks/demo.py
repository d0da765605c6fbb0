"""`suffice demo`, cold: wall and CPU seconds, peak memory.

    python -m benchmarks.demo [--repeats 1]

A fresh process without any cache of compiled code, writing to an empty folder. To reach, on two cores: under
60 s and under 1.5 GB.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks import measure, results

SECONDS, GIGABYTES = 60.0, 1.5


def once() -> measure.Took:
    """One demo; fails when it leaves no page."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        run = "import sys; from suffice.cli import main; sys.exit(main(sys.argv[1:]))"
        took = measure.fresh(["python", "-c", run, "demo", "--out", str(out)])
        if not (out / "report.html").exists():
            raise SystemExit("the demo wrote no report.html")
        return took


def main() -> None:
    """Run, write the section with the slowest run."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--repeats", type=int, default=1)
    repeats = parser.parse_args().repeats
    runs = [once() for _ in range(repeats)]
    rows = [[str(i + 1), f"{r.wall:.1f}", f"{r.cpu:.1f}", f"{r.gigabytes:.2f}"] for i, r in enumerate(runs)]
    reached = max(r.wall for r in runs) < SECONDS and max(r.gigabytes for r in runs) < GIGABYTES
    told = results.table(["run", "wall s", "CPU s", "peak GB"], rows)
    told += f"\n\nTo reach on two cores: {SECONDS:.0f} s and {GIGABYTES} GB, {results.verdict(reached)}."
    results.write("demo", f"python -m benchmarks.demo --repeats {repeats}", told)


if __name__ == "__main__":
    main()

"""Ten minutes of coverage-guided fuzzing of every reader by atheris: executions, coverage, faults.

python -m benchmarks run fuzz --peers
python -m benchmarks.fuzz [--minutes 10] [--keep FOLDER] [--python PYTHON]     # one that has suffice and atheris
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import results

_ROOT = Path(__file__).parents[1]


def run(minutes: float, keep: Path, python: str) -> dict[str, Any]:
    """Fuzz in a process of its own; what libFuzzer and the harness say."""
    corpus = keep / "corpus"
    earlier = _earlier(keep)
    arguments = [f"-max_total_time={int(60 * minutes)}", "-print_final_stats=1", "-max_len=16384", "-timeout=60"]
    arguments += ["-rss_limit_mb=6000", f"-artifact_prefix={keep}/", str(corpus)]
    command = [python, "-W", "ignore", "-m", "benchmarks.atheris_readers", *arguments]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    (keep / "log.txt").write_text(done.stderr)
    found = json.loads((keep / "corpus.faults.json").read_text())
    first, *_, last = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    return found | {
        "earlier": earlier,
        "status": done.returncode,
        "executed": int(re.findall(r"number_of_executed_units: *(\d+)", done.stderr)[-1]),
        "edges": (int(first[0]), int(last[0])),
        "kept": int(last[2]),
        "memory": int(re.findall(r"peak_rss_mb: *(\d+)", done.stderr)[-1]),
    }


def _earlier(keep: Path) -> int:
    """Inputs that made faults in runs before, put into the corpus so that they are run first; how many."""
    kept, faults = keep / "faults", keep / "corpus.faults.json"
    kept.mkdir(exist_ok=True)
    if faults.exists():
        for fault in json.loads(faults.read_text())["faults"].values():
            data = bytes.fromhex(fault["input"])
            (kept / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
            (keep / "corpus" / f"fault_{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
        faults.unlink()
    return len(list(kept.iterdir()))


def body(found: dict[str, Any], minutes: float) -> str:
    """The section."""
    counted = found["read"] + found["refused"]  # told after every thousand, for the process ends without a word
    rows = [
        ["minutes", f"{minutes:g}"],
        ["inputs run", f"{found['executed']:,}"],
        ["inputs that reach new code, kept", f"{found['kept']:,}"],
        ["edges of code reached, with the valid files alone and at the end", " → ".join(map(str, found["edges"]))],
        [f"of the first {counted:,}: read, refused by a sentence", f"{found['read']:,}, {found['refused']:,}"],
        ["inputs that made a fault in runs before, run again", str(found["earlier"])],
        ["faults (a traceback, a hang over 20 s, a crash)", str(len(found["faults"]) + (found["status"] != 0))],
        ["peak memory, MB", f"{found['memory']:,}"],
    ]
    faults = [f"- `{place}`: {fault['says'][:120]}" for place, fault in found["faults"].items()]
    told = (
        "Coverage-guided fuzzing (atheris 3, libFuzzer) of what reads files of others: model files and checkpoints, "
        "simulations and observations in npz, npy, HDF5 and Zarr, tables, tracks, options and priors in YAML; edges "
        "are those of suffice, of numpy.lib, zipfile, yaml and zarr. A fault is anything but a file that is read or "
        "one sentence that refuses it."
    )
    return "\n".join([told, "", results.table(["", ""], rows), *([""] if faults else []), *faults])


def main() -> None:
    """Run, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--keep", type=Path, help="folder for the corpus and the log; one that is thrown away unless told"
    )
    parser.add_argument("--python", default=sys.executable, help="that runs it")
    options = parser.parse_args()
    if subprocess.run([options.python, "-c", "import atheris"], capture_output=True).returncode:
        raise SystemExit("atheris is not installed there: python -m benchmarks run fuzz --peers")
    with tempfile.TemporaryDirectory() as folder:
        keep = options.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        found = run(options.minutes, keep, options.python)
    command = f"python -m benchmarks.fuzz --minutes {options.minutes:g}"
    results.write("fuzz", command, body(found, options.minutes), "h5py", "pandas", "pyyaml")


if __name__ == "__main__":
    main()

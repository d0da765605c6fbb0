"""The benchmark "Beyond Normal" (Czyż et al., NeurIPS 2023, arXiv:2306.11078): 40 tasks of 10,000 rows, `auto`.

    python -m benchmarks run beyond_normal --peers

An estimate is right when it lies within 0.1 nats or a tenth of the truth; it claims too much when its lower 95 % limit
lies above. With more seeds in SAMPLES, that is counted over all of them. What each run found is kept beside its sample,
by the version of the source, so that an interrupted benchmark goes on.
"""

import argparse
import hashlib
import json
import warnings
from pathlib import Path

import jax
import numpy as np

import suffice as sf
from benchmarks import results
from benchmarks.measure import cpu, fresh


def one(path: Path) -> dict[str, float | str]:
    """One task and seed."""
    data = np.load(path)
    before = cpu()
    found = sf.estimate_mi(data["x"], data["y"], key=0, progress=False)
    seconds = cpu() - before
    table = found.details.table.set_index("estimate")["value"]
    name, _, seed = path.stem.rpartition("-")
    numbers = {"truth": float(data["mutual_information"]), "value": found.value, "low": found.low, "high": found.high}
    others = {other: float(table.get(other, np.nan)) for other in ("gaussian", "ksg")}
    return {"task": name, "seed": seed, "cpu": seconds} | numbers | others


def kept(path: Path) -> dict[str, float | str]:
    """What `one` found, measured anew only where this version of the source has not measured it."""
    record = path.with_suffix(f".{source_version()}.json")
    if not record.exists():
        record.write_text(json.dumps(one(path)))
    return json.loads(record.read_text())


def source_version() -> str:
    """A digest of the package's source."""
    digest = hashlib.sha256()
    for file in sorted(Path(sf.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, help="folder of samples, filled by the peer if there are none")
    parser.add_argument("--peer", help="Python of the environment of benchmark-mi, which makes the samples")
    parser.add_argument("--seeds", type=int, default=1, help="samples of each task that the peer makes")
    parser.add_argument("--tasks", nargs="*", help="which tasks the peer makes samples of; all unless told")
    parser.add_argument("--section", default="beyond_normal")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if args.peer and not list(args.samples.glob("*.npz")):
        chosen = ["--tasks", *args.tasks] if args.tasks else []
        fresh([args.peer, "benchmarks/bmi_samples.py", str(args.samples), "--seeds", str(args.seeds), *chosen])
    runs = []
    for path in sorted(args.samples.glob("*.npz")):
        if runs and not path.stem.startswith(f"{runs[-1]['task']}-"):
            jax.clear_caches()  # each task pays for its own compiling, as a user's would
        runs.append(kept(path))
        print("{task} {seed}: {value:.3f} of {truth:.3f}, {cpu:.0f} s".format(**runs[-1]), flush=True)
    right = [abs(run["value"] - run["truth"]) <= max(0.1, 0.1 * run["truth"]) for run in runs]
    over = [run["low"] > run["truth"] for run in runs]
    first = [run for run in runs if run["seed"] == runs[0]["seed"]]
    rows = []
    for run in first:
        others = ["" if np.isnan(run[name]) else f"{run[name]:.2f}" for name in ("gaussian", "ksg")]
        interval = f"{run['low']:.3f} to {run['high']:.3f}"
        rows.append([run["task"], f"{run['truth']:.3f}", f"{run['value']:.3f}", interval, *others, f"{run['cpu']:.0f}"])
    minutes = sum(run["cpu"] for run in runs) / 60
    told = (
        f"{len(runs)} estimates: {sum(right)} right; the lower limit lies above the truth in {sum(over)} "
        f"({100 * (1 - np.mean(over)):.1f} % do not claim too much). {minutes:.1f} CPU minutes in all."
    )
    if len(runs) == 40:
        verdicts = [results.verdict(sum(right) >= 34), results.verdict(not any(over)), results.verdict(minutes < 40)]
        told += f" To reach: 34 right, {verdicts[0]}; no claim too high, {verdicts[1]}; 40 minutes, {verdicts[2]}."
    head = ["task", "truth", "auto", "95 % interval of this lower bound", "Gaussian copula", "KSG", "CPU s"]
    command = f"python -m benchmarks.beyond_normal SAMPLES --section {args.section}"
    results.write(args.section, command, results.table(head, rows) + "\n\n" + told)


if __name__ == "__main__":
    main()

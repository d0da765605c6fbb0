"""Real data: marginals of the lynx and hare from simulations alone, beside the reference posterior.

    python -m benchmarks.lynx_hare

Runs `examples/lynx_hare.py` (truncation rounds on the Lotka-Volterra simulator; no likelihood) and compares
with `references/lynx_hare.json`. To reach: every mean within 0.3 reference standard deviations, every
standard deviation within 20 %.
"""

import argparse
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import measure, results

REFERENCE = Path(__file__).parent / "references" / "lynx_hare.json"
MEAN_OFF, WIDTH_OFF = 0.3, 0.2


def example() -> ModuleType:
    """The example script as a module."""
    path = measure.ROOT / "examples" / "lynx_hare.py"
    spec = importlib.util.spec_from_file_location("lynx_hare_example", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def infer(seed: int) -> dict[str, Any]:
    """Mean and standard deviation of each parameter, and what it took."""
    found = example().infer(key=seed)
    posterior = found.posterior
    return {
        "names": list(posterior.names),
        "mean": np.asarray(posterior.mean).tolist(),
        "std": np.asarray(posterior.std).tolist(),
        "simulations": int(found.simulated),
        "rounds": found.rounds,
    }


def body(runs: list[measure.Took]) -> str:
    """The section's text."""
    reference = json.loads(REFERENCE.read_text())["parameters"]
    rows, reached, found = [], True, [run.last for run in runs]
    for i, name in enumerate(found[0]["names"]):
        exact = reference[name]
        off = [(run["mean"][i] - exact["mean"]) / exact["std"] for run in found]
        width = [run["std"][i] / exact["std"] for run in found]
        reached &= max(map(abs, off)) <= MEAN_OFF and max(abs(w - 1) for w in width) <= WIDTH_OFF
        listed = [", ".join(f"{v:+.2f}" for v in off), ", ".join(f"{w:.2f}" for w in width)]
        rows.append([name, f"{exact['mean']:.4f} ± {exact['std']:.4f}", *listed])
    told = [results.table(["", "NUTS", "mean off, in reference std", "std over reference std"], rows)]
    took = "; ".join(
        f"{run.last['simulations']:,} simulations in {run.last['rounds']} rounds, {run.cpu:.0f} CPU s, "
        f"{run.wall:.0f} s, {run.gigabytes:.2f} GB"
        for run in runs
    )
    told.append(f"One figure a seed. {took}.")
    told.append(f"To reach: means within 0.3 std, widths within 20 %, {results.verdict(reached)}.")
    return "\n\n".join(told)


def main() -> None:
    """One fresh process a seed; write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--one", type=int, help="only this seed, in this process")
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(infer(args.one)))
        return
    runs = [measure.fresh(["python", "-m", "benchmarks.lynx_hare", "--one", str(seed)]) for seed in range(args.seeds)]
    results.write("lynx_hare", f"python -m benchmarks.lynx_hare --seeds {args.seeds}", body(runs))


if __name__ == "__main__":
    main()

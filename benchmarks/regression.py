"""Accuracy and time on the linear regression, in alternation with swyft: numbers for RESULTS.md.

    python -m benchmarks run regression --peers

Ours, theirs, ours, theirs: one fresh process a seed, the same 10,000 simulations for both, judged on the same
100 observations against the exact marginals and on the same held-out pairs. Without a peer only suffice runs.
As a module of its own (`python -m benchmarks.regression --peer PYTHON`), `--peer-seeds` gives the peer fewer seeds than
`--seeds`; `--peer-args` passes settings to the peer, such as `--peer-args="--threads 1"`.
"""

import argparse
import json
import shlex
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import trapezoid

from benchmarks import measure, regression_problem as problem, results

LIMITS = {"bias": 0.12, "divergence": 0.015, "loss": -3.14}
WIDTH = (0.97, 1.03)


def run(program: str, module: str, seed: int, folder: Path, more: list[str]) -> dict[str, Any]:
    """One seed in a fresh process: what it found and what it took."""
    out = folder / f"{module}-{seed}.npz"
    took = measure.fresh([program, "-m", f"benchmarks.{module}", "--seed", str(seed), "--out", str(out), *more])
    with np.load(out) as found:
        arrays = {name: found[name] for name in found.files}
    whole = {"whole_cpu": took.cpu, "whole_wall": took.wall, "whole_gigabytes": took.gigabytes}
    return judge(arrays) | json.loads(str(arrays["about"])) | whole


def judge(found: dict[str, np.ndarray]) -> dict[str, Any]:
    """Compare one fit's densities with the exact ones, and its held-out loss; keep its coverage."""
    exact = problem.Exact().grid_densities(problem.observations()[1])
    if "density" in found:
        density, evidence = found["density"], found["evidence"]
    else:  # the peer gives log ratios; the prior density is 1/2
        density = np.exp(found["grid"].astype(float)) / 2
        evidence = trapezoid(density, problem.GRID, axis=-1)
    judged = problem.compare(density, exact)
    judged["loss"] = problem.held_out_loss(found["joint"], found["shuffled"])
    judged["evidence"] = float(np.mean(np.abs(evidence - 1)))
    covered = {name: found[name].tolist() for name in found if name.startswith("coverage")}
    return judged | covered


def references() -> dict[str, dict[str, float]]:
    """The exact ratios on the same pairs, and the least-squares line on the simulations of seed 0."""
    theta, x = problem.held_out()
    exact, (_, x_obs) = problem.Exact(), problem.observations()
    joint, shuffled = exact.log_ratio(x, theta[None])[0], exact.log_ratio(x, problem.negatives(theta))
    line = problem.least_squares(*problem.simulations(0), x_obs)
    return {
        "exact": {"loss": problem.held_out_loss(joint, shuffled)},
        "line": problem.compare(line, exact.grid_densities(x_obs)),
    }


def spread(runs: list[dict], name: str, digits: int = 3) -> str:
    """Mean and standard deviation over the seeds."""
    values = np.array([run[name] for run in runs])
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1) if len(values) > 1 else 0.0:.{digits}f}"


def accuracy(ours: list[dict], theirs: list[dict]) -> str:
    """The table of accuracies."""
    known = references()
    names = ("bias", "width", "divergence", "loss", "evidence")
    rows = [["suffice", *(spread(ours, name) for name in names)]]
    if theirs:
        rows.append(["swyft", *(spread(theirs, name) for name in names)])
    line = known["line"]
    rows.append(["least-squares line", f"{line['bias']:.3f}", f"{line['width']:.3f}", f"{line['divergence']:.3f}"])
    rows.append(["exact", "0", "1", "0", f"{known['exact']['loss']:.3f}", "0"])
    rows.append(["to reach", "≤ 0.12", "1.00 ± 0.03", "≤ 0.015", "≤ −3.14", ""])
    head = [
        "",
        "mean |bias| / exact std",
        "width ratio",
        "KL, nats",
        "held-out loss",
        "mean |∫ ratio × prior − 1|",
    ]
    return results.table(head, [row + [""] * (len(head) - len(row)) for row in rows])


def reached(ours: list[dict]) -> str:
    """Whether the mean over the seeds keeps each limit, and which single seeds do not."""
    mean = {name: np.mean([run[name] for run in ours]) for name in (*LIMITS, "width")}
    kept = {name: mean[name] <= limit for name, limit in LIMITS.items()}
    kept["width"] = WIDTH[0] <= mean["width"] <= WIDTH[1]
    worst = {name: max(run[name] for run in ours) for name in LIMITS}
    told = ", ".join(f"{name} {results.verdict(bool(k))}" for name, k in kept.items())
    return f"Mean over the seeds: {told}. Worst seed: " + ", ".join(f"{n} {v:.3f}" for n, v in worst.items()) + "."


def coverage(ours: list[dict]) -> str:
    """How many of the intervals of coverage hold their nominal level."""
    low, high = (np.array([run[f"coverage_{side}"] for run in ours]) for side in ("low", "high"))
    empirical, nominal = np.array([run["coverage"] for run in ours]), np.array([0.68, 0.95])
    held = ((low <= nominal) & (nominal <= high)).sum()
    ranges = ", ".join(
        f"{level:.0%}: {empirical[..., i].min():.3f} to {empirical[..., i].max():.3f}"
        for i, level in enumerate(nominal)
    )
    return (
        f"Expected coverage of suffice on 2,000 new simulations, parameters and seeds apart: {ranges}; "
        f"{held} of {low.size} binomial 95 % intervals hold their nominal level."
    )


def times(ours: list[dict], theirs: list[dict]) -> str:
    """The table of times, and their ratio."""
    columns = {"cpu": 1, "wall": 1, "epochs": 0, "epoch_wall": 3, "whole_cpu": 1, "whole_gigabytes": 2}
    sides = [("suffice", ours)] + ([("swyft", theirs)] if theirs else [])
    rows = [[name, *(spread(runs, column, digits) for column, digits in columns.items())] for name, runs in sides]
    head = [
        "",
        "CPU s to the end of the fit",
        "wall s",
        "epochs",
        "wall s an epoch",
        "CPU s with evaluation",
        "peak GB",
    ]
    told = results.table(head, rows)
    if theirs:
        ratio = np.mean([run["cpu"] for run in theirs]) / np.mean([run["cpu"] for run in ours])
        told += f"\n\nCPU seconds, swyft over suffice: {ratio:.1f} (to reach: 5, {results.verdict(ratio >= 5)})."
    return told


def main() -> None:
    """Run both sides in alternation, write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer", help="the peer's Python")
    parser.add_argument("--peer-seeds", type=int, default=None)
    parser.add_argument("--peer-args", default="")
    parser.add_argument("--dry", action="store_true", help="print, leave RESULTS.md as it is")
    args = parser.parse_args()
    peer_seeds = 0 if not args.peer else args.seeds if args.peer_seeds is None else args.peer_seeds
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seeds):
            ours.append(run("python", "suffice_regression", seed, Path(folder), []))
            print(json.dumps(ours[-1]))
            if seed < peer_seeds:
                more = shlex.split(args.peer_args)
                theirs.append(run(args.peer, "swyft_regression", seed, Path(folder), more))
                print(json.dumps(theirs[-1]))
    seeds = f"{len(ours)} seeds of suffice, {len(theirs)} of swyft; mean ± standard deviation over the seeds."
    about = about_peer(theirs)
    body = "\n\n".join([f"{seeds} {about}", accuracy(ours, theirs), reached(ours), coverage(ours), times(ours, theirs)])
    given = f" --seeds {args.seeds}" + (" --peer PYTHON" if args.peer else "")
    given += f' --peer-args="{args.peer_args}"' if args.peer_args else ""
    if args.dry:
        print(body)
    else:
        results.write("regression", f"python -m benchmarks.regression{given}", body)


def about_peer(theirs: list[dict]) -> str:
    """Versions and settings of the peer."""
    if not theirs:
        return ""
    versions = ", ".join(f"{name} {version}" for name, version in theirs[0]["versions"].items())
    kept = ("features", "optimiser", "precision", "threads")
    return f"Peer: {versions}; " + ", ".join(f"{name} {theirs[0]['settings'][name]}" for name in kept) + "."


if __name__ == "__main__":
    main()

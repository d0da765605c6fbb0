"""Two moons at 10,000 simulations: CPU seconds and C2ST of a flow posterior, beside sbi 0.27.

    python -m benchmarks run sbi_time --peers

`sf.Flow` and `sf.fit` with their defaults, and sbi's NPE with its neural spline flow and with its default, a masked
autoregressive flow; each in a fresh process on one thread, on the same simulations, in alternation. CPU seconds are
those of training, "first" with everything compiled anew and "later" with what an earlier run left in suffice's cache.
C2ST is that of `sf.checks.c2st`, of 10,000 draws against as many of the exact posterior, for the same observations.
`--keep FOLDER` keeps what was measured; what is found there is not measured again.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure, results
from benchmarks.keep import kept

SIMULATIONS, DRAWS, OBSERVATIONS = 10_000, 10_000, 3
SIDES = {"suffice": "sf.Flow", "nsf": "sbi, neural spline flow", "maf": "sbi, default (MAF)"}


def data(folder: Path, seed: int) -> Path:
    """Simulations of this seed, and the observations, the same for every seed, with draws of their posteriors."""
    path = folder / f"two_moons-{seed}.npz"
    if not path.exists():
        import suffice as sf
        from suffice.simulate.processes import TwoMoons

        process = TwoMoons()
        sims = sf.simulate(process.prior, process, SIMULATIONS, key=1000 + seed, progress=False)
        seen = np.asarray(sf.simulate(process.prior, process, OBSERVATIONS, key=77, progress=False).x)
        exact = np.stack([process.exact_sample(one, DRAWS, key=i) for i, one in enumerate(seen)])
        arrays = {"theta": np.asarray(sims.theta), "x": np.asarray(sims.x), "seen": seen, "exact": exact}
        np.savez(path, **arrays, draws=DRAWS)
    return path


def one(side: str, seed: int, folder: Path, peer: str | None, cache: str = "off") -> dict[str, Any]:
    """One fit in a fresh process, and its draws in a file."""
    out = folder / f"{side}-{seed}.npz"
    given = ["--seed", str(seed), "--data", str(data(folder, seed)), "--out", str(out)]
    if side == "suffice":
        return measure.fresh(["python", "-m", "benchmarks.suffice_two_moons", *given], SUFFICE_CACHE=cache).last
    return measure.fresh([str(peer), "benchmarks/sbi_two_moons.py", "--estimator", side, *given]).last


def judged(side: str, seed: int, folder: Path) -> list[float]:
    """C2ST of each observation."""
    import suffice as sf

    exact, draws = np.load(data(folder, seed))["exact"], np.load(folder / f"{side}-{seed}.npz")["draws"]
    return [sf.checks.c2st(a, b).accuracy for a, b in zip(exact, draws)]


def body(sides: list[str], runs: dict[str, list[dict]], later: list[dict], c2st: dict[str, list[list[float]]]) -> str:
    """The section's text."""
    rows = []
    for side in sides:
        middle = {
            name: float(np.median([run[name] for run in runs[side]]))
            for name in ("cpu", "wall", "epochs", "first", "second", "gigabytes")
        }
        each = ", ".join(f"{np.median(values):.3f}" for values in c2st[side])
        warm = f"{np.median([run['cpu'] for run in later]):.0f}" if side == "suffice" else ""
        cpu = ", ".join(f"{run['cpu']:.0f}" for run in runs[side])
        numbers = [each, cpu, warm, f"{middle['wall']:.0f}", f"{middle['epochs']:.0f}"]
        rows.append(
            [SIDES[side], *numbers, f"{middle['first']:.2f}", f"{middle['second']:.3f}", f"{middle['gigabytes']:.2f}"]
        )
    head = ["", "C2ST, each seed", "CPU s, each seed", "CPU s, later", "wall s", "epochs"]
    head += [f"s for {DRAWS:,} draws, first", "later", "peak GB"]
    told = [
        f"{SIMULATIONS:,} simulations, one thread. C2ST is the median over {OBSERVATIONS} observations of {DRAWS:,} "
        "draws against exact ones (0.5: cannot be told apart). Later draws: another observation of the same fit.",
        results.table(head, rows),
    ]
    return "\n\n".join([*told, verdicts(sides, runs, c2st)])


def verdicts(sides: list[str], runs: dict[str, list[dict]], c2st: dict[str, list[list[float]]]) -> str:
    """Whether what was set beforehand is reached."""
    ours = np.median([run["cpu"] for run in runs["suffice"]])
    mine = np.median([np.median(values) for values in c2st["suffice"]])
    slowest = max(run["second"] for run in runs["suffice"])
    told = []
    for side in sides[1:]:
        ratio = np.median([run["cpu"] for run in runs[side]]) / ours
        theirs = np.median([np.median(values) for values in c2st[side]])
        told.append(
            f"{SIDES[side]}: {ratio:.1f} times our CPU seconds, compiling included (to reach 3: "
            f"{results.verdict(ratio >= 3)}), C2ST {theirs:.3f} and ours {mine:.3f} (the same or better: "
            f"{results.verdict(mine <= theirs)})."
        )
    told.append(
        f"{DRAWS:,} draws after the first take at most {slowest:.2f} s (under 1 s: {results.verdict(slowest < 1)})."
    )
    return "\n\n".join(told)


def main() -> None:
    """Measure what is not kept yet, in alternation; judge; write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="Python of the environment of sbi")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--time-only", action="store_true", help="only make the fits that are not kept yet")
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp()) if args.keep is None else args.keep.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    sides = ["suffice", "nsf", "maf"] if args.peer else ["suffice"]
    runs: dict[str, list[dict]] = {side: [] for side in sides}
    later, cache = [], folder / "cache"
    for seed in range(args.seeds):
        for side in sides:
            runs[side].append(kept(folder / f"{side}-{seed}.json", one, side, seed, folder, args.peer))
            print(side, seed, runs[side][-1], flush=True)
        if not cache.exists():
            one("suffice", seed, folder, None, str(cache))  # fills it
        later.append(kept(folder / f"later-{seed}.json", one, "suffice", seed, folder, None, str(cache)))
    if args.time_only:
        return
    c2st: dict[str, list[list[float]]] = {side: [] for side in sides}
    for seed in range(args.seeds):
        for side in sides:
            c2st[side].append(kept(folder / f"c2st-{side}-{seed}.json", judged, side, seed, folder))
    peer = " --peer PYTHON" if args.peer else ""
    results.write(
        "sbi_time", f"python -m benchmarks.sbi_time --seeds {args.seeds}{peer}", body(sides, runs, later, c2st)
    )


if __name__ == "__main__":
    main()

"""Do the joint credible regions of an ensemble hold the truth as often as they say?

    python -m benchmarks run calibration

Ensembles of five flows with the default settings of `sf.Flow` and `sf.fit`, trained on 50,000 simulations, or on as
many as are asked for, of the linear regression (a hundred numbers, three parameters), of two moons and of SLCP; for
each seed 1,000 new simulations are asked how much of their posterior's mass has a higher joint density than their
truth. The band is that of a binomial: 95 of 100 shares of a calibrated posterior lie in it.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy import stats

import suffice as sf
from benchmarks import results
from benchmarks.keep import kept
from benchmarks.sbibm import summary
from suffice.simulate.processes import LinearRegression, SLCP, TwoMoons

PROCESSES = {"linear_regression": LinearRegression(), "two_moons": TwoMoons(), "slcp": SLCP()}
NOMINAL = (0.5, 0.68, 0.9, 0.95)
FRESH, MEMBERS = 1000, 5


def trained(name: str, simulations: int, seed: int) -> sf.Fit:
    """The ensemble of a seed."""
    process = PROCESSES[name]
    sims = sf.simulate(process.prior, process, simulations, key=3000 + seed, progress=False)
    compress = sf.networks.Linear(100, 3, key=seed) if name == "linear_regression" else summary(name, seed)
    return sf.fit(sf.Flow(compress, process.prior), sims, key=seed, ensemble=MEMBERS, progress=False)


def measured(name: str, simulations: int, seed: int) -> dict[str, Any]:
    """Joint coverage of an ensemble on new simulations, how far its members are apart, and CPU seconds of the fit."""
    process = PROCESSES[name]
    fresh = sf.simulate(process.prior, process, FRESH, key=4000 + seed, progress=False)
    fit = trained(name, simulations, seed)
    found = sf.checks.coverage(fit, process.prior, fresh, levels=NOMINAL, key=seed)
    joint = int(np.argmax([name.count(",") for name in found.names]))
    spread = sf.posterior(fit, process.prior, jax.tree.map(lambda leaf: leaf[:20], fresh.x), key=seed).spread
    return {
        "names": found.names[joint],
        "empirical": found.empirical[joint].tolist(),
        "n": found.n,
        "seconds": fit.cpu_seconds,
        "spread": float(np.median(spread)),
    }


def band(nominal: float, n: int) -> tuple[float, float]:
    """Shares between which 95 % of those of a calibrated posterior lie."""
    low, high = stats.binom(n, nominal).interval(0.95)
    return low / n, high / n


def in_bands(shares: Sequence[float], n: int) -> tuple[list[str], int]:
    """Each share beside its band, and how many lie outside of it."""
    cells, outside = [], 0
    for nominal, share in zip(NOMINAL, shares):
        low, high = band(nominal, n)
        missed = not low <= share <= high
        cells.append(f"{share:.3f} ({low:.3f} to {high:.3f}){' **outside**' if missed else ''}")
        outside += missed
    return cells, outside


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("processes", nargs="*", default=list(PROCESSES), help="which; all unless told")
    parser.add_argument("--simulations", type=int, nargs="+", default=[50_000], help="to train on")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    rows, outside, asked = [], 0, 0
    for name, simulations in itertools.product(args.processes, args.simulations):
        of_seeds = []
        for seed in range(args.seeds):
            path = args.keep / f"{name}-{simulations}-{seed}.json"
            of_seeds.append(kept(path, measured, name, simulations, seed))
            cells, missed = in_bands(of_seeds[-1]["empirical"], of_seeds[-1]["n"])
            asked, outside = asked + len(cells), outside + missed
            cells += [f"{of_seeds[-1]['spread']:.2f}", f"{of_seeds[-1]['seconds']:.0f}"]
            rows.append([f"{name}, {simulations:,} simulations, seed {seed}", *cells])
            print(rows[-1], flush=True)
        together = np.mean([found["empirical"] for found in of_seeds], axis=0)
        cells, _ = in_bands(together, sum(found["n"] for found in of_seeds))
        rows.append([f"{name}, {simulations:,} simulations, all seeds", *cells, "", ""])
    head = ["process", *(f"{100 * nominal:g} %" for nominal in NOMINAL), "spread of members", "CPU s"]
    told = (
        f"{asked - outside} of {asked} shares of single seeds lie in their band: of calibrated posteriors' 95 % would. "
    )
    told += "What several seeds have in common, and one may have by chance, the rows of all seeds together tell apart. "
    told += "What the exact posteriors' own regions hold of the same truths stands in the section below."
    asked_for = f"{' '.join(args.processes)} --simulations {' '.join(map(str, args.simulations))}"
    results.write(
        "calibration",
        f"python -m benchmarks.calibration {asked_for} --seeds {args.seeds} --keep FOLDER",
        results.table(head, rows) + "\n\n" + told,
    )


if __name__ == "__main__":
    main()

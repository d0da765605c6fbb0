"""How much of the exact posterior do the joint credible regions of an ensemble hold?

    python -m benchmarks run calibration_exact

Whether a region holds the truth of one simulation is one throw of a coin; how much of the exact posterior lies in it
is its chance of heads, and their mean over simulations is the expected coverage with a fraction of the noise
(Rao-Blackwell). SLCP, where `benchmarks.calibration` finds the largest deviations, has a tractable likelihood: draws of
the ensemble are weighted by the exact density over their own. For each seed the fit of `benchmarks.calibration` is made
again and kept, and asked twice: by 1,000 exact posteriors, which its draws must reach, and by the truths of 10,000 more
simulations, which ask nothing of its draws.
"""

import argparse
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy import stats

import suffice as sf
from benchmarks import results
from benchmarks.calibration import NOMINAL, trained
from benchmarks.keep import kept
from benchmarks.measure import cpu
from benchmarks.sbibm import Points
from suffice.simulate.processes import SLCP

SIMULATIONS, EXACT, TRUTHS, DRAWS, CHUNK = 50_000, 1000, 10_000, 4000, 100
PROCESS = SLCP()


def ensemble(seed: int, keep: Path) -> sf.Fit:
    """The ensemble of `benchmarks.calibration`, from the folder or made again."""
    path = keep / f"slcp-{SIMULATIONS}-{seed}.sf"
    if not path.exists():
        sf.save(trained("slcp", SIMULATIONS, seed), path)
    return sf.load(path, classes=[Points])


def exact_mass(fit: sf.Fit, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mass of the exact posterior in the regions of each level, `(m, l)`, and what the weighted draws are worth."""
    fresh = sf.simulate(PROCESS.prior, PROCESS, EXACT, key=5000 + seed, progress=False)
    likelihood = jax.jit(jax.vmap(lambda theta, x: jax.vmap(lambda one: PROCESS.log_likelihood(one, x))(theta)))
    masses, worth = [], []
    for x in np.split(np.asarray(fresh.x), EXACT // CHUNK):
        found = sf.posterior(fit, PROCESS.prior, x, key=seed)
        theta = found.sample(DRAWS, key=seed + 1)
        density = found.log_prob_each(theta)
        log_weight = np.asarray(likelihood(theta, x), np.float64) - density  # the prior is uniform
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        worth.append(1 / (weight**2).sum(axis=1))
        ends = np.quantile(density, 1 - np.asarray(NOMINAL), axis=1)
        masses.append(np.stack([(weight * (density >= end[:, None])).sum(axis=1) for end in ends], axis=1))
    return np.concatenate(masses), np.concatenate(worth)


def measured(seed: int, keep: Path) -> dict[str, Any]:
    """Both shares at each level, with their standard errors."""
    fit, before = ensemble(seed, keep), cpu()
    mass, worth = exact_mass(fit, seed)
    fresh = sf.simulate(PROCESS.prior, PROCESS, TRUTHS, key=6000 + seed, progress=False)
    found = sf.checks.coverage(fit, PROCESS.prior, fresh, levels=NOMINAL, key=seed)
    joint = int(np.argmax([name.count(",") for name in found.names]))
    return {
        "mass": mass.mean(axis=0).tolist(),
        "error": (mass.std(axis=0) / np.sqrt(len(mass))).tolist(),
        "worth": np.quantile(worth, [0.1, 0.5]).tolist(),
        "truths": found.empirical[joint].tolist(),
        "seconds": cpu() - before,
    }


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[2], help="of benchmarks.calibration; the one farthest off unless told"
    )
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in args.seeds:
        found = kept(args.keep / f"exact-{seed}.json", measured, seed, args.keep)
        mass = [f"{share:.3f} ± {error:.3f}" for share, error in zip(found["mass"], found["error"])]
        few, half = found["worth"]
        rows.append([f"seed {seed}, exact mass", *mass, f"{few:.0f}, {half:.0f}"])
        errors = [stats.binom(TRUTHS, nominal).std() / TRUTHS for nominal in NOMINAL]
        truths = [f"{share:.3f} ± {error:.3f}" for share, error in zip(found["truths"], errors)]
        rows.append([f"seed {seed}, {TRUTHS:,} truths", *truths, ""])
        print(*rows[-2:], sep="\n", flush=True)
    head = ["SLCP", *(f"{100 * nominal:g} %" for nominal in NOMINAL), f"worth of {DRAWS:,} weighted draws: 10 %, 50 %"]
    results.write(
        "calibration_exact",
        f"python -m benchmarks.calibration_exact --seeds {' '.join(map(str, args.seeds))} --keep FOLDER",
        results.table(head, rows) + "\n\nWith one standard error; of truths, that of a calibrated posterior.",
    )


if __name__ == "__main__":
    main()

"""How much of the exact posterior do the joint credible regions of an ensemble hold?

    python -m benchmarks run calibration_exact

Whether a region holds the truth of one simulation is one throw of a coin; how much of the exact posterior lies in it
is its chance of heads, and their mean over simulations is the expected coverage with a fraction of the noise
(Rao-Blackwell). The processes of `benchmarks.calibration` have tractable likelihoods: draws of the ensemble are
weighted by the exact density over their own. For each process and seed the fit of `benchmarks.calibration` is made
again and kept, and asked twice: by the exact posteriors of the 1,000 simulations that asked it there, which its draws
must reach, and by the truths of 4,000 more simulations, which ask nothing of its draws. How many of the 1,000 truths
lie in the exact posteriors' own regions tells how lucky those truths are.
"""

import argparse
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from scipy import stats

import suffice as sf
from benchmarks import results
from benchmarks.calibration import band, NOMINAL, PROCESSES, trained
from benchmarks.keep import kept
from benchmarks.measure import cpu
from benchmarks.sbibm import Points
from suffice.simulate.processes import LinearRegression

SIMULATIONS, EXACT, TRUTHS, DRAWS, CHUNK = 50_000, 1000, 4000, 4000, 100
BANDS = [band(nominal, EXACT) for nominal in NOMINAL]


def log_likelihood(process: Any, theta: Array, x: Array) -> Array:
    """Up to a constant."""
    if isinstance(process, LinearRegression):
        return -0.5 * (((x - jnp.asarray(process.design(), float) @ theta) / process.noise) ** 2).sum()
    return process.log_likelihood(theta, x)


def ensemble(name: str, seed: int, keep: Path) -> sf.Fit:
    """The ensemble of `benchmarks.calibration`, from the folder or made again."""
    path = keep / f"{name}-{SIMULATIONS}-{seed}.sf"
    if not path.exists():
        sf.save(trained(name, SIMULATIONS, seed), path)
    return sf.load(path, classes=[Points])


class Exact(NamedTuple):
    """Of each simulation: mass of the exact posterior in the ensemble's region of each level `(m, l)`; mass of the
    exact posterior's region that just holds the truth `(m,)`; what the weighted draws are worth `(m,)`.
    """

    mass: np.ndarray
    level: np.ndarray
    worth: np.ndarray


def exact(process: Any, fit: sf.Fit, seed: int) -> Exact:
    """For the simulations that `benchmarks.calibration` asks."""
    fresh = sf.simulate(process.prior, process, EXACT, key=4000 + seed, progress=False)
    likelihood = jax.jit(jax.vmap(lambda theta, x: jax.vmap(lambda one: log_likelihood(process, one, x))(theta)))
    chunks = []
    for rows in np.split(np.arange(EXACT), EXACT // CHUNK):
        x, truth = np.asarray(fresh.x)[rows], np.asarray(fresh.theta)[rows, None]
        found = sf.posterior(fit, process.prior, x, key=seed)
        theta = found.sample(DRAWS, key=seed + 1)
        density = found.log_prob_each(theta)
        log_exact, of_truth = (np.asarray(likelihood(each, x), np.float64) for each in (theta, truth))
        log_weight = log_exact - density  # the prior is uniform
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        ends = np.quantile(density, 1 - np.asarray(NOMINAL), axis=1)
        mass = np.stack([(weight * (density >= end[:, None])).sum(axis=1) for end in ends], axis=1)
        chunks.append((mass, (weight * (log_exact > of_truth)).sum(axis=1), 1 / (weight**2).sum(axis=1)))
    return Exact(*(np.concatenate(parts) for parts in zip(*chunks)))


def measured(name: str, seed: int, keep: Path) -> dict[str, Any]:
    """Both shares at each level, with their standard errors."""
    process, fit, before = PROCESSES[name], ensemble(name, seed, keep), cpu()
    mass, level, worth = exact(process, fit, seed)
    fresh = sf.simulate(process.prior, process, TRUTHS, key=6000 + seed, progress=False)
    found = sf.checks.coverage(fit, process.prior, fresh, levels=NOMINAL, key=seed)
    joint = int(np.argmax([name.count(",") for name in found.names]))
    return {
        "mass": mass.mean(axis=0).tolist(),
        "error": (mass.std(axis=0) / np.sqrt(len(mass))).tolist(),
        "worth": np.quantile(worth, [0.1, 0.5]).tolist(),
        "lucky": (level[:, None] <= np.asarray(NOMINAL)).mean(axis=0).tolist(),
        "truths": found.empirical[joint].tolist(),
        "seconds": cpu() - before,
    }


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("processes", nargs="*", default=list(PROCESSES), help="which; all unless told")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[0, 1, 2], help="of benchmarks.calibration; all three unless told"
    )
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    rows, inside = [], []
    for name, seed in itertools.product(args.processes, args.seeds):
        found = kept(args.keep / f"exact-{name}-{seed}.json", measured, name, seed, args.keep)
        inside += [low <= share <= high for share, (low, high) in zip(found["mass"], BANDS)]
        few, half = found["worth"]
        mass = [f"{share:.3f} ± {error:.3f}" for share, error in zip(found["mass"], found["error"])]
        rows.append([f"{name}, seed {seed}, exact mass", *mass, f"{few:.0f}, {half:.0f}"])
        for n, what in ((TRUTHS, "truths"), (EXACT, "lucky")):
            errors = [stats.binom(n, nominal).std() / n for nominal in NOMINAL]
            shares = [f"{share:.3f} ± {error:.3f}" for share, error in zip(found[what], errors)]
            whose = "" if what == "truths" else " in the exact posterior's own regions"
            rows.append([f"{name}, seed {seed}, {n:,} truths{whose}", *shares, ""])
        print(*rows[-3:], sep="\n", flush=True)
    head = ["", *(f"{100 * nominal:g} %" for nominal in NOMINAL), f"worth of {DRAWS:,} weighted draws: 10 %, 50 %"]
    bands = ", ".join(f"{low:.3f} to {high:.3f}" for low, high in BANDS)
    told = (
        "With one standard error; of truths, that of a calibrated posterior. "
        f"Between the ends of the band of {EXACT:,} truths ({bands}) lie {sum(inside)} of {len(inside)} exact masses "
        f"(to reach all: {results.verdict(all(inside))})."
    )
    asked = f"{' '.join(args.processes)} --seeds {' '.join(map(str, args.seeds))}"
    command = f"python -m benchmarks.calibration_exact {asked} --keep FOLDER"
    results.write("calibration_exact", command, results.table(head, rows) + "\n\n" + told)


if __name__ == "__main__":
    main()

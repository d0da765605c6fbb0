"""The ten tasks of Lueckmann et al. (2021), arXiv:2101.04653: flow posteriors beside the published medians for NPE.

    python -m benchmarks run sbibm
    python -m benchmarks.sbibm two_moons slcp --simulations 10000 --keep FOLDER     # some of it

All ten tasks at 10,000 simulations; two moons, the uniform Gaussian linear one and SLCP at 1,000 and 100,000 as well.
An ensemble of five flows with the default settings of `sf.Flow` and `sf.fit`, not sequential, one fit for all ten
observations. The summary is the data as they are, but for positive data their logarithm, for SLCP a `DeepSet` of the
four points, and for a hundred numbers an `MLP`. C2ST as `sf.checks.c2st` has it, of 10,000 draws against those of
`benchmarks.sbibm_tasks`. FOLDER keeps references and what was measured; what is found there is not made again.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import suffice as sf
from benchmarks import results
from benchmarks.keep import kept
from benchmarks.measure import cpu
from benchmarks.sbibm_tasks import DRAWS, reference, TASKS

SIMULATIONS = (1000, 10_000, 100_000)
EVERY_SIZE = ("two_moons", "gaussian_linear_uniform", "slcp")


class Points(eqx.Module):
    """A network on four points of a plane, given as eight numbers."""

    network: Any

    def __call__(self, x: Any) -> Any:
        return self.network(x.reshape(4, 2))


def summary(name: str, seed: int) -> Any:
    """What the flow is given of the data."""
    if name == "slcp":
        return Points(sf.networks.DeepSet(2, 10, key=seed))
    if name in ("slcp_distractors", "bernoulli_glm_raw"):
        return sf.networks.MLP(100, 20, key=seed)
    return {"sir": jnp.log1p, "lotka_volterra": jnp.log}.get(name, jnp.asarray)


def measured(name: str, simulations: int, seed: int, keep: Path) -> dict[str, Any]:
    """C2ST of each observation, and CPU seconds of the fit, compiling included."""
    process, known = TASKS[name].process, reference(name, keep)
    sims = sf.simulate(process.prior, process, simulations, key=1000 + seed, progress=False)
    before = cpu()
    objective = sf.Flow(summary(name, seed), process.prior)
    fit = sf.fit(objective, sims, key=seed, ensemble=5, batch_size=min(256, simulations // 20), progress=False)
    seconds = cpu() - before
    found = sf.posterior(fit, process.prior, known.x, key=seed)
    draws = found.sample(DRAWS, key=seed + 1)
    each = [sf.checks.c2st(a, b).accuracy for a, b in zip(known.draws, draws)]
    told = {"device": jax.devices()[0].device_kind, "reference": known.worth}
    return {"c2st": each, "seconds": seconds, "epochs": int(fit.history["epoch"].max())} | told


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--simulations", nargs="*", type=int, default=list(SIMULATIONS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    plan = itertools.product(range(args.seeds), args.simulations, args.tasks)
    for seed, n, name in ((s, n, t) for s, n, t in plan if n == 10_000 or t in EVERY_SIZE):
        found = kept(args.keep / f"{name}-{n}-{seed}.json", measured, name, n, seed, args.keep)
        print(name, n, seed, np.round(found["c2st"], 3), np.median(found["c2st"]).round(3), flush=True)
    report(args.keep)


def report(keep: Path) -> None:
    """The section of RESULTS.md, of all that is kept."""
    rows = []
    for name, task in TASKS.items():
        for n, published in zip(SIMULATIONS, task.published):
            found = [json.loads(path.read_text()) for path in sorted(keep.glob(f"{name}-{n}-*.json"))]
            if not found:
                continue
            medians = [float(np.median(one["c2st"])) for one in found]
            ends = f"{min(min(one['c2st']) for one in found):.3f} to {max(max(one['c2st']) for one in found):.3f}"
            # Another device does the work of a processor: its seconds are no measure of it.
            seconds = ", ".join(f"{one['seconds']:.0f}" if one["device"] == "cpu" else one["device"] for one in found)
            median = ", ".join(f"{value:.3f}" for value in medians)
            rows.append([name, f"{n:,}", median, ends, f"{published:.3f}", seconds, found[0]["reference"]])
    head = ["task", "simulations", "median C2ST", "over observations", "NPE, published", "CPU s", "reference"]
    results.write("sbibm", "python -m benchmarks.sbibm --keep FOLDER", results.table(head, rows) + told(rows))


def told(rows: list[list[str]]) -> str:
    """Whether the published medians are kept everywhere, and on how many tasks they are beaten clearly."""
    behind = [row[:2] for row in rows if max(map(float, row[2].split(", "))) > float(row[4])]
    ahead = sum(max(map(float, row[2].split(", "))) <= float(row[4]) - 0.05 for row in rows if row[1] == "10,000")
    return (
        f"\n\nNo median above the published one: {results.verdict(not behind)}"
        f"{''.join(f' ({task} at {n})' for task, n in behind)}. At 10,000 simulations {ahead} of ten are at least 0.05 "
        f"below it (to reach five: {results.verdict(ahead >= 5)})."
    )


if __name__ == "__main__":
    main()

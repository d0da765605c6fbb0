"""How often does `sf.missing` claim that something is missing where nothing is, and how often does it find what is?

    python -m benchmarks run missing

Ten draws of unknown mean and variance (`GaussianDraws`), 4,000 simulations a run, every run with simulations and
networks of its own. A sufficient summary (mean and logarithm of the variance of the draws) lacks nothing: what is found
there is an error, of which a test at 95 % may make one in twenty. The mean alone lacks what the data say of the
variance, and `I(θ; x | mean)` is known exactly for the same rows up to the noise of their mean.
"""

import argparse
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from scipy import stats

import suffice as sf
from benchmarks import results
from benchmarks.keep import kept
from benchmarks.measure import cpu
from suffice.simulate.processes import GaussianDraws

SIMULATIONS = 4000
SUMMARIES = {
    "mean and variance": lambda x: jnp.stack([x.mean(), jnp.log(x.var())]),
    "mean alone": lambda x: x.mean()[None],
}


def measured(name: str, seed: int) -> dict[str, Any]:
    """One run: whether something was found, and the nats that were found of each parameter."""
    process = GaussianDraws()
    sims = sf.simulate(process.prior, process, SIMULATIONS, key=5000 + seed, progress=False)
    before = cpu()
    network = sf.networks.MLP(process.n, 4, key=seed)
    found = sf.missing(SUMMARIES[name], sims, process.prior, network=network, key=seed, max_epochs=40)
    nats = {group: [one.value, one.low, one.high] for group, one in found.estimates.items()}
    return {"found": bool(found.found), "nats": nats, "seconds": cpu() - before}


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    rows, shares = [], {}
    for name in SUMMARIES:
        every = []
        for seed in range(args.seeds if name == "mean and variance" else max(args.seeds // 5, 1)):
            path = args.keep / f"{name.replace(' ', '_')}-{seed}.json"
            every.append(kept(path, measured, name, seed))
            print(name, seed, every[-1], flush=True)
        claims, n = sum(one["found"] for one in every), len(every)
        shares[name] = claims, n
        low, high = stats.binomtest(claims, n).proportion_ci(method="exact")
        nats = [", ".join(f"{q:.4f}" for q in np.quantile([one["nats"][g][0] for one in every], (0, 0.5, 1)))
                for g in every[0]["nats"]]  # fmt: skip
        share = f"{claims} of {n} ({100 * low:.0f} to {100 * high:.0f} %)"
        rows.append([name, share, *nats, f"{np.median([one['seconds'] for one in every]):.0f}"])
    groups = list(every[0]["nats"])
    head = ["summary", "something is missing", *(f"{g}, nats (least, median, most)" for g in groups), "CPU s a run"]
    (claims, n), (hits, tried) = shares.values()
    most = stats.binom(n, 0.05).ppf(0.99)
    told = (
        f"Where nothing is missing, {claims} of {n} runs claim it (a test at 95 % makes at most {most:.0f} in 99 % of "
        f"such series: {results.verdict(claims <= most)}); where the variance is missing, {hits} of {tried} find it."
    )
    body = results.table(head, rows) + "\n\n" + told
    results.write("missing", f"python -m benchmarks.missing --seeds {args.seeds} --keep FOLDER", body)


if __name__ == "__main__":
    main()

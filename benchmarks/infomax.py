"""InfoMax and the information bottleneck: what three numbers keep of the linear regression's data.

    python -m benchmarks.infomax --seeds 3

I(θ; s) is bounded from below by the density that each objective learns, E log q(θ | s) + H(θ), on 20,000 simulations
that the fit has not seen; the exact I(θ; x) is the mean exact log-ratio of the same simulations.
"""

import argparse
import math

import jax
import numpy as np

import suffice as sf
from benchmarks import results
from benchmarks.measure import cpu
from suffice.simulate.processes import LinearRegression

OBJECTIVES = {"InfoMax": sf.InfoMax, "VIB, beta 0.001": sf.VIB, "CEB, beta 0.001": sf.CEB}


def one(kind: type, seed: int) -> tuple[float, float, float]:
    """Kept and exact information in nats, and CPU seconds of the fit."""
    process = LinearRegression()
    sims = sf.simulate(process.prior, process, 30_000, key=100 + seed, progress=False)
    fresh = sf.simulate(process.prior, process, 20_000, key=900 + seed, progress=False)
    before = cpu()
    network = sf.networks.MLP(100, 3, key=seed)
    fit = sf.fit(kind(network), sims, key=seed, max_epochs=100, progress=False)
    seconds = cpu() - before
    log_prob = jax.jit(jax.vmap(fit.objective.log_prob))(np.asarray(fresh.theta), np.asarray(fresh.x))
    exact = float(np.mean(process.exact_joint_log_ratio(fresh.theta, fresh.x)))
    return float(np.mean(log_prob)) + 3 * math.log(2), exact, seconds


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    rows, shares = [], []
    for name, kind in OBJECTIVES.items():
        runs = [one(kind, seed) for seed in range(args.seeds)]
        own = [kept / exact for kept, exact, _ in runs]
        shares += own
        told = ", ".join(f"{kept:.3f} of {exact:.3f}" for kept, exact, _ in runs)
        seconds = f"{np.median([run[2] for run in runs]):.0f}"
        rows.append([name, told, ", ".join(f"{100 * share:.2f} %" for share in own), seconds])
        print(rows[-1], flush=True)
    head = ["objective", "kept of exact, nats, each seed", "share", "CPU s"]
    verdict = results.verdict(min(shares) >= 0.98)
    told = f"The smallest share is {100 * min(shares):.2f} % (to reach 98 %: {verdict})."
    results.write(
        "infomax", f"python -m benchmarks.infomax --seeds {args.seeds}", results.table(head, rows) + "\n\n" + told
    )


if __name__ == "__main__":
    main()

"""The exercise of the same tutorial: outliers, under which a linear summary must lose to a perceptron.

    python -m benchmarks.outliers

To every bin of the regression comes 5 x Poisson(3 / 100). A linear summary averages the outliers in; a
perceptron can learn to leave them out. For each parameter: information that the summary holds, as the mean
log ratio on 10,000 held-out simulations in nats, with its standard error, and the share `sf.retained` gives.
"""

import argparse
from typing import Any

import numpy as np

from benchmarks import regression_problem as problem, results
from benchmarks.suffice_regression import log_ratios, prior

OUTLIERS, TRAINING_SEED, HELD_OUT_SEED = 3.0, 11, 1_000_004


def simulations(seed: int, n: int) -> Any:
    """Simulations with outliers."""
    import suffice as sf

    return sf.Simulations(*problem.simulations(seed, n, outliers=OUTLIERS), names=prior().names)


def fitted(kind: str, sims: Any) -> Any:
    """A fit with a summary of this kind, of three numbers."""
    import suffice as sf

    summary = getattr(sf.networks, kind)(problem.BINS, problem.PARAMETERS, key=0)
    return sf.fit(sf.Ratio(summary), sims, key=0, progress=False)


def information(fit: Any, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log ratios `(n, 3)` of held-out pairs; their mean estimates the information."""
    return log_ratios(fit, x, theta[None])[0]


def shares(fit: Any, sims: Any, held_out: Any) -> list[str]:
    """What `sf.retained` says: for each parameter, information in the summary over that in the data."""
    import suffice as sf

    table = sf.retained(fit, sims, held_out=held_out, key=0, progress=False).table()
    return [f"{row.share:.2f} ({row.share_low:.2f} to {row.share_high:.2f})" for row in table.itertuples()]


def main() -> None:
    """Both summaries, write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--simulations", type=int, default=problem.SIMULATIONS)
    n = parser.parse_args().simulations
    sims, held_out = simulations(TRAINING_SEED, n), simulations(HELD_OUT_SEED, problem.HELD_OUT)
    theta, x = problem.simulations(HELD_OUT_SEED, problem.HELD_OUT, outliers=OUTLIERS)
    found, rows = {}, []
    for kind in ("Linear", "MLP"):
        fit = fitted(kind, sims)
        found[kind] = information(fit, theta, x)
        error = found[kind].std(axis=0) / np.sqrt(len(theta))
        numbers = [f"{m:.3f} ± {e:.3f}" for m, e in zip(found[kind].mean(axis=0), error)]
        rows.append([kind, *numbers, ", ".join(shares(fit, sims, held_out))])
    gain = found["MLP"] - found["Linear"]
    sigma = gain.mean(axis=0) / (gain.std(axis=0) / np.sqrt(len(theta)))
    head = ["summary", "z[0], nats", "z[1], nats", "z[2], nats", "`sf.retained`"]
    told = results.table(head, rows)
    gains, loses = ", ".join(f"{g:.3f}" for g in gain.mean(axis=0)), bool((sigma > 3).all())
    verdict = f"the linear summary seen to lose: {results.verdict(loses)}"
    told += f"\n\n{n:,} simulations. The perceptron holds more by {gains} nats, "
    told += f"at least {sigma.min():.0f} standard errors of the paired difference each ({verdict})."
    results.write("outliers", f"python -m benchmarks.outliers --simulations {n}", told)


if __name__ == "__main__":
    main()

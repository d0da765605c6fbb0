"""How much do two variables say of each other, which features matter, and which three numbers keep the most?

    python examples/mutual_information.py            # about two minutes on two cores
    python examples/mutual_information.py --quick    # rougher

A lower bound of mutual information with its interval where the answer is known; a table of all pairs of features; a
summary learned to keep information. Writes `mutual_information.png`.
"""

import argparse
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import suffice as sf
from suffice.simulate.processes import LinearRegression


def features(n: int) -> pd.DataFrame:
    """A class, two features that tell of it (one bent), one that repeats another, and noise."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, n)
    size = kind + 0.6 * rng.normal(size=n)
    wave = np.sin(2 * kind) + 0.3 * rng.normal(size=n)
    copy = size**3 + rng.normal(size=n)
    return pd.DataFrame({"kind": kind, "size": size, "wave": wave, "copy": copy, "noise": rng.normal(size=n)})


@sf.plots.style()
def picture(estimate: sf.Estimate, pairs: pd.DataFrame) -> plt.Figure:
    """Training, profile, table."""
    figure = plt.figure(figsize=(11, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.2])
    mean = estimate.details.history.groupby("epoch").mean().reset_index()
    sf.plots.history(mean, ax=left)
    sf.plots.pointwise(estimate, ax=middle)
    sf.plots.mi_heat_map(pairs, ax=right)
    return figure


def main() -> None:
    """Estimate, compare, learn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("mutual_information.png"))
    args = parser.parse_args()
    n, epochs = (600, 3) if args.quick else (10_000, 100)

    # A bent relation, whose information is that of the straight one: 0.83 nats.
    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    y = np.exp(0.9 * x + np.sqrt(0.19) * rng.normal(size=n))
    estimate = sf.estimate_mi(x, y, max_epochs=epochs, progress=False)
    print(estimate, "where the truth is 0.830")
    print(estimate.details.table.to_string(index=False, float_format="%.3f"))

    frame = features(n)
    variables = {name: frame[name] for name in frame}
    pairs = sf.mi_table(variables, folds=2, hidden=(32,), max_epochs=epochs // 2 + 1, progress=False)
    print(pairs.head(6).to_string(index=False, float_format="%.3f"))
    given = sf.conditional_mi(frame["kind"], frame["copy"], frame["size"], max_epochs=epochs // 2 + 1, progress=False)
    print(given, "so the copy says little that size does not")

    process = LinearRegression()
    sims = sf.simulate(process.prior, process, n, key=2, progress=False)
    fit = sf.fit(sf.InfoMax(sf.networks.MLP(100, 3, key=3)), sims, key=4, max_epochs=epochs, test=0.2, progress=False)
    held = sims[fit.split.test]
    log_prob = jax.jit(jax.vmap(fit.objective.log_prob))(np.asarray(held.theta), np.asarray(held.x))
    kept = float(np.mean(log_prob)) + 3 * np.log(2)  # the prior is uniform in [-1, 1]³
    exact = float(np.mean(process.exact_joint_log_ratio(held.theta, held.x)))
    print(f"three numbers keep at least {kept:.2f} of {exact:.2f} nats")

    picture(estimate, pairs).savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

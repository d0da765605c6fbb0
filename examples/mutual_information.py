"""How much do two variables say of each other? An estimate in five lines, its training, its folds, its profile.

    python examples/mutual_information.py            # about a minute on two cores
    python examples/mutual_information.py --quick    # rougher

The relation is bent, its information known: 0.830 nats. Writes `mutual_information.png`.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import suffice as sf

FOLDS = 5


def by_fold(estimate: sf.Estimate) -> np.ndarray:
    """Value and standard error of the bound on the test rows of each fold, `(folds, 2)`."""
    rows = estimate.details.contributions.reshape(FOLDS, -1)
    return np.stack([rows.mean(axis=1), rows.std(axis=1, ddof=1) / np.sqrt(rows.shape[1])], axis=1)


@sf.plots.style()
def picture(estimate: sf.Estimate) -> plt.Figure:
    """Training, folds, profile."""
    figure = plt.figure(figsize=(11, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    sf.plots.history(estimate.details.history, ax=left)
    values = by_fold(estimate)
    middle.errorbar(range(1, FOLDS + 1), values[:, 0], 1.96 * values[:, 1], fmt="o")
    middle.axhspan(estimate.low, estimate.high, alpha=0.2, label="all folds, 95 %")
    middle.axhline(0.830, color="black", linewidth=0.8, label="truth")
    middle.set(xlabel="fold", ylabel="lower bound, nats", xticks=range(1, FOLDS + 1))
    middle.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    sf.plots.pointwise(estimate, ax=right)
    return figure


def main() -> None:
    """Estimate, compare, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("mutual_information.png"))
    args = parser.parse_args()
    n, epochs = (600, 10) if args.quick else (10_000, 100)

    rng = np.random.default_rng(1)
    x = rng.normal(size=n)
    y = np.exp(0.9 * x + np.sqrt(0.19) * rng.normal(size=n))
    estimate = sf.estimate_mi(x, y, folds=FOLDS, max_epochs=epochs)
    print(estimate, "where the truth is 0.830")

    print(estimate.details.table.to_string(index=False, float_format="%.3f"))
    print(estimate.details.says)
    for fold, (value, error) in enumerate(by_fold(estimate), start=1):
        print(f"fold {fold}: {value:.3f} +- {error:.3f}")
    picture(estimate).savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

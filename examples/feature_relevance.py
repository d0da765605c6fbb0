"""Which columns of a table tell of each other, and which tell nothing that another does not tell already?

    python examples/feature_relevance.py            # about two minutes on two cores
    python examples/feature_relevance.py --quick    # rougher

A class, two features of it (one bent), one that repeats another, and noise. Writes `feature_relevance.png`.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import suffice as sf


def features(n: int) -> pd.DataFrame:
    """The table, `n` rows."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, n)
    size = kind + 0.6 * rng.normal(size=n)
    wave = np.sin(2 * kind) + 0.3 * rng.normal(size=n)
    copy = size**3 + rng.normal(size=n)
    return pd.DataFrame({"kind": kind, "size": size, "wave": wave, "copy": copy, "noise": rng.normal(size=n)})


def main() -> None:
    """Every pair, then one pair given a third."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("feature_relevance.png"))
    args = parser.parse_args()
    n, epochs = (400, 3) if args.quick else (5_000, 50)

    frame = features(n)
    variables = {name: frame[name] for name in frame}
    pairs = sf.mi_table(variables, folds=2, hidden=(32,), max_epochs=epochs, progress=False)
    print(pairs.to_string(index=False, float_format="%.3f"))

    alone = sf.estimate_mi(frame["kind"], frame["copy"], folds=2, max_epochs=epochs, progress=False)
    given = sf.conditional_mi(frame["kind"], frame["copy"], frame["size"], folds=2, max_epochs=epochs, progress=False)
    print(f"of the kind, the copy says {alone.value:.2f} nats, and {given.value:.2f} beyond what the size says")

    sf.plots.mi_heat_map(pairs).figure.savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

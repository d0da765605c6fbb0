"""Iris and wine through the shell: features and species, and every pair.

    python -m benchmarks.real_tables

The reference for one feature and the species is the exact plug-in information of the feature cut into five bins of
equally many rows, corrected for its first-order bias: at most what the feature itself says.
"""

import contextlib
import io
import json
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_iris, load_wine  # pyright: ignore[reportMissingImports]

from benchmarks import results
from suffice.cli import main as suffice
from suffice.information import binned_mi

BINS = 5


def table_of(load: object) -> pd.DataFrame:
    """Features and the species, by name."""
    data = load(as_frame=True)
    frame = data.frame.drop(columns="target")
    frame.columns = [name.replace(" (cm)", "").replace(" ", "_").replace("/", "_") for name in frame.columns]
    return frame.assign(species=[data.target_names[i] for i in data.target])


def shell(*arguments: str) -> object:
    """What `suffice mi ... --json` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if suffice(["mi", *arguments, "--json"]):
            raise SystemExit(f"suffice mi {' '.join(arguments)} failed")
    return json.loads(printed.getvalue())


def main() -> None:
    """Measure, and write the section and the heat maps."""
    rows, told = [], []
    folder = Path(tempfile.mkdtemp())
    for name, load in (("iris", load_iris), ("wine", load_wine)):
        frame = table_of(load)
        path = folder / f"{name}.csv"
        frame.to_csv(path, index=False)
        features = [column for column in frame if column != "species"]
        pairs = pd.DataFrame(shell(str(path), "--every-pair", "--out", str(folder / name)))
        for feature in features:
            both = pairs[["x", "y"]].isin([feature, "species"]).all(axis=1)
            found = pairs[both].to_dict("records")[0]
            known = binned_mi(frame[feature], frame["species"], bins=BINS)
            interval = f"{found['low']:.2f} to {found['high']:.2f}"
            binned = f"{known.value:.2f} ({known.low:.2f} to {known.high:.2f})"
            apart = found["low"] > known.high or found["high"] < known.low
            rows.append([name, feature, f"{found['value']:.2f}", interval, binned, "no" if apart else "yes"])
        every = shell(str(path), "--x", ",".join(features), "--y", "species")
        told.append(f"{name}: all features together {every['value']:.2f} ({every['low']:.2f} to {every['high']:.2f})")
        print(told[-1], flush=True)
        drawn = folder / name / "report.html"
        print(f"page with the heat map: {drawn}", flush=True)
    agree = sum(row[-1] == "yes" for row in rows)
    head = ["table", "feature", "lower bound of I(feature; species)", "95 % interval", f"exact, {BINS} bins", "agree"]
    text = f"The intervals overlap for {agree} of {len(rows)} features; log 3 is 1.10 nats. {'. '.join(told)}."
    results.write("real_tables", "python -m benchmarks.real_tables", results.table(head, rows) + "\n\n" + text)


if __name__ == "__main__":
    main()

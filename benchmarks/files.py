"""A user's file: the same posterior from every format, and a million simulations in little memory.

    python -m benchmarks.files

First `suffice infer` on an npz, a Zarr and an HDF5 file of the same 5,000 simulations: the three
`posterior.csv` must agree. Then a million simulations of 100 float32 numbers on disk (412 MB a file), for
each format in a fresh process: `--epochs` of training, with its peak memory. To reach: under 1.5 GB.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import measure, regression_problem as problem, results

ENDINGS, GIGABYTES = (".npz", ".zarr", ".h5"), 1.5
SMALL, LARGE, CHUNK = 5_000, 1_000_000, 20_000
INFER = "import sys; from suffice.cli import main; sys.exit(main(sys.argv[1:]))"


def chunks(n: int) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Simulations in chunks, so that the writer too holds only one."""
    for start in range(0, n, CHUNK):
        rows = slice(start, min(start + CHUNK, n))
        yield rows, *problem.simulations(start, rows.stop - start)


def write(path: Path, n: int) -> None:
    """A file of `n` simulations, by the format's own library, as somebody else's code would write it."""
    shapes = {"theta": (n, problem.PARAMETERS), "x": (n, problem.BINS)}
    if path.suffix == ".zarr":
        import zarr

        group = zarr.open_group(path, mode="w")
        arrays = {k: group.create_array(k, shape=s, chunks=(CHUNK, s[1]), dtype="float32") for k, s in shapes.items()}
        fill(arrays, n)
    elif path.suffix == ".h5":
        import h5py

        with h5py.File(path, "w") as file:
            fill({k: file.create_dataset(k, s, "float32", chunks=(1024, s[1])) for k, s in shapes.items()}, n)
    else:
        arrays = {k: np.empty(s, np.float32) for k, s in shapes.items()}
        fill(arrays, n)
        np.savez(path, **arrays)


def fill(arrays: dict, n: int) -> None:
    """Put the simulations into arrays of whatever kind."""
    for rows, theta, x in chunks(n):
        arrays["theta"][rows], arrays["x"][rows] = theta, x


def same_posterior(folder: Path) -> str:
    """`suffice infer` on each format, and the largest difference between their tables."""
    np.save(folder / "observed.npy", problem.observations()[1][0])
    tables, rows = {}, []
    for ending in ENDINGS:
        sims, out = folder / f"sims{ending}", folder / f"result{ending[1:]}"
        write(sims, SMALL)
        took = measure.fresh(["python", "-c", INFER, "infer", str(sims), f"{folder}/observed.npy", "--out", str(out)])
        tables[ending] = numbers(out / "posterior.csv")
        rows.append([ending, f"{took.wall:.1f}", f"{took.cpu:.1f}", f"{took.gigabytes:.2f}"])
    first = tables[ENDINGS[0]]
    apart = max(float(np.nanmax(np.abs(table - first))) for table in tables.values())
    told = results.table([f"`suffice infer`, {SMALL:,} simulations", "wall s", "CPU s", "peak GB"], rows)
    verdict = results.verdict(apart <= 1e-6 * float(np.nanmax(np.abs(first))))
    return f"{told}\n\nLargest difference between the three `posterior.csv`: {apart:.1e} (the same: {verdict})."


def numbers(path: Path) -> np.ndarray:
    """All numbers of a table."""
    import pandas as pd

    return pd.read_csv(path).select_dtypes("number").to_numpy()


def train(path: str, epochs: int) -> dict[str, float]:
    """Train on a file in this process."""
    import suffice as sf

    sims = sf.load_simulations(path)
    start = measure.peak_gigabytes()
    ratio = sf.Ratio(sf.networks.MLP(problem.BINS, problem.PARAMETERS, key=0))
    fitted = sf.fit(ratio, sims, key=0, max_epochs=epochs, progress=False)
    peak = measure.peak_gigabytes()
    _, x = problem.observations()
    posterior = sf.posterior(fitted, prior(), x)
    exact = problem.Exact(nodes=32).grid_densities(x)
    return {
        "loss": float(fitted.history["valid_bce"].min()),
        "epoch_wall": float(fitted.history["seconds"].min()),
        "start_gigabytes": start,
        "gigabytes": peak,
        "width": float(np.mean(posterior.std / problem.moments(exact)[1])),
    }


def prior():
    """Uniform in the box, under the names that a file without names gives."""
    import numpyro.distributions as dist

    import suffice as sf

    return sf.Prior(theta=dist.Uniform(-1.0, 1.0).expand([problem.PARAMETERS]))


def million(folder: Path, endings: list[str], epochs: int) -> str:
    """Peak memory of training on each format."""
    rows, worst = [], 0.0
    for ending in endings:
        path = folder / f"million{ending}"
        write(path, LARGE)
        took = measure.fresh(["python", "-m", "benchmarks.files", "--train", str(path), "--epochs", str(epochs)])
        found, worst = took.last, max(worst, took.last["gigabytes"])
        row = [
            ending,
            f"{found['gigabytes']:.2f}",
            f"{found['start_gigabytes']:.2f}",
            f"{found['epoch_wall']:.1f}",
        ]
        rows.append([*row, f"{took.cpu:.0f}", f"{found['loss']:.3f}", f"{found['width']:.3f}"])
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    head = [
        f"{LARGE:,} simulations",
        "peak GB",
        "before training",
        "wall s an epoch",
        "CPU s",
        "held-out loss",
    ]
    told = results.table([*head, "width ratio"], rows)
    verdict = results.verdict(worst < GIGABYTES)
    return f"{told}\n\n{epochs} epochs each. To reach: peak memory under {GIGABYTES} GB, {verdict}."


def main() -> None:
    """Both parts, write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--formats", nargs="+", choices=ENDINGS, default=list(ENDINGS))
    parser.add_argument("--train", help="only train on this file, in this process")
    args = parser.parse_args()
    if args.train:
        print(json.dumps(train(args.train, args.epochs)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        body = "\n\n".join([same_posterior(folder), million(folder, args.formats, args.epochs)])
    command = f"python -m benchmarks.files --epochs {args.epochs} --formats {' '.join(args.formats)}"
    results.write("files", command, body, "zarr", "h5py")


if __name__ == "__main__":
    main()

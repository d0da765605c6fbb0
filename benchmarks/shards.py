"""Training from a store larger than the memory that is used: what the device waits, memory, and what is lost.

    python -m benchmarks.shards

Two parts. First a Zarr store of `--rows` simulations of the linear regression with `--bins` numbers (3.2 GB), taken out
of the page cache before each epoch, trained on for `--epochs` in a fresh process: how long the device waited for data
(the column `waited` of the history), and peak memory. To reach: at most 10 % of the time. Then the same problem with
100 numbers, 40,000 rows, `--seeds` times: trained on in memory, from a Zarr store, and from one sorted by the first
parameter, in segments of 1,024 rows (a pool of a fifth of the file). The held-out loss is measured on 20,000 rows that
no fit saw. To reach: the mean difference from memory within two standard errors, or below 0.003 nats a parameter.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import measure, regression_problem as problem, results

SHARE, NATS = 0.10, 0.003
SMALL, SEGMENT, FRESH = 40_000, 1024, 20_000


def wide(rows: int, bins: int, path: Path) -> float:
    """A store of the regression with many bins, written block by block; its size in GB."""
    import zarr

    group = zarr.open_group(path, mode="w")
    chunk = 2 * 2**20 // bins
    theta = group.create_array("theta", shape=(rows, 3), chunks=(chunk, 3), dtype="float32")
    x = group.create_array("x", shape=(rows, bins), chunks=(chunk, bins), dtype="float32", compressors=None)
    at = np.linspace(-1, 1, bins, dtype=np.float32)
    design = np.stack([np.ones_like(at), at, at**2])
    rng = np.random.default_rng(0)
    for start in range(0, rows, chunk):
        stop = min(start + chunk, rows)
        drawn = rng.uniform(-1, 1, (stop - start, 3)).astype(np.float32)
        theta[start:stop] = drawn
        x[start:stop] = drawn @ design + 0.2 * rng.standard_normal((stop - start, bins), dtype=np.float32)
    files = [file for file in path.rglob("*") if file.is_file()]
    forget(files)
    return sum(file.stat().st_size for file in files) / 1e9


def forget(files: list[Path]) -> None:
    """Put files on the disk and out of the page cache, so that reading them reads the disk."""
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def train_wide(path: str, epochs: int) -> dict[str, float]:
    """Train from the store in this process."""
    import suffice as sf

    sims, files = sf.load_simulations(path), [file for file in Path(path).rglob("*") if file.is_file()]
    ratio = sf.Ratio(sf.networks.MLP(sims.x.shape[1], 3, key=0))
    fit = sf.fit(ratio, sims, key=0, max_epochs=epochs, progress=False, loggers=[lambda row: forget(files)])
    history = fit.history.iloc[1:]  # the first compiles
    return {
        "seconds": float(history["seconds"].sum()),
        "waited": float(history["waited"].sum()),
        "first": float(fit.history["waited"].iloc[0]),
        "gigabytes": measure.peak_gigabytes(),
        "loss": float(fit.history["valid_loss"].min()),
    }


def waits(folder: Path, rows: int, bins: int, epochs: int) -> str:
    """The first part."""
    path = folder / "wide.zarr"
    size = wide(rows, bins, path)
    took = measure.fresh(["python", "-m", "benchmarks.shards", "--train", str(path), "--epochs", str(epochs)])
    found = took.last
    share = found["waited"] / found["seconds"]
    row = [f"{size:.1f} GB", f"{found['gigabytes']:.2f}", f"{found['seconds'] / (epochs - 1):.1f}"]
    row += [f"{found['waited'] / (epochs - 1):.3f}", f"{100 * share:.2f} %", f"{found['first']:.2f}"]
    head = ["store", "peak GB", "s an epoch", "waited s an epoch", "share", "waited in the first epoch, s"]
    told = f"{rows:,} rows of {bins} numbers, {epochs} epochs, the store out of the page cache before each; the first, "
    told += "which compiles, is left out of the share."
    verdict = f"To reach: at most {100 * SHARE:.0f} %, {results.verdict(share <= SHARE)}."
    return f"{results.table(head, [row])}\n\n{told} {verdict}"


def loss_of(objective, theta: np.ndarray, x: np.ndarray) -> float:
    """Mean loss a parameter on fresh rows, with the same pairs for every fit."""
    import jax

    from suffice.simulate import Batch

    def one(batch):
        return objective.loss(Batch(*batch), key=jax.random.key(9), step=10**6)[0]

    parts = [part.reshape(-1, 1000, part.shape[1]) for part in (theta, x)]
    return float(np.mean(jax.lax.map(one, tuple(parts)))) / theta.shape[1]


def train_small(path: str, seed: int) -> dict[str, float]:
    """In memory, from the store, and from the sorted store, all in this process."""
    import suffice as sf

    theta, x = problem.simulations(100 + seed, SMALL)
    order = np.argsort(theta[:, 0])
    fresh = problem.simulations(200, FRESH)
    names = [f"theta[{i}]" for i in range(3)]
    every = {"memory": sf.Simulations(theta, x, names)}
    for name, rows in (("store", slice(None)), ("sorted", order)):
        file = Path(path) / f"{name}-{seed}.zarr"
        sf.Simulations(theta[rows], x[rows], names).save(file)
        every[name] = sf.load_simulations(file)
    found = {}
    for name, sims in every.items():
        ratio = sf.Ratio(sf.networks.MLP(problem.BINS, 3, key=seed))
        segment = None if name == "memory" else SEGMENT
        fit = sf.fit(ratio, sims, key=seed, max_epochs=12, segment=segment, progress=False)
        found[name] = loss_of(fit.objective, *fresh)
    return found


def losses(folder: Path, seeds: int) -> str:
    """The second part."""
    command = ["python", "-m", "benchmarks.shards", "--small", str(folder)]
    found = [measure.fresh([*command, "--seed", str(seed)]).last for seed in range(seeds)]
    rows = []
    memory = np.array([one["memory"] for one in found])
    for name in ("memory", "store", "sorted"):
        here = np.array([one[name] for one in found])
        apart = here - memory
        error = apart.std(ddof=1) / np.sqrt(seeds)
        well = abs(apart.mean()) <= max(2 * error, NATS)
        told = ["", "", ""] if name == "memory" else [f"{apart.mean():+.5f}", f"{error:.5f}", results.verdict(well)]
        rows.append([name, f"{here.mean():.5f}", f"{here.std(ddof=1):.5f}", *told])
    head = ["trained from", "held-out loss a parameter", "over seeds", "apart from memory", "standard error", ""]
    told = f"{SMALL:,} rows, {seeds} seeds, segments of {SEGMENT} rows, 12 epochs."
    aim = f"To reach: the mean difference within two standard errors, or below {NATS} nats a parameter."
    return f"{results.table(head, rows)}\n\n{told} {aim}"


def main() -> None:
    """Both parts, write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--rows", type=int, default=800_000)
    parser.add_argument("--bins", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--train", help="only train on this store, in this process")
    parser.add_argument("--small", help="only compare losses, with stores in this folder, in this process")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.train or args.small:
        print(json.dumps(train_wide(args.train, args.epochs) if args.train else train_small(args.small, args.seed)))
        return
    with tempfile.TemporaryDirectory(dir=".") as name:  # /tmp may be memory
        folder = Path(name).resolve()
        body = "\n\n".join([waits(folder, args.rows, args.bins, args.epochs), losses(folder, args.seeds)])
    results.write("shards", "python -m benchmarks.shards", body, "zarr")


if __name__ == "__main__":
    main()

"""A small valid file for every reader, to be broken."""

from pathlib import Path

import h5py
import jax
import numpy as np
import numpyro.distributions as dist
import pandas as pd

import suffice as sf

_ROWS = 24


def simulations() -> sf.Simulations:
    """Two arrays, of which one row failed."""
    rng = np.random.default_rng(0)
    status = np.zeros(_ROWS, np.int8)
    status[3] = 1
    x = {"image": rng.normal(size=(_ROWS, 2, 2)).astype(np.float32), "count": np.arange(_ROWS)}
    return sf.Simulations(rng.normal(size=(_ROWS, 2)), x, names=("mass", "age"), status=status)


def model() -> dict:
    """What checkpoints and fits are made of: a network, a prior, a key, a table, numbers."""
    return {
        "network": sf.networks.MLP(3, 2, width=4, depth=1, key=0),
        "prior": sf.Prior(z=dist.Uniform(-1, 1), t=dist.LogNormal(0, 1)),
        "key": jax.random.key(1),
        "history": pd.DataFrame({"epoch": [0, 1], "loss": [1.0, float("nan")]}),
        "patience": (1, 2.5, None, True, "text"),
        "rows": slice(0, 3),
    }


def table() -> pd.DataFrame:
    """Numbers, classes, a group of columns."""
    rng = np.random.default_rng(1)
    columns = {"f_1": rng.normal(size=_ROWS), "f_2": rng.normal(size=_ROWS), "code": rng.integers(0, 3, _ROWS)}
    return pd.DataFrame(columns | {"kind": np.array(["a", "b"])[rng.integers(0, 2, _ROWS)]})


def tracks(program: str) -> str:
    """Three tracks of 8 frames as this program writes them."""
    rng = np.random.default_rng(2)
    points = [(k, t, *rng.normal(size=2).round(3)) for k in range(3) for t in range(8)]
    heads = {
        "trackpy": ["particle,frame,x,y"],
        "andi": ["traj_idx,frame,x,y"],
        "trackmate": ["LABEL,TRACK_ID,FRAME,POSITION_X,POSITION_Y", "Label,Track ID,Frame,X,Y", ",,,(micron),(micron)"],
    }
    first = "spot," if program == "trackmate" else ""
    return "\n".join([*heads[program], *(first + ",".join(map(str, point)) for point in points)]) + "\n"


OPTIONS = "x: petal\ny: species\nfolds: 3\nbits: true\nhidden: [16, 16]\nmax-epochs: 5\nestimator: auto\n"
PRIOR = "mass: {distribution: LogNormal, loc: 0, scale: 0.5}\nn:\n  distribution: Uniform\n  low: 1\n  high: 2\n"
OBSERVATION = "a,b,c\n1.0,2.5,-3e-2\n"


def write(name: str, folder: Path) -> Path:
    """The seed of a reader in `folder`."""
    path = folder / name
    numbers = np.array([1.0, 2.5, -0.03])
    if name == "model.suffice":
        return sf.save(model(), path)
    if name.startswith("sims"):
        return simulations().save(path)
    if name == "obs.npy":
        np.save(path, numbers)
    elif name == "obs.npz":
        np.savez(path, x=numbers)
    elif name == "obs.h5":
        with h5py.File(path, "w") as file:
            file["x"] = numbers
    elif name == "table.parquet":
        table().to_parquet(path)
    elif name == "table.npz":
        np.savez_compressed(
            path, **{column: values.to_numpy() for column, values in table().items() if column != "kind"}
        )
    else:
        texts = {
            "table.csv": table().to_csv(index=False),
            "tracks.csv": tracks("trackpy"),
            "options.yaml": OPTIONS,
            "prior.yaml": PRIOR,
            "obs.csv": OBSERVATION,
        }
        path.write_text(texts[name])
    return path

"""A small fit in a process of its own, to be killed: `python killed_fit.py KIND FOLDER CHECKPOINT`.

It prints a line after each epoch.
"""

import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from suffice.networks import MLP
from suffice.simulate import load_simulations, Simulations
from suffice.train import AbstractObjective, Fit, fit

EPOCHS = 60


class Noisy(AbstractObjective):
    """A regression on noisy data: its course depends on every key."""

    summary: eqx.Module
    monitor = "loss"

    def start(self, rows, *, names, key):
        return Noisy(MLP(6, 2, width=16, depth=1, key=key))

    def finish(self, held_out, *, key):
        return self

    def loss(self, batch, *, key, step):
        x = batch.x + jax.random.normal(key, batch.x.shape)
        return ((jax.vmap(self.summary)(x) - batch.theta) ** 2).mean(), {}


def run(kind: str, folder: Path, checkpoint: Path, logger) -> Fit:
    return fit(
        Noisy(jnp.zeros(())),
        load_simulations(folder / ("sims.zarr" if kind == "stored" else "sims.npz")),
        key=0,
        max_epochs=EPOCHS,
        patience=EPOCHS,
        plateau=3,
        batch_size=50,
        learning_rate=3e-3,
        segment=200 if kind == "stored" else None,
        ensemble=2 if kind == "ensemble" else 1,
        checkpoint=checkpoint,
        loggers=[logger],
        progress=False,
    )


def make(folder: Path) -> None:
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(600, 2))
    sims = Simulations(theta, np.repeat(theta, 3, axis=1) + rng.normal(size=(600, 6)))
    sims.save(folder / "sims.npz")
    sims.save(folder / "sims.zarr")


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), lambda row: print(int(row["epoch"]), flush=True))

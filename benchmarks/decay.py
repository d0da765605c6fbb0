"""What does weight decay that follows the overfitting give a flow?

    python -m benchmarks run decay

Single flows of `sf.Flow` and `sf.fit` with their default settings on tasks of sbibm, once as they are, once with the
weight decay that other objectives have, 1e-4: the loss on 20,000 new simulations (minus the nats that the density says
of the parameters; lower is better), beside those of the steps and of the held-out part when it was best.
"""

import argparse
import itertools
import math
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import suffice as sf
from benchmarks import results
from benchmarks.keep import kept
from benchmarks.sbibm import summary
from benchmarks.sbibm_tasks import TASKS
from suffice.simulate import Batch

SIMULATIONS, FRESH, CONSTANT = (1000, 10_000), 20_000, 1e-4
CHOSEN = ("two_moons", "gaussian_mixture", "slcp", "slcp_distractors", "bernoulli_glm_raw", "lotka_volterra")


def measured(name: str, simulations: int, seed: int, decay: float | None) -> dict[str, Any]:
    """Loss on new simulations, with its standard error, and what the best epoch and the fit say of themselves."""
    process = TASKS[name].process
    sims = sf.simulate(process.prior, process, simulations, key=1000 + seed, progress=False)
    fresh = sf.simulate(process.prior, process, FRESH, key=7000, progress=False)
    flow, size = sf.Flow(summary(name, seed), process.prior), min(256, simulations // 20)
    fit = sf.fit(flow, sims, key=seed, batch_size=size, weight_decay=decay, progress=False)

    @jax.jit
    def losses(theta: Any, x: Any) -> Any:
        def one(row: Any) -> Any:
            return fit.objective.loss(Batch(row[0][None], row[1][None]), key=jax.random.key(0), step=jnp.array(0))[0]

        return jax.lax.map(one, (theta, x), batch_size=500)

    each = np.asarray(losses(jnp.asarray(fresh.theta), jnp.asarray(fresh.x)))
    best = fit.history.loc[fit.history["valid_loss"].idxmin()]
    found = {"loss": each.mean(), "error": each.std() / np.sqrt(FRESH), "train": best["train_loss"]}
    found |= {"valid": best["valid_loss"], "decay": fit.history["weight_decay"].max()}
    return {name: float(value) for name, value in found.items()}


def both(name: str, n: int, seed: int) -> list[dict[str, float]]:
    """With the default, and with the constant."""
    return [measured(name, n, seed, decay) for decay in (None, CONSTANT)]


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=list(CHOSEN))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--keep", type=Path, required=True)
    args = parser.parse_args()
    rows, gains = [], []
    for n, name, seed in itertools.product(SIMULATIONS, args.tasks, range(args.seeds)):
        follows, constant = kept(args.keep / f"{name}-{n}-{seed}.json", both, name, n, seed)
        gains.append(constant["loss"] - follows["loss"])
        row = [f"{name}, {n:,} simulations, seed {seed}", f"{follows['loss']:.3f} ± {follows['error']:.3f}"]
        row += [f"{constant['loss']:.3f}", f"{gains[-1]:+.3f}"]
        gaps = [one["valid"] - one["train"] for one in (follows, constant)]
        row += ["the start is the best" if math.isnan(gap) else f"{gap:.2f}" for gap in gaps]
        rows.append([*row, f"{follows['decay']:.2f}"])
        print(rows[-1], flush=True)
    head = ["task", "loss on new simulations", f"with {CONSTANT:g}", "gain", "held-out less training loss"]
    head += [f"with {CONSTANT:g}", "largest decay"]
    lost = sum(gain < -0.01 for gain in gains)
    told = f"Gain in nats: from {min(gains):+.3f} to {max(gains):+.3f}, median {np.median(gains):+.3f}; "
    told += f"{lost} of {len(gains)} fits lose more than 0.01 nats by it."
    results.write(
        "decay",
        f"python -m benchmarks.decay {' '.join(args.tasks)} --seeds {args.seeds} --keep FOLDER",
        results.table(head, rows) + "\n\n" + told,
    )


if __name__ == "__main__":
    main()

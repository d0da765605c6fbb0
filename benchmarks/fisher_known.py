"""Learned summaries against known Fisher matrices: fields, a nuisance, exponential and gamma draws.

    python -m benchmarks.fisher_known

F is measured on fresh simulations. Linear compression of the field's pixels knows nothing at all, for the mean of the
field does not depend on the parameters, so its gap to all data is infinite; compared are the share of det F, and linear
compression of the pixels with their squares and the products of neighbours.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import polygamma

import suffice as sf
from benchmarks import results
from suffice.simulate.processes import GaussianField

GRID = np.linspace(0, 10, 100)


class Task(NamedTuple):
    """A simulator at a fiducial whose Fisher matrix is known, and the network for it."""

    simulator: Callable
    fiducial: dict[str, float]
    exact: np.ndarray
    network: Callable[[int], Any]
    n: int = 1000
    max_epochs: int = 200
    learning_rate: float = 1e-3


def nuisance(key: jax.Array, theta: jax.Array) -> jax.Array:
    """A line y = (m + ζ) x + ε with ζ of variance 0.1."""
    one, two = jax.random.split(key)
    return (theta[0] + np.sqrt(0.1) * jax.random.normal(one)) * GRID + jax.random.normal(two, (100,))


def exponential(key: jax.Array, theta: jax.Array) -> jax.Array:
    """Ten draws of scale θ."""
    return theta[0] * jax.random.exponential(key, (10, 1))


def gamma(key: jax.Array, theta: jax.Array) -> jax.Array:
    """Ten draws of shape and scale."""
    return theta[1] * jax.random.gamma(key, theta[0], (10, 1))


def convolutional(seed: int) -> Any:
    """For a periodic, stationary field."""
    return sf.networks.Conv2d((32, 32), 2, channels=(32,), kernel=5, periodic=True, segments=1, key=seed)


def tasks() -> dict[str, Task]:
    """All of them."""
    s = float((GRID**2).sum())
    shape = 2.0
    of_gamma = 10 * np.array([[float(polygamma(1, shape)), 1.0], [1.0, shape]])
    field = GaussianField(32)
    return {
        "line with a nuisance": Task(
            nuisance, {"m": 1.0}, np.array([[s / (1 + 0.1 * s)]]), lambda seed: sf.networks.MLP(100, 1, key=seed)
        ),
        "exponential": Task(
            exponential, {"scale": 1.0}, np.array([[10.0]]), lambda seed: sf.networks.DeepSet(1, 1, key=seed)
        ),
        "gamma": Task(
            gamma, {"shape": shape, "scale": 1.0}, of_gamma, lambda seed: sf.networks.DeepSet(1, 2, key=seed)
        ),
        "field": Task(
            field,
            {"A": 1.0, "B": 0.5},
            field.exact_fisher(np.array([1.0, 0.5])),
            convolutional,
            n=200,
            max_epochs=30,
            learning_rate=3e-3,
        ),
    }


def quadratic(x: jax.Array) -> jax.Array:
    """A field with its squares and the products of neighbours."""
    products = [x, x**2, x * jnp.roll(x, 1, 0), x * jnp.roll(x, 1, 1)]
    return jnp.concatenate([product.ravel() for product in products])


def measured(task: Task, seed: int) -> tuple[np.ndarray, sf.Fit]:
    """F of a learned summary on fresh simulations."""
    tangents = sf.Tangents.simulated(task.simulator, task.fiducial, task.n)
    settings = {"valid": 0.2, "max_epochs": task.max_epochs, "learning_rate": task.learning_rate}
    fit = sf.fit(sf.Fisher(task.network(seed)), tangents, key=seed + 50, progress=False, **settings)
    fresh = sf.Tangents.simulated(task.simulator, task.fiducial, 50_000)
    return np.asarray(sf.fisher_matrix(fit.objective.summary, fresh, key=9)), fit


def beside_linear(task: Task, dets: list[float]) -> str:
    """The field's learned summaries beside all data and beside linear compression with squares and products."""
    exact = float(np.linalg.det(task.exact))
    images = sf.Tangents.simulated(lambda key, theta: quadratic(task.simulator(key, theta)), task.fiducial, 6000)
    linear = sf.score_compression(images, n=6000)
    fresh = sf.Tangents.simulated(images.simulator, task.fiducial, 20_000)
    start = float(np.linalg.det(np.asarray(sf.fisher_matrix(linear, fresh, key=9))))
    return (
        f"Field: det F of linear compression with squares and products {start / exact:.3f} of the exact, learned from "
        f"the pixels {', '.join(f'{det / exact:.3f}' for det in dets)} (at least 0.95: "
        f"{results.verdict(min(dets) >= 0.95 * exact)})."
    )


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    rows, told = [], []
    for name, task in tasks().items():
        runs = [measured(task, seed) for seed in range(args.seeds)]
        root = np.linalg.inv(np.linalg.cholesky(task.exact))
        # The smallest eigenvalue of F against the exact one: the worst loss of information about any direction.
        kept = [float(np.linalg.eigvalsh(root @ found @ root.T)[0]) for found, _ in runs]
        dets = [float(np.linalg.det(found)) for found, _ in runs]
        seconds = np.median([fit.seconds for _, fit in runs])
        numbers = [f"{np.linalg.det(task.exact):.4g}", ", ".join(f"{det:.4g}" for det in dets), f"{min(kept):.3f}"]
        rows.append([name, *numbers, f"{seconds:.0f}"])
        if name == "field":
            told.append(beside_linear(task, dets))
        else:
            within = min(kept) > 0.97 and max(dets) < 1.06 * np.linalg.det(task.exact)
            told.append(f"{name.capitalize()}: within 3 % {results.verdict(within)}.")
    head = ["", "det F, exact", "learned, each seed", "least share of information about any direction", "s"]
    body = results.table(head, rows) + "\n\n" + "\n\n".join(told)
    results.write("fisher_known", f"python -m benchmarks.fisher_known --seeds {args.seeds}", body)


if __name__ == "__main__":
    main()

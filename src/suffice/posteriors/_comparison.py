"""How far simulations are from an observation: distances between estimates, in units of the Fisher matrix."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..priors import AbstractPrior
from ..simulate import simulate_at, Simulations, try_tracing

_CHUNK = 8192


class Compared(eqx.Module):
    """Parameters `theta` `(n, p)`, the estimates `(n, p)` of their simulations, and the distances `(n,)`."""

    theta: Float[np.ndarray, "n p"]
    estimates: Float[np.ndarray, "n p"]
    distance: Float[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.theta)

    def take(self, rows: Any) -> "Compared":
        """Some rows."""
        return Compared(self.theta[rows], self.estimates[rows], self.distance[rows])

    @staticmethod
    def together(parts: list["Compared"]) -> "Compared":
        """Several parts, one after the other."""
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


class Comparison(eqx.Module):
    """Compares simulations with one observation by d = √((t - t_obs)ᵀ F (t - t_obs)), t their estimates.

    A simulator and an estimate that JAX can trace run together in compiled chunks, and no simulation is kept;
    others run in processes. A simulation without a finite estimate is infinitely far.
    """

    prior: AbstractPrior
    simulator: Callable
    estimate: Callable
    fisher: Float[Array, "p p"]
    observed: Float[Array, " p"]
    workers: Any = eqx.field(static=True)
    traced: bool = eqx.field(static=True)

    def drawn(self, key: Array, chunk: int) -> Compared:
        """`chunk` parameters from the prior, compared."""
        if self.traced:
            return _as_numpy(_drawn(self, key, chunk))
        for_theta, for_x = jax.random.split(key)
        return self.at(np.asarray(self.prior.sample(chunk, key=for_theta)), for_x)

    def at(self, theta: np.ndarray, key: Array) -> Compared:
        """The parameters `theta` `(n, p)`, compared."""
        if self.traced:
            return _as_numpy(_at(self, jnp.asarray(theta, float), key))
        settings = {"names": self.prior.names, "workers": self.workers, "progress": False}
        return self.simulated(simulate_at(theta, self.simulator, key=key, **settings))

    def simulated(self, sims: Simulations) -> Compared:
        """Simulations that were made already, compared a chunk at a time."""
        parts = []
        for rows in _chunks(len(sims)):
            batch = sims.rows(rows)
            t = estimates_of(self.estimate, batch.x)
            t[np.asarray(sims.status[rows[0] : rows[-1] + 1]) != 0] = np.nan
            parts.append(Compared(np.asarray(batch.theta, np.float64), t, self._distance(t)))
        return Compared.together(parts)

    def _distance(self, t: np.ndarray) -> np.ndarray:
        away = t - np.asarray(self.observed)
        squares = np.einsum("np,pq,nq->n", away, np.asarray(self.fisher, np.float64), away)
        return np.where(np.isfinite(squares), np.sqrt(np.maximum(squares, 0)), np.inf)


@eqx.filter_jit
def _drawn(comparison: Comparison, key: Array, chunk: int) -> tuple[Array, Array, Array]:
    for_theta, for_x = jax.random.split(key)
    return _compared(comparison, comparison.prior.sample(chunk, key=for_theta), for_x)


@eqx.filter_jit
def _at(comparison: Comparison, theta: Array, key: Array) -> tuple[Array, Array, Array]:
    return _compared(comparison, theta, key)


def _compared(comparison: Comparison, theta: Array, key: Array) -> tuple[Array, Array, Array]:
    def one(key: Array, theta: Array) -> tuple[Array, Array]:
        t = comparison.estimate(comparison.simulator(key, theta))
        away = t - comparison.observed
        square = away @ comparison.fisher @ away
        return t, jnp.where(jnp.isfinite(square), jnp.sqrt(jnp.maximum(square, 0)), jnp.inf)

    return theta, *jax.vmap(one)(jax.random.split(key, len(theta)), theta)


def _as_numpy(parts: tuple[Array, Array, Array]) -> Compared:
    return Compared(*(np.asarray(part, np.float64) for part in parts))


def _chunks(n: int) -> Iterator[np.ndarray]:
    for start in range(0, n, _CHUNK):
        yield np.arange(start, min(start + _CHUNK, n))


def estimates_of(estimate: Callable, x: PyTree) -> np.ndarray:
    """Estimates `(n, p)` of rows of data, compiled where JAX can trace `estimate`."""
    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], jax.dtypes.canonicalize_dtype(leaf.dtype)), x)
    if _traceable(estimate, one):
        found = _estimates(estimate, jax.tree.map(jnp.asarray, x))
    else:
        rows = range(len(jax.tree.leaves(x)[0]))
        found = [estimate(jax.tree.map(lambda leaf, i=i: np.asarray(leaf[i]), x)) for i in rows]
    return np.array(found, np.float64)


@eqx.filter_jit
def _estimates(estimate: Callable, x: PyTree) -> Array:
    return jax.lax.map(estimate, x, batch_size=1024)


def _traceable(estimate: Callable, one: PyTree) -> bool:
    try:
        eqx.filter_eval_shape(estimate, one)
    except ValueError:  # a complaint about the data, to be read by the user
        raise
    except Exception:
        return False
    return True


def observed_estimate(estimate: Callable, x_obs: PyTree, p: int) -> np.ndarray:
    """The estimate `(p,)` of one observation.

    **Raises** `ValueError` when it is not one finite number a parameter.
    """
    found = np.asarray(estimate(jax.tree.map(np.asarray, x_obs)), np.float64)
    if found.shape != (p,):
        raise ValueError(
            f"estimate(x_obs) must be one number for each of the {p} parameters, ({p},), but {found.shape} came; is "
            "x_obs one observation? For many, use the method whose name ends in _many"
        )
    if not np.isfinite(found).all():
        raise ValueError(f"the estimate of the observation is {found}; are there non-finite numbers in x_obs?")
    return found


def checked_fisher(fisher: Any, p: int) -> np.ndarray:
    """A Fisher matrix, or any metric, `(p, p)`: symmetric and positive definite."""
    matrix = np.asarray(fisher, np.float64)
    if matrix.shape != (p, p):
        raise ValueError(
            f"fisher must have shape ({p}, {p}), one row for each parameter of the prior, but {matrix.shape} came"
        )
    if not np.allclose(matrix, matrix.T, rtol=1e-3, atol=1e-6 * np.abs(matrix).max()):
        raise ValueError("fisher must be symmetric")
    if not np.isfinite(matrix).all() or np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ValueError("fisher must be finite and positive definite: some parameter would have no scale")
    return (matrix + matrix.T) / 2


def compare(
    prior: AbstractPrior,
    simulator: Callable | None,
    estimate: Callable,
    fisher: np.ndarray,
    observed: np.ndarray,
    workers: Any,
) -> Comparison:
    """A comparison, that runs compiled where it can."""
    traced = False
    if simulator is not None and not workers:
        tracing = try_tracing(simulator, prior.dim)
        traced = tracing.example is not None and _traceable(estimate, tracing.example)
    on_device = (jnp.asarray(fisher, float), jnp.asarray(observed, float))
    return Comparison(prior, simulator or _none, estimate, *on_device, workers, traced)


def _none(key: Any, theta: Any) -> Any:
    raise ValueError("no simulator was given")

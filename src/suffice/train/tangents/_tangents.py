"""The front door to simulations with derivatives: where the derivatives come from is a choice of source."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ._fiducial import Fiducial, fiducial_of, width_of
from ._given import Augment, given, GivenTangents
from ._read import FunctionReader
from ._shapes import finite_rows, refuse_shapes
from ._simulated import SimulatedTangents
from ._store import open_tangents, Stored
from ._streamed import StreamedTangents
from ._tfrecord import RecordReader


class Tangents:
    """Simulations at a fiducial parameter with their derivatives with respect to the parameters.

    Each of these makes a source for `sf.fit(sf.Fisher(summary), tangents, key=)` and for `sf.fisher_matrix`:

    - `Tangents.simulated`: fresh simulations every step, differentiated through a JAX simulator;
    - `Tangents.exact`: arrays of simulations and of their derivatives;
    - `Tangents.differences`: arrays of simulations and of lower and upper ones made with the same seeds;
    - `Tangents.generated`: functions of a seed, read ahead in the background;
    - `Tangents.stored`: any of these from a Zarr store, read ahead in the background;
    - `Tangents.records`: lower and upper simulations from TFRecord files, read ahead in the background.
    """

    @staticmethod
    def simulated(
        simulator: Callable,
        fiducial: Mapping[str, float] | Any,
        n: int,
        *,
        names: Sequence[str] | None = None,
        n_d: int | None = None,
        delta: Any = None,
        steps: int = 50,
        fresh: bool = True,
    ) -> SimulatedTangents:
        """`n` simulations in every step, of which the first `n_d` with derivatives through the simulator.

        A simulation and its derivative have the same key. The simulations are new in every step, so there is
        nothing to overfit.

        **Arguments:**

        - `simulator`: `simulator(key, theta) -> x`, written in JAX and differentiable in theta.
        - `fiducial`: `{"mean": 0.0, "variance": 1.0}`, or an array `(p,)` with `names`.
        - `n`, `n_d`: simulations in a step; n_d is n unless told.
        - `delta`: the full distance θ⁺ - θ⁻, one number or one for each parameter. Derivatives are then central
          differences of simulations with the same key: for simulators that have no derivative, and for
          networks with kinks (ReLU), in whose gradient a derivative through the simulator leaves out the
          movement of the kinks.
        - `steps`: steps that count as an epoch.
        - `fresh`: `False` keeps the same `n` simulations in every step of the fit.

        **Raises** `ValueError` for a simulator that cannot be differentiated.
        """
        at = fiducial_of(fiducial, names)
        width = None if delta is None else jnp.asarray(width_of(delta, len(at.theta)), float)
        n_d = _sizes(n, n_d)
        if steps < 1:
            raise ValueError(f"steps must be at least 1, but {steps} came")
        _refuse_without_derivative(simulator, at, width is None)
        return SimulatedTangents(
            simulator=simulator,
            fiducial=jnp.asarray(at.theta, float),
            width=width,
            fixed=None if fresh else jax.random.key(0),
            names=at.names,
            n=n,
            n_d=n_d,
            steps=steps,
        )

    @staticmethod
    def exact(
        x: PyTree,
        dx: PyTree,
        fiducial: Mapping[str, float] | Any,
        *,
        names: Sequence[str] | None = None,
        augment: Augment | None = None,
        preprocess: Callable[[Any], Any] | None = None,
        steps: int = 1,
    ) -> GivenTangents:
        """Simulations `x` `(n_s, ...)` and the derivatives `dx` `(n_d, ..., p)` of the first n_d of them.

        **Arguments:**

        - `x`, `dx`: arrays, or dicts of named arrays.
        - `fiducial`, `names`: as for `Tangents.simulated`.
        - `augment`: `augment(key, x) -> x`, anew in every step of the training part only; a little noise,
          `lambda key, x: x + 0.5 * jax.random.normal(key, x.shape)`, keeps a network from learning a small
          set by heart.
        - `preprocess`: `x -> x`, applied once (derivatives are carried through it).
        - `steps`: steps that count as an epoch; each sees all rows.
        """
        at = fiducial_of(fiducial, names)
        refuse_shapes(x, dx, len(at.theta), pairs=False)
        return _arrays(x, dx, None, at, augment, preprocess, steps)

    @staticmethod
    def differences(
        x: PyTree,
        dx: PyTree,
        fiducial: Mapping[str, float] | Any,
        delta: Any,
        *,
        names: Sequence[str] | None = None,
        augment: Augment | None = None,
        preprocess: Callable[[Any], Any] | None = None,
        steps: int = 1,
    ) -> GivenTangents:
        """Simulations `x` `(n_s, ...)` and, with the same seeds as the first n_d of them, `dx` `(n_d, 2, p, ...)`.

        `dx[:, 0, i]` are simulated with parameter i lower by δ/2, `dx[:, 1, i]` with it higher by δ/2.

        **Arguments:**

        - `delta`: the full distance θ⁺ - θ⁻, one number or one for each parameter. (Half of it instead
          makes every derivative twice, and the Fisher matrix four times, as large.)
        - the others: as for `Tangents.exact`.
        """
        at = fiducial_of(fiducial, names)
        width = width_of(delta, len(at.theta))
        refuse_shapes(x, dx, len(at.theta), pairs=True)
        return _arrays(x, dx, width, at, augment, preprocess, steps)

    @staticmethod
    def generated(
        simulation: Callable[[int], Any],
        derivative: Callable[[int, str, int], Any],
        fiducial: Mapping[str, float] | Any,
        delta: Any,
        *,
        total: int,
        total_d: int | None = None,
        n: int | None = None,
        n_d: int | None = None,
        names: Sequence[str] | None = None,
        augment: Augment | None = None,
        preprocess: Callable[[Any], Any] | None = None,
    ) -> StreamedTangents:
        """Simulations that functions of a seed make or read, ahead of their use and in the background.

        **Arguments:**

        - `simulation`: `simulation(seed) -> x`.
        - `derivative`: `derivative(seed, side, parameter) -> x`, where `side` is `"lower"` or `"upper"` and
          `parameter` its number: the same simulation with that parameter lower or higher by δ/2.
        - `delta`: the full distance θ⁺ - θ⁻.
        - `total`, `total_d`: seeds run from 0 to `total - 1`, those with derivatives to `total_d - 1` (all of
          them unless told).
        - `n`, `n_d`: simulations in a step, and how many of them with derivatives; by default a step takes all
          that are not held out. Memory follows `n`.
        - the others: as for `Tangents.exact`.
        """
        at = fiducial_of(fiducial, names)
        total_d = _sizes(total, total_d)
        reader = FunctionReader(simulation, derivative, len(at.theta))
        return _streamed(
            Stored(reader, at, width_of(delta, len(at.theta)), total, total_d), n, n_d, augment, preprocess
        )

    @staticmethod
    def records(
        x: Sequence[str | Path],
        dx: Sequence[str | Path],
        fiducial: Mapping[str, float] | Any,
        delta: Any,
        *,
        shape: Sequence[int],
        dtype: str = "float32",
        feature: str = "input",
        n: int | None = None,
        n_d: int | None = None,
        names: Sequence[str] | None = None,
        augment: Augment | None = None,
        preprocess: Callable[[Any], Any] | None = None,
    ) -> StreamedTangents:
        """Simulations and their lower and upper neighbours in TFRecord files, read ahead in the background.

        **Arguments:**

        - `x`: files of the simulations, one record each; `dx`: files of the lower and upper ones, for each of the
          first seeds the lower simulation of every parameter, then the upper of every parameter.
        - `shape`, `dtype`, `feature`: of one simulation, and under which name a record holds its bytes or floats.
        - `delta`, `n`, `n_d` and the others: as for `Tangents.generated`.

        Needs `pip install 'suffice[tfrecord]'`.
        """
        at = fiducial_of(fiducial, names)
        reader = RecordReader(x, dx, len(at.theta), shape=shape, dtype=dtype, feature=feature)
        stored = Stored(reader, at, width_of(delta, len(at.theta)), reader.n_s, _sizes(reader.n_s, reader.n_d))
        return _streamed(stored, n, n_d, augment, preprocess)

    @staticmethod
    def stored(
        path: str | Path,
        *,
        n: int | None = None,
        n_d: int | None = None,
        augment: Augment | None = None,
        preprocess: Callable[[Any], Any] | None = None,
    ) -> StreamedTangents:
        """What `save_tangents` wrote to a Zarr store, read ahead in the background, `n` simulations in a step.

        Memory follows `n`, not the store. By default a step takes all that are not held out.
        """
        return _streamed(open_tangents(Path(path)), n, n_d, augment, preprocess)


def _sizes(n: int, n_d: int | None) -> int:
    if n < 2:
        raise ValueError(f"n must be at least 2 simulations, but {n} came")
    n_d = n if n_d is None else n_d
    if not 2 <= n_d <= n:
        raise ValueError(f"n_d, the simulations with derivatives, must be from 2 to n = {n}, but {n_d} came")
    return n_d


def _refuse_without_derivative(simulator: Callable, at: Fiducial, exact: bool) -> None:
    theta, key = jnp.asarray(at.theta, float), jax.random.key(0)
    advice = (
        "give delta= for differences of simulations with the same key, or make lower and upper simulations "
        "with another program and use Tangents.differences"
    )
    try:
        if not exact:
            jax.eval_shape(simulator, key, theta)
            return
        _, tangent = jax.jvp(lambda t: simulator(key, t), (theta,), (jnp.ones_like(theta),))
    except Exception as error:
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ValueError(
            f"the simulator cannot be differentiated by JAX ({type(error).__name__}: {why}); {advice}"
        ) from error
    whole = [leaf for leaf in jax.tree.leaves(tangent) if leaf.dtype == jax.dtypes.float0]
    if whole or not any(np.any(np.asarray(leaf) != 0) for leaf in jax.tree.leaves(tangent)):
        raise ValueError(f"the simulator's result has no derivative with respect to the parameters; {advice}")


def _arrays(
    x: PyTree,
    dx: PyTree,
    width: np.ndarray | None,
    at: Fiducial,
    augment: Augment | None,
    preprocess: Callable[[Any], Any] | None,
    steps: int,
) -> GivenTangents:
    if steps < 1:
        raise ValueError(f"steps must be at least 1, but {steps} came")
    with_dx, without = finite_rows(x, dx)
    order = np.concatenate([with_dx, without])
    x = jax.tree.map(lambda leaf: np.asarray(leaf)[order], x)
    dx = jax.tree.map(lambda leaf: np.asarray(leaf)[with_dx], dx)
    return given(x, dx, width, at, augment=augment, preprocess=preprocess, steps=steps)


def _streamed(
    stored: Stored,
    n: int | None,
    n_d: int | None,
    augment: Augment | None,
    preprocess: Callable[[Any], Any] | None,
) -> StreamedTangents:
    """`n` rows a step, all of them unless told; as many with derivatives as their share of the whole."""
    n = stored.n_s if n is None else min(n, stored.n_s)
    n_d = _sizes(n, max(2, n * stored.n_d // stored.n_s) if n_d is None else min(n_d, stored.n_d))
    return StreamedTangents(  # pyright: ignore[reportCallIssue]: names and steps are properties
        reader=stored.reader,
        width=stored.width,
        at=stored.at,
        rows=np.arange(stored.n_s),
        augment=augment,
        preprocess=preprocess,
        total_d=stored.n_d,
        n=n,
        n_d=n_d,
    )

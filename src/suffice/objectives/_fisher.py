"""Summaries that maximise the Fisher information at a fiducial parameter.

Information maximising neural networks (Charnock, Lavaux & Wandelt 2018, arXiv:1802.03537): minimise

    -log det F + r(Λ) Λ,   F = Dᵀ C⁻¹ D,

with C the covariance of the summaries, D = ∂μ/∂θ the derivative of their mean, and Λ the distance of C from
the identity (`_regulariser.py`). The first `warm` steps minimise tr C - 2 tr D instead, with the parameters turned
and scaled to about a round error ellipse. That is the mean square distance of the summaries from the score
t = ∂ log p(x | θ)/∂θ up to a constant, for E[s t] = ∂E[s]/∂θ: a regression, which needs no inverse, while det F
of summaries that know nothing yet of one parameter drowns in the noise of its own estimate.

The gradient of D goes through the derivative of the network. In a network with kinks (ReLU, leaky ReLU) that
leaves out how the kinks move, which is not small: on ten Gaussian draws det F climbs to 46 of 50 and falls below 5
again while it trains (`benchmarks/fisher.py`). Use smooth activations, as in `sf.networks`, or differences.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ..core import Frozen, kind_of, warn
from ..networks import start_from_data
from ..train import AbstractObjective, AbstractTangentBatch, AbstractTangents, flat_summary, Rows
from ._calibration import Calibration, refuse_shape, shape_of
from ._local import error_ellipse, refuse_dependent, refuse_rows, shifted, warn_of_kinks
from ._moments import Moments, moments_of
from ._regulariser import regulariser


class Fisher(AbstractObjective):
    """A summary that maximises the determinant of the Fisher information at a fiducial parameter.

    Train it on `sf.Tangents`; then `fit.objective.estimate(x)` is the quasi-maximum-likelihood estimate of the
    parameters, and `sf.fisher_matrix(fit.objective.summary, tangents, key=)` measures the information.

    **Arguments:**

    - `summary`: `x -> s` for one example, as many summaries as parameters or more.
    - `strength`, `closeness`: λ and ε of the regulariser that keeps the covariance near 1.
    - `chunk`: simulations summarised at once; memory follows it, and the gradient is that of all.
    - `existing`: `x -> t`, summaries that are there already (a power spectrum, say). det F is then that of both
      together, the network learns what the existing ones lack, and the history holds `log_det_existing` and
      the `gain` ½ ln(det F / det F_t) in nats.
    - `warm`: so many first steps regress on the score (where there are as many summaries as parameters).
    - `shrinkage`: share of the mean variance that is added to the diagonal of C.

    **History:** `minus_log_det`, `det_F`, `lambda` Λ, `r`, `det_C`, `det_C_inverse`, and `dmu[i]/name`, the
    derivative of the mean of summary i, each as `train_` and `valid_`.
    """

    summary: Callable
    existing: Callable | None
    unit: Frozen | None
    calibration: Frozen | None
    strength: float = eqx.field(static=True)
    closeness: float = eqx.field(static=True)
    chunk: int | None = eqx.field(static=True)
    warm: int = eqx.field(static=True)
    shrinkage: float = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)
    shape: Any = eqx.field(static=True)
    n_existing: int = eqx.field(static=True)
    monitor: ClassVar[str] = "minus_log_det"

    def __init__(
        self,
        summary: Callable,
        *,
        strength: float | int = 10.0,
        closeness: float | int = 0.1,
        chunk: int | None = None,
        existing: Callable | None = None,
        warm: int = 200,
        shrinkage: float = 1e-5,
    ):
        for name, f in (("summary", summary), ("existing", existing or summary)):
            if not callable(f):
                raise TypeError(f"{name} must be a network or a function x -> s, but {kind_of(f)} came")
        regulariser(strength, closeness)
        if chunk is not None and chunk < 1:
            raise ValueError(f"chunk must be at least 1, but {chunk} came")
        if warm < 0 or not 0 <= shrinkage < 1:
            raise ValueError(f"warm must not be negative, shrinkage from 0 to below 1; {warm} and {shrinkage} came")
        self.summary, self.existing, self.unit, self.calibration = summary, existing, None, None
        self.strength, self.closeness, self.chunk = float(strength), float(closeness), chunk
        self.warm, self.shrinkage = warm, float(shrinkage)
        self.names, self.shape, self.n_existing = (), None, 0

    def start(self, rows: Any, *, names: tuple[str, ...], key: Array) -> "Fisher":
        if not isinstance(rows, Rows):
            raise TypeError(
                "sf.Fisher is trained on simulations at a fiducial with their derivatives: pass a source made by "
                "sf.Tangents (.simulated, .exact, .differences, ...) to sf.fit"
            )
        if self.unit is not None:
            return self
        refuse_rows(rows, names)
        if rows.exact:
            warn_of_kinks(self.summary, rows)
        unit = error_ellipse(rows)
        summary = start_from_data(self.summary, lambda f, x: f(x), *shifted(rows, unit))
        where = lambda f: (f.summary, f.unit)  # noqa: E731
        new = (summary, Frozen(jnp.asarray(unit, float)))
        started = eqx.tree_at(where, self, new, is_leaf=lambda node: node is None)
        s = eqx.filter_jit(eqx.filter_vmap(started.summarise))(rows.x)
        refuse_dependent(s, names)
        learned = eqx.filter_eval_shape(flat_summary(summary), jax.tree.map(lambda leaf: leaf[0], rows.x)).size
        static = {"names": tuple(names), "shape": shape_of(rows.x), "n_existing": s.shape[1] - learned}
        for name, value in static.items():
            object.__setattr__(started, name, value)
        return started

    def loss(self, batch: AbstractTangentBatch, *, key: Array, step: Array) -> tuple[Array, dict[str, Array]]:
        both = self.moments(batch)
        new = both.given(self.n_existing)
        if self.warm and len(new.mean) == len(self.names):
            branches = (lambda *m: self._regression(*m), lambda *m: self._information(*m))
            loss = jax.lax.cond(step < self.warm, *branches, both, new)
        else:
            loss = self._information(both, new)
        return loss, self._numbers(both, new)

    def finish(self, held_out: AbstractTangents, *, key: Array) -> "Fisher":
        batch = eqx.filter_jit(held_out.batch)(held_out.plan(key), 0, key)
        both = eqx.filter_jit(lambda f, batch: f.moments(batch))(self, batch)
        calibration = Calibration.of(both, self._unit, held_out.fiducial)
        if not bool(jnp.isfinite(calibration.gain).all()):
            warn("the covariance of the trained summaries is singular, so they give no estimate; look at the history")
            return self
        return eqx.tree_at(lambda f: f.calibration, self, Frozen(calibration), is_leaf=lambda node: node is None)

    def summarise(self, x: PyTree) -> Float[Array, " k"]:
        """The existing summaries, if any, and then the learned ones."""
        parts = (self.summary,) if self.existing is None else (self.existing, self.summary)
        return jnp.concatenate([flat_summary(f)(x) for f in parts])

    def estimate(self, x: PyTree) -> Float[Array, " p"]:
        """Quasi-maximum-likelihood estimate θ_fid + F⁻¹ Dᵀ C⁻¹ (s - μ), `(p,)` for one `x`.

        **Raises** `ValueError` before a fit, and for an observation of another shape than the simulations.
        """
        refuse_shape(x, self.shape)
        calibration = self._calibrated
        return calibration.fiducial + calibration.gain @ (self.summarise(x) - calibration.mean)

    @property
    def fisher(self) -> Float[Array, "p p"]:
        """The Fisher matrix on the held-out part of the fit; to report one, measure `sf.fisher_matrix`."""
        return self._calibrated.information

    def moments(self, batch: AbstractTangentBatch) -> Moments:
        """Moments of the existing and the learned summaries, with the parameters as θ_fid + `unit` u."""
        moments = moments_of(batch.summarise(self.summarise, chunk=self.chunk)).shrunk(self.shrinkage)
        return moments._replace(derivative=moments.derivative @ self._unit)

    def _information(self, both: Moments, new: Moments) -> Array:
        lam, r = regulariser(self.strength, self.closeness)(new.covariance)
        return -self._log_det(both) + r * lam

    def _regression(self, both: Moments, new: Moments) -> Array:
        old = self.n_existing
        return jnp.trace(both.covariance[old:, old:]) - 2 * jnp.trace(both.derivative[old:])

    def _log_det(self, moments: Moments) -> Array:
        return jnp.linalg.slogdet(moments.information())[1] - 2 * jnp.linalg.slogdet(self._unit)[1]

    def _numbers(self, both: Moments, new: Moments) -> dict[str, Array]:
        log_det = self._log_det(both)
        lam, r = regulariser(self.strength, self.closeness)(new.covariance)
        det = jnp.linalg.det(new.covariance)
        numbers = {"minus_log_det": -log_det, "det_F": jnp.exp(log_det), "lambda": lam, "r": r}
        numbers |= {"det_C": det, "det_C_inverse": 1 / det}
        old = self.n_existing
        if old >= len(self.names):
            existing = self._log_det(both.first(old))
            numbers |= {"log_det_existing": existing, "gain": (log_det - existing) / 2}
        for i, row in enumerate(both.derivative[old:] @ jnp.linalg.inv(self._unit)):
            numbers |= {f"dmu[{i}]/{name}": value for name, value in zip(self.names, row)}
        return numbers

    @property
    def _unit(self) -> Float[Array, "p p"]:
        if self.unit is None:
            raise ValueError("this Fisher objective has not been trained: pass it to sf.fit, and use fit.objective")
        return self.unit.value

    @property
    def _calibrated(self) -> Calibration:
        self._unit  # noqa: B018
        if self.calibration is None:
            raise ValueError("the covariance of the trained summaries was singular, so they give no estimate")
        return self.calibration.value

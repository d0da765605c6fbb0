"""Posteriors from learned ratios, posterior = ratio × prior, group by group."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ..core import as_key, check_whole, compiled_rows, KeyLike
from ..objectives import Ratio
from ..priors import AbstractPrior
from ._abstract import AbstractDensity
from ._arviz import as_arviz
from ._asked import as_points, check_share
from ._chain import Chain, prior_times_ratio
from ._evaluate import group_ratio
from ._joint import Joint, joint
from ._marginal import Marginal
from ._of_objective import of_objective
from ._weighted import Weighted

_FEW = 500  # draws of each observation, where what is asked needs draws


class RatioPosterior(AbstractDensity):
    """The posterior of one observation, or of several at once (a leading axis m).

    Groups of one or two parameters are evaluated on grids and normalised: no Monte-Carlo
    noise. A group of three or more has weighted prior draws and NUTS. Parameters of
    different groups are described, and drawn, independently of one another;
    `marginals="joint"` or `"autoregressive"` learns how they depend on each other.
    """

    objective: Any  # a Ratio, or the mean of several
    prior: AbstractPrior
    context: Float[Array, "m k"]
    parts: tuple[Marginal | Joint, ...]
    chain: Chain | None
    single: bool = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The names of the parameters in each group."""
        return tuple(tuple(self.objective.names[i] for i in group) for group in self.objective.groups)

    def marginal(self, group: Any) -> Marginal | Joint:
        """The part for one group: its place among the groups, a name, or names."""
        if self.chain is not None:
            raise ValueError("an autoregressive ratio has no marginals of its own: use .sample and .log_prob")
        if isinstance(group, int):
            return self.parts[group]
        members = (group,) if isinstance(group, str) else tuple(group)
        wanted = tuple(self.objective.names[i] if isinstance(i, int) else i for i in members)
        if wanted in self.groups:
            return self.parts[self.groups.index(wanted)]
        raise ValueError(f"no group holds {wanted}; known: {', '.join(str(names) for names in self.groups)}")

    @property
    def mean(self) -> np.ndarray:
        """Posterior means, `(p,)` or `(m, p)`."""
        return self._pick(lambda part: part.mean, lambda drawn: drawn.mean(axis=-2))

    @property
    def std(self) -> np.ndarray:
        """Posterior standard deviations, `(p,)` or `(m, p)`."""
        return self._pick(lambda part: part.std, lambda drawn: drawn.std(axis=-2))

    def quantile(self, q: float) -> np.ndarray:
        """The value below which a share `q` of each parameter's mass lies, `(p,)` or `(m, p)`."""
        check_share(q)
        return self._pick(lambda part: part.quantile(q), lambda drawn: np.quantile(drawn, q, axis=-2))

    @property
    def evidence(self) -> np.ndarray:
        """∫ ratio × prior for each group, `(g,)` or `(m, g)`: one, where the ratios are exact."""
        found = np.stack([part.evidence for part in self.parts], axis=1)
        return found[0] if self.single else found

    @property
    def regions(self) -> tuple[tuple[int, ...], ...]:
        """Of which parameters together `levels` speaks, as column numbers: each group; of a chain, all."""
        return (tuple(range(len(self.objective.names))),) if self.chain is not None else self.objective.groups

    def ranks(self, theta: Float[Array | np.ndarray, "m p"], *, key: KeyLike = 0) -> np.ndarray:
        """Posterior mass below each observation's true parameters, `(m, p)`.

        A class has no unique rank: its mass reaches from the mass below it to the mass up to it. A place drawn at
        random in between is uniform when the posterior is right.
        """
        theta = np.asarray(theta, np.float64)
        if self.chain is not None:
            return (self._drawn() < theta[:, None]).mean(axis=1)
        found = [part.cdf(theta[:, list(g)]) for part, g in zip(self.parts, self.objective.groups)]
        moved = [values + places for values, places in zip(found, self._places(theta, key))]
        return np.clip(self._columns(moved), 0.0, 1.0)

    def levels(self, theta: Float[Array | np.ndarray, "m p"], *, key: KeyLike = 0) -> np.ndarray:
        """Mass of the smallest credible region of each group that holds the true parameters, `(m, g)`.

        For an autoregressive ratio there is one group, the joint; its levels come from draws. A class is placed at
        random in its own mass.
        """
        theta = np.asarray(theta, np.float64)
        if self.chain is not None:
            return self.chain.levels(theta, _FEW, key=0)[:, None]
        found = [part.level(theta[:, list(g)]) for part, g in zip(self.parts, self.objective.groups)]
        moved = [values + places[:, 0] for values, places in zip(found, self._places(theta, key))]
        return np.clip(np.stack(moved, axis=1), 0.0, 1.0)

    def region_draws(self, n: int, *, key: KeyLike) -> list[np.ndarray]:
        """`n` draws for each region, `(m, n, d)`: of a group of three or more from its weighted draws."""
        if self.chain is not None:
            drawn = self.sample(n, key=key)
            return [drawn[None] if self.single else drawn]
        keys = jax.random.split(as_key(key), len(self.parts))
        return [_draws_of(part, n, k, self.single) for part, k in zip(self.parts, keys)]

    def _places(self, theta: np.ndarray, key: KeyLike) -> list[np.ndarray]:
        """Where in its class to place the truth of each group, as mass to add to that of the middle, `(m, 1)`."""
        u = np.asarray(jax.random.uniform(as_key(key), theta.shape), np.float64) - 0.5
        return [_class_mass(part, theta, g) * u[:, g[:1]] for part, g in zip(self.parts, self.objective.groups)]

    def sample(self, n: int, *, key: KeyLike) -> np.ndarray:
        """`n` draws of all parameters, `(n, p)` or `(m, n, p)`."""
        check_whole(n=n)
        if self.chain is not None:
            return self.chain.sample(n, key=key)
        keys = jax.random.split(as_key(key), len(self.parts))
        return self._columns([part.sample(n, key=k) for part, k in zip(self.parts, keys)])

    def log_prob(self, theta: Any) -> np.ndarray:
        """Log-density of parameter vectors `(n, p)`, an array or a table, `(n,)` or `(m, n)`: the sum over groups."""
        theta = as_points(theta, self.objective.names)
        if self.chain is not None:
            return self.chain.log_prob(theta)
        members = [column for group in self.objective.groups for column in group]
        if len(set(members)) < len(members):
            raise ValueError("the groups overlap, so their densities do not multiply; ask .marginal(group).log_prob")
        return np.sum([part.log_prob(theta[:, list(g)]) for part, g in zip(self.parts, self.objective.groups)], axis=0)

    def weighted(self, n: int = 50_000, *, key: KeyLike) -> Weighted:
        """`n` prior draws of all parameters, weighted by the product of the groups' ratios (one observation)."""
        if not self.single:
            raise ValueError("weighted takes the posterior of one observation")
        theta = np.asarray(self.prior.sample(n, key=as_key(key)))
        ratios = self.objective.ratios(self.context, jnp.asarray(theta, float)[None])[0]
        return Weighted(theta, np.asarray(ratios, np.float64).sum(axis=0))

    @property
    def ess(self) -> float:
        """What 50,000 prior draws weighted by the ratios are worth, in independent draws."""
        return self.weighted(key=0).ess

    @property
    def acceptance(self) -> float:
        """Which share of the 50,000 prior draws that is."""
        found = self.weighted(key=0)
        return found.ess / len(found.theta)

    def to_arviz(self, n: int = 4000, *, key: KeyLike = 0) -> Any:
        """`n` draws as ArviZ data (an xarray `DataTree` with the group `posterior`)."""
        if not self.single:
            raise ValueError("to_arviz takes the posterior of one observation; ask for one at a time")
        drawn = self.sample(n, key=key)
        return as_arviz(self.names, drawn)

    def _drawn(self) -> np.ndarray:
        drawn = self.sample(_FEW, key=0)
        return drawn[None] if self.single else drawn

    def _pick(self, of_part: Callable[[Any], np.ndarray], of_draws: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        if self.chain is not None:
            return of_draws(self.sample(4000 if self.single else _FEW, key=0))
        return self._columns([of_part(part) for part in self.parts])

    def _columns(self, found: list[np.ndarray]) -> np.ndarray:
        """The columns of `names` from what the groups gave; the first group that holds a parameter counts."""
        places = {}
        for values, names in zip(found, self.groups):
            for axis, name in enumerate(names):
                places.setdefault(name, values[..., axis])
        return np.stack([places[name] for name in self.names], axis=-1)


@of_objective.register
def _(objective: Ratio, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array) -> RatioPosterior:
    return ratio_posterior(objective, prior, rows, single=single, key=key)


def ratio_posterior(objective: Any, prior: AbstractPrior, rows: PyTree, *, single: bool, key: Array) -> RatioPosterior:
    """Evaluate every group for the observations `rows` (leading axis m)."""
    context = compiled_rows(objective.summary, rows)
    covered = {column for group in objective.groups for column in group}
    names = tuple(name for i, name in enumerate(objective.names) if i in covered)
    if objective.autoregressive:
        chain = Chain(objective, prior, context, single)
        return RatioPosterior(
            objective=objective, prior=prior, context=context, parts=(), chain=chain, single=single, names=names
        )
    keys = jax.random.split(key, len(objective.groups))
    parts = tuple(_part(objective, prior, g, context, single, k) for g, k in enumerate(keys))
    return RatioPosterior(
        objective=objective, prior=prior, context=context, parts=parts, chain=None, single=single, names=names
    )


def _part(
    objective: Any, prior: AbstractPrior, group: int, context: Array, single: bool, key: Array
) -> Marginal | Joint:
    head, columns = objective.trained.one(group), objective.groups[group]
    if len(columns) <= 2:
        ratio = group_ratio(head, context)
        return prior_times_ratio(objective, prior, group, ratio, len(context), single=single)
    names = tuple(objective.names[i] for i in columns)
    whole = columns == tuple(range(len(objective.names)))
    return joint(names, prior if whole else prior.subset(columns), head, context, single=single, key=key)


def _class_mass(part: Marginal | Joint, theta: np.ndarray, group: tuple[int, ...]) -> np.ndarray:
    """The mass of each truth's own class, `(m, 1)`; none for continuous parameters."""
    if not isinstance(part, Marginal) or not part.classes:
        return np.zeros((len(theta), 1))
    return np.take_along_axis(part.mass, theta[:, group].astype(int), axis=1)


def _draws_of(part: Marginal | Joint, n: int, key: Array, single: bool) -> np.ndarray:
    if isinstance(part, Marginal):
        drawn = part.sample(n, key=key)
        return drawn[None] if single else drawn
    # A Markov chain for each of many observations would take hours.
    keys = jax.random.split(key, len(part.log_ratio))
    return np.stack([part.weighted(i).resample(n, key=k) for i, k in enumerate(keys)])

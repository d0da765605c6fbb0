"""Hybrid estimates (Federici, Ruhe & Forré 2023, arXiv:2306.00608): a density first, then a critic for what it lacks.

Reweighed: pairs of other rows, weighed by the density, which comes to the density's log-ratio as a part of the critic.
Resampled: draws of the density in place of other rows.
"""

import jax
import pandas as pd

from ..bounds import JensenShannon, MixtureCritic, Resampled
from ..networks import AbstractCritic, FixedCritic, SumOfCritics
from ..train import fit_members
from ._density_estimates import train_densities
from ._plan import Plan, trainers
from ._train_critics import critics_for, Member, train_critics, Trained

_SECOND = 77


def _proposals(plan: Plan) -> tuple[Plan, list[Member], list[FixedCritic], list[AbstractCritic], pd.DataFrame]:
    plan = plan.classes_last
    members = plan.members()
    trained, history = train_densities(plan, members)
    key = jax.random.fold_in(plan.key, _SECOND)
    critics = critics_for(members, plan.critic, hidden=plan.hidden, key=key)
    return plan, members, [FixedCritic.of(one.ratio) for one in trained], critics, history.assign(stage="density")


@trainers.register("reweighed")
def reweighed(plan: Plan) -> tuple[list[Trained], pd.DataFrame]:
    """A critic on top of the log-ratio of a density."""
    plan, members, fixed, critics, before = _proposals(plan)
    both = [SumOfCritics((one, other)) for one, other in zip(fixed, critics)]
    settings = {"negatives": plan.negatives, "batch_size": plan.batch_size, **plan.fit}
    trained, history = train_critics(members, both, JensenShannon(), key=plan.key, **settings)
    return trained, pd.concat([before, history.assign(stage="critic")], ignore_index=True)


@trainers.register("resampled")
def resampled(plan: Plan) -> tuple[list[Trained], pd.DataFrame]:
    """A critic that tells y from draws of a mixture."""
    plan, members, fixed, critics, before = _proposals(plan)
    if not isinstance(fixed[0].critic, MixtureCritic):
        raise ValueError("the resampled hybrid draws from a mixture: density must be 'normal' or 'mixture', and y "
                         "continuous; 'reweighed' takes any density")  # fmt: skip
    objectives = [Resampled(c, one, JensenShannon(), plan.negatives or 16) for c, one in zip(critics, fixed)]
    fits = fit_members(objectives, [m.sources(plan.batch_size) for m in members], key=plan.key, **plan.fit)
    found = [Trained(member, one.log_ratio) for member, one in zip(members, fits.objectives)]
    return found, pd.concat([before, fits.history.assign(stage="critic")], ignore_index=True)

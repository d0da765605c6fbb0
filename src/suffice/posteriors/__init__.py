"""Posteriors for an observation, and the rounds that narrow a prior around it."""

from ._abc import ABC as ABC, ABCRun as ABCRun
from ._abstract import AbstractDensity as AbstractDensity, AbstractPosterior as AbstractPosterior
from ._density_posterior import DensityPosterior as DensityPosterior
from ._drawn import AbstractDrawn as AbstractDrawn
from ._gaussian_approximation import (
    GaussianApproximation as GaussianApproximation,
    GaussianPosterior as GaussianPosterior,
    Grid as Grid,
)
from ._given import check_fit as check_fit, check_prior as check_prior
from ._joint import Joint as Joint
from ._marginal import Marginal as Marginal
from ._mixture import Mixture as Mixture
from ._models import compare_models as compare_models, ModelComparison as ModelComparison
from ._observation import (
    as_rows as as_rows,
    observation_of as observation_of,
    one_observation as one_observation,
    rows_like as rows_like,
)
from ._of_objective import of_objective as of_objective
from ._particles import Particles as Particles
from ._pmc import PMC as PMC, PMCRun as PMCRun
from ._posterior import posterior as posterior
from ._ratio_posterior import RatioPosterior as RatioPosterior
from ._region import Region as Region
from ._reweighted import reweight as reweight, Reweighted as Reweighted
from ._rounds import Round as Round, Rounds as Rounds, rounds as rounds
from ._target_posterior import TargetPosterior as TargetPosterior
from ._truncate import truncate as truncate
from ._weighted import Weighted as Weighted
from ._weighted_draws import WeightedDraws as WeightedDraws

"""Posteriors for an observation, and the rounds that narrow a prior around it."""

from ._abstract import AbstractDensity as AbstractDensity, AbstractPosterior as AbstractPosterior
from ._joint import Joint as Joint
from ._marginal import Marginal as Marginal
from ._posterior import posterior as posterior
from ._ratio_posterior import RatioPosterior as RatioPosterior
from ._rounds import Round as Round, Rounds as Rounds, rounds as rounds
from ._truncate import truncate as truncate
from ._weighted import Weighted as Weighted

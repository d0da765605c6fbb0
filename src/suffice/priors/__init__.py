"""Priors: named parameters over numpyro distributions."""

from ._abstract import AbstractPrior as AbstractPrior
from ._empirical import EmpiricalPrior as EmpiricalPrior
from ._prior import Prior as Prior

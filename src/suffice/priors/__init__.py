"""Priors: named parameters over numpyro distributions."""

from ._abstract import AbstractPrior as AbstractPrior
from ._empirical import EmpiricalPrior as EmpiricalPrior
from ._load_prior import load_prior as load_prior
from ._names import column_names as column_names, columns_called as columns_called
from ._prior import Prior as Prior

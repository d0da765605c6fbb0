"""Ready simulators, one file each, with their exact answers where they exist."""

from ._gaussian_draws import GaussianDraws as GaussianDraws
from ._gaussian_field import GaussianField as GaussianField
from ._linear_regression import LinearRegression as LinearRegression
from ._lotka_volterra import LotkaVolterra as LotkaVolterra
from ._process import AbstractProcess as AbstractProcess, registry as registry

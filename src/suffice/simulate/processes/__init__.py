"""Ready simulators, one file each, with their exact answers where they exist."""

from ._annealed_transient_time import AnnealedTransientTime as AnnealedTransientTime
from ._brownian import Brownian as Brownian
from ._confined_brownian import ConfinedBrownian as ConfinedBrownian
from ._continuous_time_random_walk import ContinuousTimeRandomWalk as ContinuousTimeRandomWalk
from ._fractional_brownian import FractionalBrownian as FractionalBrownian
from ._gaussian_draws import GaussianDraws as GaussianDraws
from ._gaussian_field import GaussianField as GaussianField
from ._gaussian_trajectory import AbstractGaussianTrajectory as AbstractGaussianTrajectory
from ._levy_walk import LevyWalk as LevyWalk
from ._linear_regression import LinearRegression as LinearRegression
from ._lotka_volterra import LotkaVolterra as LotkaVolterra
from ._normal_mean import NormalMean as NormalMean, TwoSpreads as TwoSpreads
from ._ornstein_uhlenbeck import OrnsteinUhlenbeck as OrnsteinUhlenbeck
from ._predator_prey import PredatorPrey as PredatorPrey
from ._process import AbstractProcess as AbstractProcess, registry as registry
from ._scaled_brownian import ScaledBrownian as ScaledBrownian
from ._sir import SIR as SIR
from ._slcp import SLCP as SLCP
from ._spike_train import SpikeTrain as SpikeTrain
from ._trajectory import AbstractTrajectory as AbstractTrajectory
from ._two_moons import TwoMoons as TwoMoons

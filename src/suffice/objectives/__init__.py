"""What makes a summary informative: each objective holds all that is learned, and brings its loss."""

from ._abstract_density import AbstractDensityObjective as AbstractDensityObjective
from ._bottleneck import Bottleneck as Bottleneck
from ._calibration import Calibration as Calibration
from ._ceb import CEB as CEB
from ._classifier import Classifier as Classifier
from ._fisher import Fisher as Fisher
from ._flow import Flow as Flow
from ._flow_matching import FlowMatching as FlowMatching
from ._gaussian import Gaussian as Gaussian
from ._gaussian_start import (
    better_start as better_start,
    gaussian_start as gaussian_start,
    GaussianStart as GaussianStart,
)
from ._groups import resolve_groups as resolve_groups
from ._infomax import InfoMax as InfoMax
from ._likelihood import Likelihood as Likelihood
from ._mib import MIB as MIB
from ._moments import Moments as Moments, moments_of as moments_of
from ._ratio import Ratio as Ratio
from ._regression import Regression as Regression
from ._schedule import Schedule as Schedule
from ._temporal_infomax import TemporalInfoMax as TemporalInfoMax
from ._vib import VIB as VIB

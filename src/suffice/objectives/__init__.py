"""What makes a summary informative: each objective holds all that is learned, and brings its loss."""

from ._calibration import Calibration as Calibration
from ._fisher import Fisher as Fisher
from ._infomax import InfoMax as InfoMax
from ._moments import Moments as Moments, moments_of as moments_of
from ._ratio import Ratio as Ratio

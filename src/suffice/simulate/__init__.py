"""From a prior and a simulator to simulations, in memory or on disk."""

from . import processes as processes
from ._batch import Batch as Batch
from ._failures import Failures as Failures
from ._load import load_simulations as load_simulations
from ._simulations import Simulations as Simulations
from ._status import Status as Status

"""From a prior and a simulator to simulations, in memory or on disk."""

import sys

from . import processes as processes
from ._batch import Batch as Batch
from ._bounded_hdf5 import bounded_dataset as bounded_dataset
from ._callable import CallableFolder
from ._cluster import cluster as cluster, cpus as cpus
from ._failures import Failures as Failures
from ._load import load_simulations as load_simulations
from ._simulate import simulate as simulate, simulate_at as simulate_at
from ._simulations import Simulations as Simulations
from ._status import Status as Status
from ._tracing import try_tracing as try_tracing
from ._tracks import read_tracks as read_tracks, Tracks as Tracks
from ._zarr import bounded_array as bounded_array, open_zarr_group as open_zarr_group

# `import suffice.simulate` puts the folder in the place of the function of the same name.
sys.modules[__name__].__class__ = CallableFolder

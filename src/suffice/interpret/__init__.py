"""What data and latents mean: statistics of trajectories, estimates by exact likelihoods, and latents in words."""

from ._benchmark import Benchmark as Benchmark, benchmark as benchmark
from ._check_generation import check_generation as check_generation, Generation as Generation
from ._disentanglement import dci as dci, mutual_information_gap as mutual_information_gap
from ._displacements import (
    autocorrelation as autocorrelation,
    ensemble_msd as ensemble_msd,
    msd_exponent as msd_exponent,
    time_averaged_msd as time_averaged_msd,
)
from ._formula import formula as formula, Formulas as Formulas
from ._latents import Latents as Latents, latents as latents
from ._learn_tracks import learn_tracks as learn_tracks
from ._maximum_likelihood import maximum_likelihood as maximum_likelihood
from ._outputs import outputs as outputs
from ._relevance import information as information, relevance as relevance
from ._rotate import rotate as rotate, Rotation as Rotation
from ._terms import evaluated as evaluated
from ._tracks import (
    analyse_tracks as analyse_tracks,
    check_tracks as check_tracks,
    TrackResults as TrackResults,
)
from ._traverse import Traversal as Traversal, traverse as traverse

"""What data and latents mean: statistics of trajectories, and estimates by exact likelihoods."""

from ._displacements import (
    autocorrelation as autocorrelation,
    ensemble_msd as ensemble_msd,
    msd_exponent as msd_exponent,
    time_averaged_msd as time_averaged_msd,
)
from ._maximum_likelihood import maximum_likelihood as maximum_likelihood

"""Is the posterior right? Checks on held-out simulations, each a result with `.table()` and `.plot()`."""

from ._all import all as all, of_observation as of_observation
from ._band import ecdf as ecdf, ecdf_band as ecdf_band
from ._c2st import C2st as C2st, c2st as c2st
from ._checks import Checks as Checks
from ._coverage import (
    Coverage as Coverage,
    coverage as coverage,
    coverage_from_levels as coverage_from_levels,
)
from ._draw import draw as draw
from ._jeffreys import jeffreys_interval as jeffreys_interval
from ._l_c2st import l_c2st as l_c2st, Local as Local, LocalC2st as LocalC2st
from ._misspecification import Misspecification as Misspecification, misspecification as misspecification
from ._posterior_predictive import (
    posterior_predictive as posterior_predictive,
    PosteriorPredictive as PosteriorPredictive,
)
from ._sbc import Sbc as Sbc, sbc as sbc, sbc_from_ranks as sbc_from_ranks
from ._tarp import Tarp as Tarp, tarp as tarp, tarp_from_samples as tarp_from_samples
from ._width import Width as Width, width_of as width_of

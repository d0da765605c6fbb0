"""Figures: each takes results and returns matplotlib axes, in colours everybody can tell apart."""

from ._accepted import accepted as accepted
from ._corner import corner as corner
from ._coverage import coverage as coverage
from ._fisher_ellipses import fisher_ellipses as fisher_ellipses
from ._fisher_history import fisher_history as fisher_history
from ._history import history as history
from ._marginals import marginals as marginals
from ._mi_estimates import mi_estimates as mi_estimates
from ._mi_heat_map import mi_heat_map as mi_heat_map
from ._pointwise import pointwise as pointwise
from ._rank_histograms import rank_histograms as rank_histograms
from ._ranks import ranks as ranks
from ._retained import retained as retained
from ._style import style as style
from ._summary_against_parameter import summary_against_parameter as summary_against_parameter
from ._summary_weights import summary_weights as summary_weights
from ._tarp import tarp as tarp

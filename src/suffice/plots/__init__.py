"""Figures: each takes results and returns matplotlib axes, in colours everybody can tell apart."""

from ._accepted import accepted as accepted
from ._corner import corner as corner
from ._coverage import coverage as coverage
from ._fisher_ellipses import fisher_ellipses as fisher_ellipses
from ._fisher_history import fisher_history as fisher_history
from ._generation import generation as generation
from ._history import history as history
from ._informativeness import informativeness as informativeness
from ._latent_activity import latent_activity as latent_activity
from ._latent_histogram import latent_histogram as latent_histogram
from ._latent_surface import latent_surface as latent_surface
from ._loss_by_parameter import loss_by_parameter as loss_by_parameter
from ._marginals import marginals as marginals
from ._mi_estimates import mi_estimates as mi_estimates
from ._mi_heat_map import mi_heat_map as mi_heat_map
from ._output_variance import output_variance as output_variance
from ._pointwise import pointwise as pointwise
from ._rank_histograms import rank_histograms as rank_histograms
from ._ranks import ranks as ranks
from ._retained import retained as retained
from ._style import style as style
from ._summary_against_parameter import summary_against_parameter as summary_against_parameter
from ._summary_weights import summary_weights as summary_weights
from ._tarp import tarp as tarp
from ._traversal import traversal as traversal

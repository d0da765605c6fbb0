"""How much is kept: information in summaries and in data."""

from ._binned import binned_mi as binned_mi, kmeans_mi as kmeans_mi
from ._canonical import canonical_summaries as canonical_summaries
from ._closed_forms import discrete_mi as discrete_mi, gaussian_mi as gaussian_mi
from ._conditional import conditional_mi as conditional_mi, mi_table as mi_table
from ._divergence import kl_divergence as kl_divergence
from ._entropy import entropy as entropy
from ._estimate_mi import estimate_mi as estimate_mi
from ._fisher_matrix import fisher_matrix as fisher_matrix, FisherMatrix as FisherMatrix
from ._interval import around as around
from ._judge import MutualInformation as MutualInformation
from ._local_score import local_score_compression as local_score_compression
from ._marginals import Marginals as Marginals
from ._neighbours import ksg as ksg
from ._ratio_bound import influences as influences, lower_bound as lower_bound, pair_ratios as pair_ratios
from ._retained import Retained as Retained, retained as retained
from ._score_compression import score_compression as score_compression, ScoreCompression as ScoreCompression
from ._train_mi import train_mi as train_mi, TrainedMI as TrainedMI

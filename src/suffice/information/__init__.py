"""How much is kept: information in summaries and in data."""

from ._ratio_bound import influences as influences, lower_bound as lower_bound, pair_ratios as pair_ratios
from ._retained import Retained as Retained, retained as retained

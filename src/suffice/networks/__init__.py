"""Networks that turn one example into a few numbers, each built by one line."""

from ._conv1d import Conv1d as Conv1d
from ._conv2d import Conv2d as Conv2d, ImageNetwork as ImageNetwork, ResNet2d as ResNet2d
from ._critics import (
    AbstractCritic as AbstractCritic,
    BilinearCritic as BilinearCritic,
    FixedCritic as FixedCritic,
    FunctionCritic as FunctionCritic,
    JointCritic as JointCritic,
    SeparableCritic as SeparableCritic,
    SumOfCritics as SumOfCritics,
)
from ._data_dependent import (
    AbstractDataDependent as AbstractDataDependent,
    start_from_data as start_from_data,
)
from ._deepset import DeepSet as DeepSet
from ._discriminant_critic import DiscriminantCritic as DiscriminantCritic
from ._flat import flat as flat
from ._flow import ConditionalFlow as ConditionalFlow
from ._gaussian_critic import (
    GaussianCritic as GaussianCritic,
    normal_log_ratio as normal_log_ratio,
    shrunk_covariance as shrunk_covariance,
)
from ._hybrid import Hybrid as Hybrid
from ._layers import Dense as Dense, Stack as Stack
from ._linear import Linear as Linear
from ._linear_start import LinearStart as LinearStart
from ._mixture import ConditionalMixture as ConditionalMixture
from ._mlp import MLP as MLP
from ._series_decoder import knot_places as knot_places, SeriesDecoder as SeriesDecoder
from ._series_encoder import SeriesEncoder as SeriesEncoder
from ._standardise import moments as moments, Standardise as Standardise
from ._wavenet import CausalConvolution as CausalConvolution, WaveNet as WaveNet

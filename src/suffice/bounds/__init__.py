"""Bounds of mutual information, one a file: how each teaches a critic, and what number it gives."""

from ._abstract import AbstractBound as AbstractBound, registry as registry
from ._alpha_tuba import AlphaTUBA as AlphaTUBA
from ._density_critics import (
    AbstractDensityCritic as AbstractDensityCritic,
    ClassCritic as ClassCritic,
    ConditionalOf as ConditionalOf,
    FlowCritic as FlowCritic,
    MixtureCritic as MixtureCritic,
)
from ._density_values import (
    barber_agakov as barber_agakov,
    club as club,
    difference_of_entropies as difference_of_entropies,
    leave_one_out as leave_one_out,
)
from ._discriminative import Discriminative as Discriminative
from ._donsker_varadhan import DonskerVaradhan as DonskerVaradhan
from ._flo import FLO as FLO
from ._generative import Generative as Generative
from ._infonce import InfoNCE as InfoNCE
from ._jensen_shannon import JensenShannon as JensenShannon
from ._likelihood import Likelihood as Likelihood
from ._mine import MINE as MINE
from ._nwj import NWJ as NWJ
from ._pairs import log_mean_exp as log_mean_exp, pair_up as pair_up, Pairs as Pairs
from ._quantised import Centres as Centres, Quantised as Quantised, QuantisedCritic as QuantisedCritic
from ._resampled import Resampled as Resampled
from ._smile import SMILE as SMILE
from ._tuba import TUBA as TUBA
from ._two_samples import RatioOfNormals as RatioOfNormals, TwoSamples as TwoSamples

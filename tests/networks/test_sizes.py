"""Sizes that are no whole numbers are refused, by every network and objective in the same words."""

import numpy as np
import numpyro.distributions as dist
import pytest

import suffice as sf
from suffice.networks import (
    ConditionalFlow,
    ConditionalMixture,
    Conv1d,
    Conv2d,
    DeepSet,
    Linear,
    MLP,
    ResNet2d,
    SeriesDecoder,
    SeriesEncoder,
    WaveNet,
)
from suffice.objectives import Classifier

PRIOR = sf.Prior(a=dist.Normal(0, 1), b=dist.Normal(0, 1))


def same(x):
    return x


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda wrong: MLP(3, 2, width=wrong, key=0), "width"),
        (lambda wrong: MLP(3, 2, depth=wrong, key=0), "depth"),
        (lambda wrong: MLP(wrong, 2, key=0), "n_in"),
        (lambda wrong: Linear(3, wrong, key=0), "n_out"),
        (lambda wrong: DeepSet(wrong, 2, key=0), "n_features"),
        (lambda wrong: Conv1d(wrong, 2, key=0), r"shape\[0\]"),
        (lambda wrong: Conv1d(32, 2, kernel=wrong, key=0), "kernel"),
        (lambda wrong: Conv2d((16, wrong), 2, key=0), r"shape\[1\]"),
        (lambda wrong: Conv2d((16, 16), 2, channels=(4, wrong), key=0), "n_out"),
        (lambda wrong: ResNet2d((16, 16), 2, segments=wrong, key=0), "segments"),
        (lambda wrong: SeriesEncoder(1, 2, hidden=(8, wrong), key=0), r"hidden\[1\]"),
        (lambda wrong: SeriesDecoder(1, 2, knots=wrong, key=0), "knots"),
        (lambda wrong: WaveNet(1, 2, 3, stacks=wrong, key=0), "stacks"),
        (lambda wrong: WaveNet(1, 2, 3, dilations=(1, wrong), key=0), "dilation"),
        (lambda wrong: ConditionalMixture(1, 2, components=wrong, key=0), "components"),
        (lambda wrong: ConditionalFlow(1, wrong, key=0), "n_y"),
        (lambda wrong: ConditionalFlow(1, 2, layers=wrong, key=0), "layers"),
        (lambda wrong: ConditionalFlow(1, 2, knots=wrong, key=0), "knots"),
        (lambda wrong: sf.Flow(same, PRIOR, layers=wrong), "layers"),
        (lambda wrong: sf.Flow(same, PRIOR, width=wrong), "width"),
        (lambda wrong: sf.Likelihood(same, PRIOR, knots=wrong), "knots"),
        (lambda wrong: sf.FlowMatching(same, PRIOR, steps=wrong), "steps"),
        (lambda wrong: sf.Gaussian(same, PRIOR, depth=wrong), "depth"),
        (lambda wrong: sf.Ratio(same, width=wrong), "width"),
        (lambda wrong: sf.Ratio(same, negatives=wrong), "negatives"),
        (lambda wrong: Classifier(same, 2, width=wrong), "width"),
    ],
)
def test_sizes_are_whole_numbers(build, name, unchecked):
    for wrong in (2.5, 0, -1, "two", True):
        with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least 1, but .* came$"):
            build(wrong)


def test_a_reach_that_is_no_length_is_refused(unchecked):
    for wrong in (0.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="reach must be a positive number"):
            ConditionalFlow(1, 2, reach=wrong, key=0)

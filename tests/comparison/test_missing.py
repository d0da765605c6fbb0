"""What is missing is found where something is, and only there."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from jaxtyping import Array

import suffice as sf
from suffice.comparison import Missing
from suffice.core import Estimate


class Sums(eqx.Module):
    """Two sums of the data."""

    weights: Array

    def __call__(self, x):
        return self.weights @ x


MEAN_OF_A = [1 / 3] * 3 + [0.0] * 3
MEAN_OF_B = MEAN_OF_A[::-1]
NOISE_ALONE = [1.0, -1.0, 0, 0, 0, 0]


@pytest.fixture(scope="module")
def look(pair):
    """600 rows to judge on: differences of two densities with the same information have standard errors of 0.005."""
    settings = {"network": sf.networks.MLP(6, 2, width=16, key=7), "max_epochs": 15, "joint": False}
    return lambda *sums, key: sf.missing(Sums(jnp.array(sums)), pair.sims, pair.prior, key=key, **settings)


@pytest.mark.slow
def test_a_planted_missing_piece_is_found(look, pair):
    found = look(MEAN_OF_A, NOISE_ALONE, key=1)
    assert found.found
    assert found.estimates["b"].value == pytest.approx(pair.exact, abs=0.15)
    assert found.estimates["a"].low <= 0 and abs(found.estimates["a"].value) < 0.03
    assert list(found.table()["parameter"]) == ["a", "b"]
    assert found.table().loc[1, "verdict"] == "the data say more"


@pytest.mark.slow
@pytest.mark.parametrize("key", [1, 2])
def test_a_sufficient_summary_is_not_flagged(look, key):
    found = look(MEAN_OF_A, MEAN_OF_B, key=key)
    assert not found.found
    assert max(abs(one.value) for one in found.estimates.values()) < 0.05
    assert str(found).startswith("nothing is missing that this network can find")


def test_something_is_found_where_an_interval_lies_above_zero(unchecked):
    above, around_zero = (Estimate(v, v - 0.02, v + 0.02, 0.975, "lower") for v in (0.5, 0.01))
    assert Missing({"a": above, "b": around_zero}, None).found
    none = Missing({"a": around_zero, "b": around_zero}, None)
    assert not none.found and str(none).startswith("nothing is missing that this network can find")
    assert set(none.table()["verdict"]) == {"nothing more was found"}


def test_what_cannot_be_asked_is_refused(pair, unchecked):
    for network, came in ((3, "an int"), (sf.networks.MLP, "the class MLP")):
        with pytest.raises(TypeError, match=f"network must be a network or a function x -> s, but {came} came"):
            sf.missing(pair.both, pair.sims, pair.prior, network=network)
    with pytest.raises(TypeError, match="there is no option 'ensemble'; there are"):
        sf.missing(pair.both, pair.sims, pair.prior, ensemble=2)
    with pytest.raises(ValueError, match="at least 1000"):
        sf.missing(pair.both, pair.sims[:600], pair.prior)
    with pytest.raises(ValueError, match="JAX can trace"):
        sf.missing(lambda x: np.sort(np.asarray(x).tolist()), pair.sims, pair.prior)
    with pytest.raises(ValueError, match="'summary' never varies"):
        sf.missing(lambda x: jnp.ones(1), pair.sims, pair.prior)
    with pytest.raises(ValueError, match="the prior is about"):
        sf.missing(pair.both, pair.sims, sf.Prior(c=dist.Normal(0, 1), d=dist.Normal(0, 1)))

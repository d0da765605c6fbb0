"""Fits side by side: each as if it were alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.core import Frozen
from suffice.train import AbstractObjective, Arrays, fit_members


class Mean(AbstractObjective):
    """Learns the mean of its rows; what it is started from is frozen."""

    summary: object
    first: Frozen
    monitor = "loss"

    def start(self, rows, *, names, key):
        return Mean(jnp.zeros(()), Frozen(jnp.asarray(rows.mean())))

    def loss(self, batch, *, key, step):
        return ((batch - self.summary) ** 2).mean(), {}

    def finish(self, held_out, *, key):
        return self


def parts(data, cuts):
    return [
        (Arrays(data, np.arange(low, high), batch_size=20), Arrays(data, np.arange(high, high + 20), batch_size=20))
        for low, high in cuts
    ]


def trained(data, cuts, **options):
    members = [Mean(jnp.zeros(()), Frozen(jnp.zeros(()))) for _ in cuts]
    settings = {"learning_rate": 0.05, "max_epochs": 60, "progress": False} | options
    return fit_members(members, parts(jnp.asarray(data), cuts), key=0, **settings)


@pytest.fixture(scope="module")
def data():
    levels = np.repeat([1.0, 2.0, -3.0], 120)
    return levels + 0.1 * np.random.default_rng(0).normal(size=360)


CUTS = [(0, 100), (120, 220), (240, 340)]


def test_each_member_learns_its_own_rows(data):
    fits = trained(data, CUTS)
    for one, (low, high) in zip(fits.objectives, CUTS):
        assert abs(float(one.summary) - data[low:high].mean()) < 0.06  # the held-out rows decide which weights are kept
        assert float(one.first.value) == pytest.approx(data[low:high].mean(), rel=1e-5)
    assert set(fits.history["member"]) == {0.0, 1.0, 2.0}


def test_nothing_of_one_member_depends_on_the_data_of_another(data):
    other = data.copy()
    other[120:240] = 50 * np.random.default_rng(1).normal(size=120)
    first, second = trained(data, CUTS), trained(other, CUTS)
    assert float(first.objectives[0].summary) == float(second.objectives[0].summary)
    assert float(first.objectives[1].summary) != float(second.objectives[1].summary)


def test_a_member_that_is_over_keeps_its_best(data):
    # Member 0 starts at its optimum and can only leave it; the others go on.
    still = np.where(np.arange(360) < 120, 0.0, data)
    fits = trained(still, CUTS, patience=3)
    rows = fits.history[fits.history["member"] == 0]
    assert (rows["learning_rate"].to_numpy()[5:] == 0).all()
    assert float(fits.objectives[0].summary) == 0
    assert abs(float(fits.objectives[1].summary) - 2.0) < 0.05


def test_members_of_other_sizes_are_refused(data):
    with pytest.raises(ValueError, match="same sizes"):
        trained(data, [(0, 100), (120, 200)])
    assert jax.tree.leaves(trained(data, CUTS[:1]).objectives[0].summary)

"""Figures of Fisher information and of what rejection accepted."""

import matplotlib.pyplot as plt
import numpy as np
import numpyro.distributions as dist
import pandas as pd
import pytest
from matplotlib.patches import Ellipse

import suffice as sf
from suffice import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_det_F": [10.0, 40.0, 90.0],
        "valid_det_F": [9.0, 30.0, 20.0],
        "train_lambda": [5.0, 0.1, 0.01],
        "valid_lambda": [4.0, 0.1, 0.02],
        "valid_minus_log_det": [-2.0, -3.0, -2.5],
    }
)


def test_history_shows_both_parts_the_kept_epoch_and_the_known_answer():
    left, right = plots.fisher_history(HISTORY, known=50.0)
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert labels == ["training", "held out", "kept", "known"]
    assert left.get_ylim()[1] < 100 and left.get_ylim()[0] == 0
    assert right.get_yscale() == "log"
    with pytest.raises(ValueError, match="train_det_F"):
        plots.fisher_history(HISTORY[["epoch"]])


def test_an_ellipse_holds_its_share_of_a_gaussian():
    fisher = np.array([[10.0, 4.0], [4.0, 5.0]])
    axes = plots.fisher_ellipses([fisher, 2 * fisher], at=[1.0, -1.0], names=["a", "b"], labels=["one", "two"])
    patches = [patch for patch in axes[1, 0].patches if isinstance(patch, Ellipse)]
    assert len(patches) == 4
    draws = np.random.default_rng(0).multivariate_normal([1.0, -1.0], np.linalg.inv(fisher), 20_000)
    inside = [
        patch.get_path().contains_points(patch.get_patch_transform().inverted().transform(draws)).mean()
        for patch in patches[:2]
    ]
    np.testing.assert_allclose(inside, [0.68, 0.95], atol=0.02)
    assert axes[1, 0].get_xlabel() == "a" and axes[1, 0].get_ylabel() == "b"


def test_one_parameter_and_several_can_be_drawn():
    assert plots.fisher_ellipses([[4.0]], at=[0.0]).shape == (1, 1)
    assert plots.fisher_ellipses(np.eye(3), at=np.zeros(3)).shape == (3, 3)
    with pytest.raises(ValueError, match="positive definite"):
        plots.fisher_ellipses(np.diag([1.0, -1.0]), at=[0, 0])
    with pytest.raises(ValueError, match=r"\(p, p\)"):
        plots.fisher_ellipses(np.ones(3), at=[0, 0, 0])


@pytest.mark.parametrize("p", [1, 2, 3])
def test_accepted_and_rejected_are_drawn(p):
    prior = sf.Prior(t=dist.Uniform(-1, 1).expand([p]))
    sims = sf.Simulations(np.random.default_rng(0).uniform(-1, 1, (500, p)), np.zeros((500, p)), names=prior.names)
    sims = sf.Simulations(np.asarray(sims.theta), np.asarray(sims.theta) + 0.1, names=prior.names)
    run = sf.ABC(prior, None, lambda x: x, np.eye(p)).run(np.zeros(p), simulations=sims)
    axes = plots.accepted(run, 0.5, truth=np.zeros(p))
    assert axes.shape == (3, p)
    shown = axes[2, 0].lines[1].get_xdata()
    assert len(shown) == (run.compared.distance <= 0.5).sum()

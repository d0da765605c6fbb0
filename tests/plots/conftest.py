import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def figures():
    """Every figure must draw; global settings must be as they were; nothing stays open."""
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before, "a figure changed matplotlib's global settings"
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")


@pytest.fixture
def samples():
    """Samples of a Gaussian of three parameters, means 1, 2, 3, standard deviations 1, 0.5, 2."""
    return np.random.default_rng(0).normal([1.0, 2.0, 3.0], [1.0, 0.5, 2.0], size=(20_000, 3))

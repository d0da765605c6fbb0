from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from suffice import plots

WEIGHTS = np.stack([np.ones(20), np.linspace(-1, 1, 20)]).astype(np.float32)


def fit_of(summary, example):
    return SimpleNamespace(objective=SimpleNamespace(summary=summary), example=example, names=("a", "b", "c"))


def linear():
    return fit_of(lambda x: jnp.asarray(WEIGHTS) @ x + 3.0, jax.ShapeDtypeStruct((20,), jnp.float32))


class Simulated:
    """theta, and x = theta[0] in every bin with a little of theta[1]."""

    def __init__(self, n):
        rng = np.random.default_rng(0)
        self.theta = rng.uniform(-1, 1, size=(n, 3)).astype(np.float32)
        self.x = self.theta[:, :1] + 0.1 * self.theta[:, 1:2] + np.zeros((n, 20), np.float32)

    def __len__(self):
        return len(self.x)

    def rows(self, index):
        return SimpleNamespace(theta=self.theta[index], x=self.x[index])


def test_weights_of_a_linear_summary_are_found():
    axes = plots.summary_weights(linear())
    assert axes.shape == (2, 1)
    for row in range(2):
        np.testing.assert_allclose(axes[row, 0].lines[-1].get_ydata(), WEIGHTS[row], atol=1e-5)


def test_weights_on_an_image_are_an_image_and_named_arrays_a_column_each():
    kernel = np.random.default_rng(0).normal(size=(2, 6, 4)).astype(np.float32)
    example = {
        "image": jax.ShapeDtypeStruct((6, 4), jnp.float32),
        "sky": jax.ShapeDtypeStruct((2,), jnp.float32),
    }
    fit = fit_of(lambda x: jnp.einsum("kij,ij->k", kernel, x["image"]) + x["sky"], example)
    axes = plots.summary_weights(fit)
    assert axes.shape == (2, 2)
    assert [ax.get_title() for ax in axes[0]] == ["image", "sky"]
    np.testing.assert_allclose(axes[1, 0].images[0].get_array(), kernel[1], atol=1e-5)


def test_a_nonlinear_summary_needs_a_place():
    fit = fit_of(lambda x: jnp.asarray(WEIGHTS) @ x**2, jax.ShapeDtypeStruct((20,), jnp.float32))
    with pytest.raises(ValueError, match="not linear"):
        plots.summary_weights(fit)
    axes = plots.summary_weights(fit, np.full(20, 0.5))
    np.testing.assert_allclose(axes[1, 0].lines[-1].get_ydata(), WEIGHTS[1], atol=1e-5)


def test_summary_against_parameter_shows_where_the_information_is():
    axes = plots.summary_against_parameter(linear(), Simulated(800))
    assert axes.shape == (2, 3)
    assert axes[1, 1].get_xlabel() == "b" and axes[0, 0].get_ylabel() == "s[0]"
    rho = [float(ax.get_title().split()[-1]) for ax in axes[0]]
    assert rho[0] > 0.98 and abs(rho[2]) < 0.15


def test_many_rows_become_hexagons_and_are_thinned_evenly():
    axes = plots.summary_against_parameter(linear(), Simulated(9000), rows=2000)
    assert axes[0, 0].collections and not axes[0, 0].lines
    assert int(axes[0, 0].collections[0].get_array().sum()) == 2000


def test_rows_that_are_not_finite_are_left_out():
    sims = Simulated(100)
    sims.x[3] = np.nan
    axes = plots.summary_against_parameter(linear(), sims)
    assert len(axes[0, 0].lines[0].get_xdata()) == 99
    sims.x[:] = np.nan
    with pytest.raises(ValueError, match="only 0 of 100 rows are finite"):
        plots.summary_against_parameter(linear(), sims)
    with pytest.raises(ValueError, match="sims is empty"):
        plots.summary_against_parameter(linear(), Simulated(0))


def kept():
    columns = {"parameter": ["a", "b"], "data": [2.0, 1.0], "data_low": [1.9, 0.9], "data_high": [2.2, 1.1]}
    return pd.DataFrame(columns | {"summary": [1.5, 1.0], "summary_low": [1.4, 0.8], "summary_high": [1.6, 1.1]})


def test_retained_draws_bars_with_their_intervals():
    ax = plots.retained(kept())
    assert [bar.get_height() for bar in ax.patches] == [2.0, 1.0, 1.5, 1.0]
    bars = [s[:, 1] for c in ax.collections for s in c.get_segments()]
    np.testing.assert_allclose(bars, [[1.9, 2.2], [0.9, 1.1], [1.4, 1.6], [0.8, 1.1]])


@pytest.mark.parametrize("bad", [kept().drop(columns="data_low"), kept().iloc[:0]])
def test_bad_table_is_refused(bad):
    with pytest.raises(ValueError, match="table must have rows and the columns"):
        plots.retained(bad)

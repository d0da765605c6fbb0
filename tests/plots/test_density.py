import numpy as np
import pytest
from scipy import stats

from suffice.plots._density import Curve, curve_of, height, refined, Surface, surface_of


def test_curve_of_gaussian_samples_is_the_gaussian():
    curve = curve_of(np.random.default_rng(0).normal(2.0, 3.0, size=50_000))
    assert np.abs(curve.density - stats.norm.pdf(curve.grid, 2, 3)).max() < 0.05 * stats.norm.pdf(0, 0, 3)
    assert np.trapezoid(curve.density, curve.grid) == pytest.approx(1, abs=1e-2)


def test_curve_of_bounded_samples_does_not_sag_at_the_edge():
    curve = curve_of(np.random.default_rng(0).uniform(-1, 1, size=50_000))
    assert curve.grid[0] == pytest.approx(-1, abs=0.01) and curve.grid[-1] == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(curve.density, 0.5, rtol=0.1)


def test_curve_of_heavy_tails_keeps_its_resolution():
    values = np.random.default_rng(0).standard_cauchy(size=20_000)
    curve = curve_of(values)
    peak = curve.density[np.abs(curve.grid).argmin()]
    assert np.diff(curve.grid)[0] < 5 and peak > 0.02


def test_curve_of_constant_samples():
    curve = curve_of(np.full(100, 3.0))
    assert abs(curve.grid[curve.density.argmax()] - 3) < 1e-3 and np.isfinite(curve.density).all()


@pytest.mark.parametrize("level", [0.5, 0.68, 0.95])
def test_height_of_a_gaussian(level):
    x = np.linspace(-6, 6, 4001)
    density = stats.norm.pdf(x)
    assert height(density, density, level) == pytest.approx(stats.norm.pdf(stats.norm.ppf((1 + level) / 2)), rel=0.01)


def test_height_of_a_gaussian_in_two_dimensions_on_an_uneven_grid():
    x, y = np.linspace(-6, 6, 301), np.sinh(np.linspace(-2.5, 2.5, 301))
    density = stats.norm.pdf(x)[:, None] * stats.norm.pdf(y)
    mass = density * np.outer(np.gradient(x), np.gradient(y))
    exact = np.exp(-stats.chi2.ppf(0.68, 2) / 2) / (2 * np.pi)
    assert height(density, mass, 0.68) == pytest.approx(exact, rel=0.02)


def test_surface_of_samples_keeps_the_orientation():
    rng = np.random.default_rng(0)
    surface = surface_of(rng.normal(0, 1, 20_000), rng.normal(10, 2, 20_000))
    i, j = np.unravel_index(surface.density.argmax(), surface.density.shape)
    assert surface.x[i] == pytest.approx(0, abs=0.4) and surface.y[j] == pytest.approx(10, abs=0.8)
    exact = stats.norm.pdf(surface.x, 0, 1)[:, None] * stats.norm.pdf(surface.y, 10, 2)
    assert np.abs(surface.density - exact).max() < 0.12 * exact.max()


def test_refined_surface_is_the_same_density():
    x = np.linspace(-4, 4, 33)
    fine = refined(Surface(x, 2 * x, stats.norm.pdf(x)[:, None] * stats.norm.pdf(2 * x)))
    assert min(fine.density.shape) >= 200
    exact = stats.norm.pdf(fine.x)[:, None] * stats.norm.pdf(fine.y)
    np.testing.assert_allclose(fine.density, exact, atol=0.01 * exact.max())


def test_moments_on_an_uneven_grid():
    grid = np.sinh(np.linspace(-3, 3, 2001))
    assert Curve(grid, stats.norm.pdf(grid, 1, 0.5)).moments == pytest.approx((1, 0.5), abs=1e-3)

"""Stored data, several devices and checkpoints on an accelerator: `pytest -m gpu`."""

import jax
import numpy as np
import pytest

import suffice as sf
from suffice.simulate.processes import LinearRegression

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default::UserWarning")]


@pytest.fixture(scope="module")
def problem():
    process = LinearRegression()
    return process, sf.simulate(process.prior, process, 8000, key=0, progress=False)


def trained(sims, **options):
    objective = sf.Ratio(sf.networks.Linear(100, 3, key=1), negatives=8)
    options = {"key": 2, "max_epochs": 25, "average": 0.98, "progress": False} | options
    return sf.fit(objective, sims, **options)


def test_simulations_on_disk_are_read_piece_by_piece(problem, on_accelerator, tmp_path):
    process, sims = problem
    sims.save(tmp_path / "sims.zarr")
    stored = sf.load_simulations(tmp_path / "sims.zarr")
    assert not stored.in_memory
    fit = trained(stored, segment=2000)
    assert on_accelerator(fit.objective)
    x = np.asarray(process(jax.random.key(3), np.array([0.2, -0.4, 0.6])))
    posterior = sf.posterior(fit, process.prior, x, key=4)
    mean, std = process.exact_mean_std(x)
    np.testing.assert_allclose((np.asarray(posterior.mean) - mean) / std, 0, atol=0.4)
    np.testing.assert_allclose(np.asarray(posterior.std) / std, 1, atol=0.15)


def test_a_killed_fit_goes_on(problem, tmp_path):
    """Sums on an accelerator may add in another order each time: nearly the same, where a core gives the same bits."""
    _, sims = problem
    whole = trained(sims, max_epochs=6)
    path = tmp_path / "fit.checkpoint"

    def kill(numbers):
        if numbers["epoch"] == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        trained(sims, max_epochs=6, checkpoint=path, loggers=[kill])
    resumed = trained(sims, max_epochs=6, checkpoint=path)
    assert list(resumed.history["epoch"]) == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(resumed.history["valid_loss"], whole.history["valid_loss"], rtol=1e-2)


def test_every_device_takes_its_part_of_a_batch(problem):
    """Where there are several, a batch lies on all of them, and the posterior is still the exact one."""
    if jax.device_count() == 1:
        pytest.skip("one device")
    _, sims = problem
    one = trained(sims, batch_size=256, max_epochs=4)
    odd = trained(sims, batch_size=256 + jax.device_count() // 2, max_epochs=4)  # cannot be shared out evenly
    assert abs(one.history["valid_loss"].iloc[-1] - odd.history["valid_loss"].iloc[-1]) < 0.1

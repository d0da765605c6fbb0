"""A fit on two devices gives the numbers of one: of ratios, and of both kinds of Fisher sources."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np

import suffice as sf

PROGRAM = f"""
import importlib.util, jax
spec = importlib.util.spec_from_file_location("fits", {__file__!r})
fits = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fits)
print(len(jax.devices()), *fits.losses())
"""


def losses() -> list[float]:
    """Held-out losses of fits whose batches two devices divide between them."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(1000, 2))
    x = np.repeat(theta, 3, axis=1) + rng.normal(size=(1000, 6))
    ratio = sf.Ratio(sf.networks.Linear(6, 2, key=0), negatives=4, width=16)
    fit = sf.fit(ratio, sf.Simulations(theta, x), key=0, max_epochs=2, batch_size=64, progress=False)
    found = fit.history.valid_loss.tolist()
    noise = np.random.default_rng(0).normal(size=(400, 10))
    dx = np.stack([np.ones_like(noise), noise / 2], axis=-1)

    def simulator(key, theta):
        return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))

    for tangents in (
        sf.Tangents.exact(noise, dx, [0.0, 1.0], steps=5),
        sf.Tangents.simulated(simulator, [0.0, 1.0], 200, steps=5),
    ):
        objective = sf.Fisher(sf.networks.MLP(10, 2, width=16, key=0), warm=5)
        fit = sf.fit(objective, tangents, key=1, valid=0.2, max_epochs=2, progress=False)
        found += fit.history.valid_minus_log_det.tolist()
    return found


def test_two_devices_give_the_numbers_of_one():
    assert len(jax.devices()) == 1
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    count, *two = map(float, done.stdout.split())
    one = losses()
    assert count == 2 and len(one) == len(two) == 6
    np.testing.assert_allclose(two, one, rtol=1e-5)

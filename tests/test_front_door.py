"""The names a user writes, and settings of JAX that the whole path must bear."""

import subprocess
import sys

import suffice as sf

NAMES = (
    "Prior Simulations simulate load_simulations fit Fit Ratio posterior truncate rounds retained Estimate save load "
    "networks checks plots train priors"
)


def test_every_public_name_is_there():
    for name in NAMES.split():
        assert getattr(sf, name) is not None
        assert name in dir(sf)


PATH = """
import jax, numpy as np, numpyro.distributions as dist
jax.config.update("jax_enable_x64", True)
import suffice as sf
prior = sf.Prior(a=dist.Normal(0, 1))
sims = sf.simulate(prior, lambda key, theta: theta + 0.5 * jax.random.normal(key, (4,)), 1000, key=0, progress=False)
assert sims.x.dtype == np.float64 and sims.theta.dtype == np.float64
fit = sf.fit(sf.Ratio(sf.networks.MLP(4, 1, width=16, key=1)), sims, key=2, max_epochs=3, progress=False)
leaves = [leaf.dtype for leaf in jax.tree.leaves(fit.objective) if hasattr(leaf, "dtype") and leaf.dtype.kind == "f"]
assert set(leaves) == {np.dtype("float64")}, set(leaves)
found = sf.posterior(fit, prior, np.full(4, 0.5))
assert abs(found.mean[0] - 8 / 17) < 0.1 and abs(found.std[0] - 17**-0.5) < 0.05
print("done")
"""


def test_double_precision_goes_all_the_way():
    done = subprocess.run([sys.executable, "-c", PATH], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "done", done.stderr


def test_importing_is_quick_and_leaves_jax_alone():
    code = "import sys, suffice; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

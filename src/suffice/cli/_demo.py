"""`suffice demo`: the whole path on a process whose exact posterior is known."""

from pathlib import Path

import jax
import numpy as np
from jaxtyping import Array

from ..core import as_key
from ..report import Exact, report, Study
from ..simulate import simulate
from ..simulate.processes import LinearRegression
from ._options import Demo
from ._outcome import print_outcome

_ABOUT = (
    "A parabola with noise, x = z[0] + z[1] y + z[2] y² + 0.2 noise in 100 bins y from -1 to 1. Its exact posterior is "
    "known, a Gaussian cut off by the prior's box, and stands beside what was learned from simulations alone."
)


def run(options: Demo) -> None:
    """Simulate, learn, infer, check, measure, and write the page."""
    process = LinearRegression()
    for_truth, for_data, for_simulations, for_study = jax.random.split(as_key(options.seed), 4)
    truth = process.prior.sample(1, key=for_truth)[0]
    observation = process(for_data, truth)
    n = 2_000 if options.quick else 10_000
    store = Path(options.out) / "simulations.zarr"
    sims = simulate(process.prior, process, n, key=for_simulations, store=store)
    study = Study(
        options.out,
        sims,
        np.asarray(observation),
        prior=process.prior,
        summary="linear",
        key=for_study,
        title="suffice demo: a parabola with noise",
        about=_ABOUT,
        truth=np.asarray(truth),
        exact=_exact(process, observation),
        settings={"max_epochs": 20} if options.quick else {},
    )
    found = study.run()
    print_outcome(found, report(found, options.out))


def _exact(process: LinearRegression, observation: Array) -> Exact:
    """The exact posterior, on a grid five standard deviations to each side, inside the prior's box."""
    mean, std = (np.asarray(values) for values in process.exact_mean_std(observation))
    low, high = (np.asarray(side) for side in process.prior.box())
    grid = np.linspace(np.maximum(mean - 5 * std, low), np.minimum(mean + 5 * std, high), 400).T
    density = np.stack([np.asarray(process.exact_marginal(observation, i, grid[i])) for i in range(len(mean))])
    return Exact(mean, std, grid, density)

"""Where a flow begins, and where it ends: held-out information of a posterior before and after training.

    python -m benchmarks run starts

One `sf.Flow` with the default settings of `sf.fit`, from few and from many simulations; the information in nats, the
mean of log q(θ | x) − log p(θ), over 5,000 simulations that nothing was learned from. Before: of the weights that the
fit begins from, the linear-Gaussian posterior cut off at the ends of the prior, or the one on the real line. A fit is
to end no lower than it began, up to what its held-out tenth cannot tell; where the exact information of the same rows
is known it stands beside.
"""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

import suffice as sf
from benchmarks import results
from benchmarks.sbibm import summary
from benchmarks.sbibm_tasks import TASKS
from suffice.simulate.processes import LinearRegression

FRESH = 5000


class Case(NamedTuple):
    """A process, the numbers of simulations, and the exact log-ratio of rows where it is known."""

    process: Any
    simulations: tuple[int, ...]
    exact: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None


def of_uniform_mean(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Of the mean of a normal distribution of variance 0.1 in each coordinate, uniform between -1 and 1."""
    spread = np.sqrt(0.1)
    mass = stats.norm.cdf((1 - x) / spread) - stats.norm.cdf((-1 - x) / spread)
    return (stats.norm.logpdf(theta, x, spread) - np.log(mass) + np.log(2)).sum(axis=1)


LINE = LinearRegression()
CASES = {
    "linear regression": Case(LINE, (2000, 10_000), LINE.exact_joint_log_ratio),
    "Gaussian linear uniform": Case(TASKS["gaussian_linear_uniform"].process, (1000, 10_000), of_uniform_mean),
    "Gaussian mixture": Case(TASKS["gaussian_mixture"].process, (10_000,)),
    "two moons": Case(TASKS["two_moons"].process, (1000, 10_000)),
    "SLCP": Case(TASKS["slcp"].process, (1000,)),
}


def network(name: str, seed: int) -> Any:
    """What the flow is given of the data."""
    if name == "linear regression":
        return sf.networks.Linear(100, 3, key=seed)
    return summary(name.lower().replace(" ", "_"), seed)


def information(objective: sf.Flow, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """log q(θ | x) − log p(θ) of rows."""
    prior = objective.prior.value
    u = prior.to_unconstrained(jnp.asarray(theta))
    density = jax.lax.map(
        lambda own: objective.log_density(jnp.ravel(objective.summary(own[0])), own[1]), (jnp.asarray(x), u),
        batch_size=500,
    )  # fmt: skip
    return np.asarray(density, np.float64) - np.asarray(prior.log_prob_unconstrained(u), np.float64)


def one(name: str, simulations: int, seed: int) -> tuple[float, float, float, float | None]:
    """Before and after training, standard error of the gain, and what is exact."""
    process, exact = CASES[name].process, CASES[name].exact
    sims = sf.simulate(process.prior, process, simulations, key=1000 + seed, progress=False)
    fresh = sf.simulate(process.prior, process, FRESH, key=77 + seed, progress=False)
    settings = {"key": seed, "batch_size": min(256, simulations // 20), "progress": False}
    begin, end = (
        sf.fit(sf.Flow(network(name, seed), process.prior), sims, **settings, **more).objective
        for more in ({"learning_rate": 1e-12, "max_epochs": 1}, {})
    )
    theta, x = np.asarray(fresh.theta), np.asarray(fresh.x)
    before, after = (information(objective, theta, x) for objective in (begin, end))
    known = None if exact is None else float(exact(theta, x).mean())
    return float(before.mean()), float(after.mean()), float((after - before).std() / np.sqrt(FRESH)), known


def main() -> None:
    """Measure all, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    rows, lower = [], 0
    for name, case in CASES.items():
        for simulations in case.simulations:
            found = [one(name, simulations, seed) for seed in range(args.seeds)]
            lower += sum(after < before - 3 * error for before, after, error, _ in found)
            columns = list(zip(*found))
            told = ["; ".join(f"{value:.3f}" for value in columns[i]) for i in (0, 1)]
            exact = "" if case.exact is None else "; ".join(f"{value:.3f}" for value in columns[3])
            rows.append([name, f"{simulations:,}", *told, exact])
            print(rows[-1], flush=True)
    head = ["", "simulations", "before training, nats, each seed", "after", "exact"]
    told = f"Fits that end lower than they began by more than three standard errors: {lower} (to reach 0: "
    body = results.table(head, rows) + f"\n\n{told}{results.verdict(lower == 0)})."
    results.write("starts", f"python -m benchmarks.starts --seeds {args.seeds}", body)


if __name__ == "__main__":
    main()

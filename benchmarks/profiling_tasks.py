"""The four steps that `benchmarks.profiling` takes apart, and the operations of their products counted by hand."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import suffice as sf
from benchmarks import fisher, fisher_problem, mi_problem
from suffice.simulate import Batch
from suffice.train._as_source import as_source


class Task(NamedTuple):
    """What is trained, on what, and the operations of its products of matrices, counted by hand, in one step."""

    objective: Any
    source: Any
    products: float
    optimiser: Any = None
    unrolled: Any = None  # the same objective without an inner loop, whose body XLA counts once


def dense(rows: float, *sizes: int) -> float:
    """Operations of a perceptron's products: forward, the gradient of the weights, and that of all inputs but x."""
    each = [2.0 * rows * a * b for a, b in itertools.pairwise(sizes)]
    return 3 * sum(each) - each[0]


def regression() -> Task:
    """A linear summary of 100 numbers, three heads of width 64, each row with 17 candidates."""
    process = sf.simulate.processes.LinearRegression()
    sims = sf.simulate(process.prior, process, 10_000, key=0, progress=False)
    source, _, _ = as_source(sims, 256, None).divide(0.1, 0.0, key=jax.random.key(1))
    rows = source.sample(4096, key=jax.random.key(2))
    objective = sf.Ratio(sf.networks.Linear(100, 3, key=0)).start(rows, names=source.names, key=jax.random.key(3))
    n, pairs = 256, 256 * (1 + objective.negatives)
    trunk = 3 * (dense(n, 3, 64, 64) + 2.0 * n * 3 * 64 + 3 * 2.0 * n * 64 * (64 + 3))
    # Entry (2 -> 64) from the pair's own numbers, whose gradient reaches the summary; middle; exit.
    heads = 3 * 3 * 2.0 * pairs * (2 * 64 + 64 * 64 + 64)
    return Task(objective, source, dense(n, 100, 3) + trunk + heads)


def information() -> Task:
    """Ten draws, a perceptron of 3 x 128, 1,000 simulations and their two derivatives."""
    tangents = sf.Tangents.simulated(fisher.simulator, fisher_problem.FIDUCIAL, fisher_problem.N, steps=50)
    objective = sf.Fisher(sf.networks.MLP(10, 2, depth=3, key=0))
    key = jax.random.key(0)
    objective = objective.start(tangents.sample(2000, key=key), names=tangents.names, key=key)
    # Summaries of 1,000 simulations, and, forward, two derivatives of as many.
    return Task(objective, tangents, 3 * dense(fisher_problem.N, 10, 128, 128, 128, 2))


def mutual_information() -> Task:
    """A critic of 2 x 32, batches of 128, each row with itself and four others."""
    from suffice.bounds import Discriminative, registry
    from suffice.networks import JointCritic

    x, y = mi_problem.pairs(0)
    data = {"x": x[:72_000], "y": y[:72_000]}
    source = sf.train.Arrays(data, np.arange(72_000), batch_size=mi_problem.BATCH)
    critic = JointCritic(1, 1, hidden=mi_problem.HIDDEN, key=0)
    objective = Discriminative(critic, registry.get("js")().for_sizes(1, 1, key=jax.random.key(0)), mi_problem.OURS)
    pairs = mi_problem.BATCH * (1 + mi_problem.OURS)
    sides = 2 * dense(mi_problem.BATCH, 1, mi_problem.HIDDEN[0])
    return Task(objective, source, sides + 3 * 2.0 * pairs * (32 * 32 + 32))


def trajectories() -> Task:
    """Four convolutions, a perceptron, six latents, a perceptron, four convolutions and four causal blocks."""
    from suffice.networks import SeriesDecoder, SeriesEncoder

    rows, length = 256, 399
    x = jax.random.normal(jax.random.key(0), (12 * rows, length))
    source = sf.train.Arrays(Batch(jnp.zeros((len(x), 0)), x), np.arange(len(x)), batch_size=rows)
    objective = sf.Bottleneck(SeriesEncoder(1, 6, key=0), SeriesDecoder(1, 6, key=1))
    along = rows * length
    encoder = dense(along, 3 * 1, 16) + 3 * 2.0 * along * 3 * (16 * 16) * 3
    encoder += dense(rows, 2 * 16 * 16 + 16 + 9, 200, 100, 12) + 2.0 * rows * (2 * 16 * 16 + 25) * 200
    decoder = 3 * 2.0 * (rows * (6 * 100 + 100 * 200 + 200 * 512) + along * 3 * (16 * 16 * 3 + 16 * 6))
    blocks = 4 * (3 * 16 * 32 + 6 * 32 + 16 * 32)
    wavenet = 3 * 2.0 * along * (1 * 16 + 2 * 16 * 16 + blocks + 16 * 16 + 16 * 2 + 6 * 2)
    whole = sf.Bottleneck(objective.summary, objective.decoder, chunk=rows)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))
    return Task(objective, source, encoder + decoder + wavenet, optimiser, whole)


TASKS: dict[str, Callable[[], Task]] = {
    "linear regression, ratio": regression,
    "Fisher information": information,
    "mutual information": mutual_information,
    "WaveNet bottleneck": trajectories,
}

"""One run of `imnn` 0.3.2 on ten Gaussian draws; run by the Python of its own environment.

    PYTHON -m benchmarks.imnn_gaussian --mode simulator --seed 0 --iterations 2000

`imnn` 0.3.2 was written for jax 0.2; the oldest jaxlib for which there are wheels now is 0.4.13. Names that moved
or were removed since are put back where `imnn` looks for them; nothing of its own code is changed. Prints JSON.
"""

import argparse
import functools
import json
import resource
import sys
import time
import types

import jax
import jax._src.api as api
import jax._src.api_util as api_util
import jax._src.dispatch as dispatch
import jax._src.util as util
import jax.example_libraries.optimizers as optimizers
import jax.example_libraries.stax as stax
import jax.experimental
import jax.interpreters.xla
import jax.ops
import numpy as np

from benchmarks import fisher_problem as problem


def adapt() -> None:
    """Put back the names of jax that `imnn` uses."""
    api._check_callable, api._check_arg, util.partial = api_util.check_callable, dispatch.check_arg, functools.partial
    jax.experimental.optimizers, jax.experimental.stax = optimizers, stax
    sys.modules["jax.experimental.optimizers"], sys.modules["jax.experimental.stax"] = optimizers, stax
    jax.interpreters.xla.device_array = jax.Array
    jax.ops.index_update = lambda x, index, value: x.at[index].set(value)
    jax.ops.index = np.s_
    sys.modules["tensorflow"] = types.ModuleType("tensorflow")  # only its TFRecords need it


def cpu() -> float:
    """CPU seconds so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Train, time, measure on fresh simulations."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["simulator", "exact"], default="simulator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--iterations", type=int, default=2000)
    args = parser.parse_args()
    adapt()
    from imnn import GradientIMNN, SimulatorIMNN

    layers = [layer for _ in range(3) for layer in (stax.Dense(128), stax.LeakyRelu)]
    keys = jax.random.split(jax.random.PRNGKey(args.seed), 3)
    settings = {
        "n_s": problem.N,
        "n_d": problem.N,
        "n_params": 2,
        "n_summaries": 2,
        "input_shape": (10,),
        "θ_fid": jax.numpy.array(problem.FIDUCIAL),
        "model": stax.serial(*layers, stax.Dense(2)),
        "optimiser": optimizers.adam(1e-3),
        "key_or_state": keys[0],
    }

    def simulator(key, theta):
        return theta[0] + jax.random.normal(key, shape=(10,)) * jax.numpy.sqrt(theta[1])

    if args.mode == "simulator":
        model, extra = SimulatorIMNN(simulator=simulator, **settings), {"rng": keys[1]}
    else:
        x, dx = problem.draws(1000 + args.seed, 2 * problem.N)
        n = problem.N
        parts = {"fiducial": x[:n], "derivative": dx[:n], "validation_fiducial": x[n:], "validation_derivative": dx[n:]}
        model, extra = GradientIMNN(**parts, **settings), {}
    limits = {"λ": problem.STRENGTH, "ε": problem.CLOSENESS}

    def fit(iterations: int, patience: int) -> tuple[float, float]:
        start = time.perf_counter(), cpu()
        model.fit(patience=patience, min_iterations=iterations, max_iterations=iterations, **limits, **extra)
        return time.perf_counter() - start[0], cpu() - start[1]

    short, long = fit(1, 10**6), fit(args.iterations + 1, 10**6)  # each compiles anew
    x, dx = problem.draws(77, problem.HELD_OUT)
    apply = jax.jit(jax.vmap(lambda d: model.model(model.best_w, d)))
    slope = jax.jit(jax.vmap(lambda d, t: jax.jvp(lambda d: model.model(model.best_w, d), (d,), (t,))[1], (0, 0)))
    ds = np.stack([np.asarray(slope(x, dx[..., i])) for i in range(2)], axis=-1)
    found = problem.information(np.asarray(apply(x), float), ds.astype(float))
    told = {
        "iteration_wall": (long[0] - short[0]) / args.iterations,
        "iteration_cpu": (long[1] - short[1]) / args.iterations,
        "det": float(np.linalg.det(found)),
        "best_training_det": float(np.max(model.history["detF"])),
        "jax": jax.__version__,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

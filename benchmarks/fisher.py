"""Ten Gaussian draws: the information that summaries keep, of det F = 50, and the cost of an iteration.

    python -m benchmarks run fisher --peers

Networks of 3 × 128, 1,000 simulations an iteration, λ = 10, ε = 0.1; det F on 100,000 fresh simulations, five seeds.
Iterations are timed over many, without compilation, in alternation with `imnn` 0.3.2 on the same network.
"""

import argparse
from typing import Any

import numpy as np

from benchmarks import fisher_problem as problem, measure, results

WAYS = ("simulator", "exact", "exact, augmented", "leaky ReLU", "leaky ReLU, delta")
LEAST = {"simulator": 47.0, "exact, augmented": 44.0, "exact": 44.0}


def simulator(key, theta):
    """Ten draws."""
    import jax
    import jax.numpy as jnp

    return theta[0] + jnp.sqrt(theta[1]) * jax.random.normal(key, (10,))


def noisy(key, x):
    """A little noise, anew in every step."""
    import jax

    return x + 0.5 * jax.random.normal(key, x.shape)


def source(way: str, seed: int) -> tuple[Any, dict[str, Any]]:
    """Where the derivatives come from, and settings of the fit."""
    import suffice as sf

    if way.startswith("exact"):
        augment = noisy if way.endswith("augmented") else None
        x, dx = problem.draws(1000 + seed, 2 * problem.N)
        tangents = sf.Tangents.exact(x, dx, problem.FIDUCIAL, augment=augment, steps=5)
        return tangents, {"valid": 0.5, "learning_rate": 3e-4, "patience": 20, "plateau": 10}
    delta = 0.2 if way.endswith("delta") else None
    tangents = sf.Tangents.simulated(simulator, problem.FIDUCIAL, problem.N, steps=50, delta=delta)
    return tangents, {"valid": 0.2, "max_epochs": 160}


def fitted(way: str, seed: int, **more: Any) -> Any:
    """One fit."""
    import jax

    import suffice as sf

    activation = jax.nn.leaky_relu if way.startswith("leaky") else jax.nn.silu
    network = sf.networks.MLP(10, 2, depth=3, activation=activation, key=seed)
    objective = sf.Fisher(network, strength=problem.STRENGTH, closeness=problem.CLOSENESS)
    tangents, settings = source(way, seed)
    return sf.fit(objective, tangents, key=seed + 100, progress=False, **settings | more)


def accuracy(way: str, seed: int) -> dict[str, Any]:
    """det F on fresh simulations, how near the estimates come to the bound, and what the history says."""
    import jax

    import suffice as sf

    more = {"keep": "last", "patience": 1000, "plateau": 1000} if way.startswith("leaky") else {}
    fit = fitted(way, seed, **more)
    fresh = sf.Tangents.simulated(simulator, problem.FIDUCIAL, problem.HELD_OUT)
    found = sf.fisher_matrix(fit.objective.summary, fresh, key=7)
    x, _ = problem.draws(77, problem.HELD_OUT)
    estimates = np.asarray(jax.vmap(fit.objective.estimate)(x), float)
    history = fit.history
    return {
        "F": np.asarray(found).tolist(),
        "det": found.det,
        "low": float(np.exp(found.log_det.low)),
        "high": float(np.exp(found.log_det.high)),
        "variance": (estimates.var(axis=0) * np.diag(problem.EXACT)).tolist(),
        "kept_train": float(history.train_det_F[history.valid_minus_log_det.argmin()]),
        "last_train": float(history.train_det_F.iloc[-1]),
        "last_valid": float(history.valid_det_F.iloc[-1]),
        "best_valid": float(history.valid_det_F.max()),
        "seconds": fit.seconds,
        "iterations": int(len(history) * (5 if way.startswith("exact") else 50)),
    }


def iteration(way: str, activation: str, chunk: int | None) -> dict[str, float]:
    """CPU and wall seconds of one iteration, over 1,000 after the first 250."""
    import time

    import jax

    import suffice as sf

    network = sf.networks.MLP(10, 2, depth=3, activation=getattr(jax.nn, activation), key=0)
    x, dx = problem.draws(1000, 2 * problem.N)
    if way == "exact":
        tangents, valid = sf.Tangents.exact(x, dx, problem.FIDUCIAL, steps=50), 0.5
    else:
        tangents, valid = sf.Tangents.simulated(simulator, problem.FIDUCIAL, problem.N, steps=50), 0.02
    marks = []
    settings = {"valid": valid, "max_epochs": 25, "patience": 100, "progress": False, "key": 1}
    clock = lambda row: marks.append((measure.cpu(), time.perf_counter()))  # noqa: E731
    sf.fit(sf.Fisher(network, chunk=chunk), tangents, loggers=[clock], **settings)
    cpu, wall = (np.array(marks[-1]) - np.array(marks[4])) / 1000
    return {"cpu": cpu, "wall": wall}


def gradient(chunk: int | None) -> dict[str, Any]:
    """The gradient at 20,000 simulations, and what memory it took beyond what there was before."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    import suffice as sf

    tangents = sf.Tangents.simulated(simulator, problem.FIDUCIAL, 20_000)
    key = jax.random.key(0)
    objective = sf.Fisher(sf.networks.MLP(10, 2, depth=3, key=0), chunk=chunk, warm=0)
    objective = objective.start(tangents.sample(2000, key=key), names=tangents.names, key=key)
    last = jax.random.normal(key, (2, 128)) / 10
    objective = eqx.tree_at(lambda f: f.summary.stack.last.weight, objective, last)
    batch = tangents.batch(tangents.plan(key), 0, key)
    of = eqx.filter_jit(eqx.filter_grad(lambda f, b: f.loss(b, key=key, step=jnp.asarray(0))[0]))
    compiled = of.lower(objective, batch).compile()
    before = measure.peak_gigabytes()
    found = jax.block_until_ready(compiled(objective, batch))
    weights = found.summary.stack.hidden[0].weight
    return {"peak": measure.peak_gigabytes() - before, "gradient": np.asarray(weights, float).ravel()[:4000].tolist()}


def in_process(function: str, *arguments: Any) -> dict[str, Any]:
    """One of these in a fresh process."""
    call = f"import json; from benchmarks.fisher import {function}; print(json.dumps({function}(*{arguments!r})))"
    return measure.fresh(["python", "-W", "ignore", "-c", call]).last


def accuracies(seeds: int) -> str:
    """The table of det F."""
    rows, told = [], []
    for way in WAYS:
        runs = [in_process("accuracy", way, seed) for seed in range(1 if way.startswith("leaky") else seeds)]
        dets = [run["det"] for run in runs]
        wrong = max(np.abs(np.array(run["F"]) - problem.EXACT).max() / 10 for run in runs)
        off = max(abs(v - 1) for run in runs for v in run["variance"])
        numbers = [f"{np.median(dets):.2f}", f"{min(dets):.2f}", f"{runs[0]['high'] - runs[0]['low']:.2f}"]
        numbers += [f"{100 * wrong:.1f} %", f"{100 * off:.1f} %", f"{np.median([r['seconds'] for r in runs]):.0f}"]
        rows.append([way, *numbers, f"{np.median([r['iterations'] for r in runs]):.0f}"])
        told.append(_told(way, runs, dets, wrong, off))
    head = ["derivatives from", "det F, median", "lowest", "95 % interval", "F off by", "variance off by", "s"]
    return results.table([*head, "iterations"], rows) + "\n\n" + "\n\n".join(told)


def _told(way: str, runs: list[dict], dets: list[float], wrong: float, off: float) -> str:
    verdict, first = results.verdict, runs[0]
    if way == "simulator":
        return (
            f"Simulator: at least 47 on every seed {verdict(min(dets) >= 47)}, aim 48.5 "
            f"{verdict(min(dets) >= 48.5)}, F within 3 % of diag(10, 5) {verdict(wrong < 0.03)}, "
            f"variance of the estimate within 5 % of the Cramér–Rao bound {verdict(off < 0.05)}."
        )
    if way.startswith("exact"):
        return (
            f"{way.capitalize()} (1,000 simulations, and 1,000 to stop): median at least 44 "
            f"{verdict(np.median(dets) >= 44)}. At the end of seed 0 the training part says "
            f"{first['last_train']:.0f} and the held-out part {first['last_valid']:.0f}, of "
            f"{first['best_valid']:.0f} at its best."
        )
    return (
        f"{way}: the last weights after {first['iterations']:,} iterations at a constant rate. The held-out part says "
        f"{first['best_valid']:.0f} at its best and {first['last_valid']:.1f} at the end."
    )


def times(peer: str | None, repeats: int) -> str:
    """The table of seconds an iteration."""
    rows, told = [], []
    for way in ("simulator", "exact"):
        ours: dict[str, list[dict]] = {"leaky_relu": [], "silu": []}
        theirs: list[dict] = []
        for seed in range(repeats):
            for name, runs in ours.items():
                runs.append(in_process("iteration", way, name, None))
            if peer:
                command = [peer, "-W", "ignore", "-m", "benchmarks.imnn_gaussian", "--mode", way, "--seed", str(seed)]
                theirs.append(measure.fresh(command).last)
        for name, runs in ours.items():
            numbers = [f"{1e3 * np.median([r[kind] for r in runs]):.2f}" for kind in ("cpu", "wall")]
            rows.append([f"suffice, {name.replace('_', ' ')}, {way}", *numbers, ""])
        if theirs:
            numbers = [f"{1e3 * np.median([r[f'iteration_{kind}'] for r in theirs]):.2f}" for kind in ("cpu", "wall")]
            rows.append([f"imnn, leaky ReLU, {way}", *numbers, ", ".join(f"{r['det']:.1f}" for r in theirs)])
            theirs_cpu = np.median([r["iteration_cpu"] for r in theirs])
            ratios = {name: np.median([r["cpu"] for r in runs]) / theirs_cpu for name, runs in ours.items()}
            told.append(
                f"{way.capitalize()}: {ratios['leaky_relu']:.2f} of imnn's CPU seconds with the same network (no "
                f"more than 1: {results.verdict(ratios['leaky_relu'] <= 1)}), {ratios['silu']:.2f} with the smooth "
                "activation."
            )
    head = ["an iteration", "CPU ms", "wall ms", "det F on 100,000 fresh"]
    return results.table(head, rows) + "\n\n" + "\n\n".join([*told, chunks(repeats)])


def chunks(repeats: int) -> str:
    """What chunks cost and save."""
    chunked, whole = [], []
    for _ in range(repeats):
        chunked.append(in_process("iteration", "simulator", "silu", 100)["cpu"])
        whole.append(in_process("iteration", "simulator", "silu", None)["cpu"])
    ratio = np.median(chunked) / np.median(whole)
    at_once, in_chunks = in_process("gradient", None), in_process("gradient", 100)
    a, b = np.array(at_once["gradient"]), np.array(in_chunks["gradient"])
    off, memory = np.abs(a - b).max() / np.abs(a).max(), at_once["peak"] / max(in_chunks["peak"], 1e-3)
    megabytes = 1e3 * at_once["peak"], 1e3 * in_chunks["peak"]
    verdicts = [results.verdict(kept) for kept in (ratio <= 1.5, memory >= 5, off <= 1e-5)]
    return (
        f"In chunks of 100: {ratio:.2f} times the CPU seconds (at most 1.5: {verdicts[0]}). At 20,000 simulations the "
        f"gradient takes {megabytes[0]:.0f} MB at once and {megabytes[1]:.0f} MB in chunks, {memory:.0f} times less "
        f"(at least 5: {verdicts[1]}), and differs by {off:.0e} of its largest element (at most 1e-5: {verdicts[2]})."
    )


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="Python of imnn's environment")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    body = accuracies(args.seeds) + "\n\n" + times(args.peer, args.repeats)
    peer = " --peer PYTHON" if args.peer else ""
    results.write("fisher", f"python -m benchmarks.fisher --seeds {args.seeds} --repeats {args.repeats}{peer}", body)


if __name__ == "__main__":
    main()

"""Bottlenecks of trajectories: how near they come to exact likelihoods, what their latents mean, and what they cost.

    python -m benchmarks run trajectories --peers

Scaled and fractional Brownian motion on the published grid (Fernández-Fernández et al. 2024, arXiv:2307.11608): 399
steps, 21 exponents, 10 diffusion coefficients, 476 trajectories each, a fifth held out. The evidence bound is measured
on the 367 steps after the first 32, paired trajectory by trajectory with the Bayes-predictive floor. `--keep FOLDER`
keeps each model and its numbers; those found there are not made again.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import logsumexp
from sklearn.ensemble import HistGradientBoostingRegressor

import suffice as sf
from benchmarks import measure, results
from benchmarks.measure import cpu
from suffice.interpret import evaluated
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.simulate.processes import FractionalBrownian, ScaledBrownian

ALPHAS, DS, EACH, FIRST, BATCH = np.linspace(0.2, 1.8, 21), np.geomspace(1e-5, 1e-2, 10), 476, 32, 256
GRID = np.array([[a, d] for a in ALPHAS for d in DS])
PROCESSES = {"sbm": ScaledBrownian, "fbm": FractionalBrownian}
# Steps of training, highest learning rate, the price of the latents: 0.2 until the first step named, 1 from the second
# on; steps at the start that are not scored.
SCHEDULES = {"sbm": (4500, 2e-3, (400, 1600), 0), "fbm": (6000, 3e-3, (400, 1600), FIRST)}
GAPS = {"sbm": 0.0060, "fbm": 0.0040}
EXPRESSIONS = {
    "sbm": {"log(alpha*D0*400**(alpha - 1))": 0.95, "log(alpha*D0*400**(1 - alpha))": 0.95},
    "fbm": {"log(D)": 0.97, "alpha": 0.93},
}
CEILING = {"sbm": 0.049, "fbm": 0.044}  # mean absolute error of alpha, Bayes, one trajectory of 399 steps
PEER_STEPS = 15_000
FLOOR_ROWS = 6000
GENERATED = 8000  # of 1,000, exponents scatter by 0.03 from one draw to the next


def data(name: str) -> tuple[Any, sf.Simulations, sf.Simulations]:
    """The process, training and held-out trajectories."""
    process = PROCESSES[name](399)
    sims = sf.simulate_at(np.repeat(GRID, EACH, axis=0), process, key=0, names=process.prior.names, progress=False)
    order = np.random.default_rng(1).permutation(len(sims.theta))
    held = order[: len(order) // 5]
    return process, sims[np.sort(order[len(held) :])], sims[held]


def trained(name: str, sims: sf.Simulations, seed: int) -> tuple[sf.Bottleneck, float, int]:
    """The bottleneck of the reference's sizes, CPU seconds with compiling, and steps made."""
    steps, rate, (hold, full), skip = SCHEDULES[name]
    epochs = round(steps / (int(0.97 * len(sims.theta)) // BATCH))
    schedule = optax.warmup_cosine_decay_schedule(0.0, rate, 200, steps, 0.01 * rate)
    objective = sf.Bottleneck(
        SeriesEncoder(1, 6, key=seed),
        SeriesDecoder(1, 6, key=seed + 1),
        beta=sf.objectives.Schedule((hold, full), (0.2, 1.0)),
        skip=skip,
    )
    before = cpu()
    fit = sf.fit(
        objective,
        sims,
        key=seed,
        valid=0.03,
        batch_size=BATCH,
        optimiser=optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule)),
        learning_rate=1.0,
        min_epochs=epochs,
        max_epochs=epochs,
        plateau=10**6,
        keep="last",
        progress=False,
        loggers=[lambda row: print({k: round(v, 4) for k, v in row.items() if k.startswith("valid")}, flush=True)],
    )
    return fit.objective, cpu() - before, epochs * (int(0.97 * len(sims.theta)) // BATCH)


def minutes(found: dict[str, Any]) -> str:
    """What the training took: minutes of a processor, or where another device did the work."""
    device = found.get("device", "cpu")
    return (f"{found['seconds'] / 60:.1f}" if device == "cpu" else f"on {device}") + f" ({found['steps']})"


def measured(
    name: str, seed: int, model: sf.Bottleneck, process: Any, train: sf.Simulations, held: sf.Simulations
) -> dict[str, Any]:
    """Everything of one model on held-out trajectories."""
    some = held[np.arange(FLOOR_ROWS)]
    scored = eqx.tree_at(lambda m: m.beta, model, 1.0)
    scored = sf.Bottleneck(scored.summary, scored.decoder, skip=FIRST)  # the same steps for every model
    exact = sf.interpret.benchmark(scored, process, some, GRID)
    latents = sf.interpret.latents(model, held)
    told = sf.interpret.information(latents)
    gap = exact.elbo_gap
    n = len(latents.theta) // 2
    alpha = HistGradientBoostingRegressor(loss="absolute_error").fit(latents.means[:n], latents.theta[:n, 0])
    turned = {e: [sf.interpret.rotate(latents, e, degree=d).r2 for d in (1, 3)] for e in EXPRESSIONS[name]}
    made = sf.interpret.check_generation(model, held, n=GENERATED, key=seed)
    exponents = made.exponents("alpha", ensemble=name == "sbm")
    exponents = exponents[(exponents["alpha"] > 0.39) & (exponents["alpha"] < 1.61)]
    return {
        "gap": float(gap.mean()),
        "gap_error": float(gap.std() / np.sqrt(len(gap))),
        "nll_minus_known": float((exact.nll - exact.known).mean()),
        "floor_minus_known": float((exact.floor - exact.known).mean()),
        "information": float(exact.information.mean()),
        "told": [told.value, told.low, told.high],
        "active": len(latents.active),
        "kl": latents.kl.mean(axis=0).tolist(),
        "alpha_error": float(np.abs(alpha.predict(latents.means[n:]) - latents.theta[n:, 0]).mean()),
        "generated": GENERATED,
        "r2": turned,
        "r2_any": any_function(sf.interpret.latents(model, train), latents, EXPRESSIONS[name]),
        "r2_exact": exact_r2(process, some[np.arange(1500)], EXPRESSIONS[name]),
        "formulas": [
            str(sf.interpret.formula(latents.mean[:, i], latents.theta, latents.names).best) for i in latents.active
        ],
        "inside": float((exponents["inside_generated"] - exponents["alpha"]).abs().mean()),
        "inside_of_truth": float((exponents["inside_true"] - exponents["alpha"]).abs().mean()),
        "beyond": float((exponents["beyond_generated"] - exponents["alpha"]).abs().mean()),
        "beyond_of_truth": float((exponents["beyond_true"] - exponents["alpha"]).abs().mean()),
    }


def any_function(train: Any, held: Any, expressions: Any) -> dict[str, float]:
    """R² on held-out series of each expression as any function of the latents: boosted trees of the training ones."""
    found = {}
    for expression in expressions:
        known, truth = (np.asarray(evaluated(expression, part.theta, part.names)) for part in (train, held))
        trees = HistGradientBoostingRegressor(max_iter=300, learning_rate=0.05).fit(train.means, known)
        found[expression] = float(1 - ((trees.predict(held.means) - truth) ** 2).mean() / truth.var())
    return found


def exact_r2(process: Any, sims: sf.Simulations, expressions: Any) -> dict[str, list[float]]:
    """R² of the exact posterior mean of each expression: with parameters on the grid alone, and anywhere between.

    The grid is coarse against the posterior, so that knowing it tells much; no smooth function of latents knows it.
    """
    between = [(a, d) for a in np.linspace(0.16, 1.84, 85) for d in np.geomspace(10**-5.167, 10**-1.833, 81)]
    found: dict[str, list[float]] = {expression: [] for expression in expressions}
    for points in (GRID, np.array(between)):
        before, after = process.grid_log_probs(points, np.asarray(sims.x, np.float64), FIRST)
        whole = before + after
        weights = np.exp(whole - logsumexp(whole, axis=1)[:, None])
        for expression in expressions:
            truth, values = (evaluated(expression, t, process.prior.names) for t in (np.asarray(sims.theta), points))
            found[expression].append(float(1 - ((weights @ values - truth) ** 2).mean() / truth.var()))
    return found


def step_seconds() -> tuple[float, float]:
    """CPU seconds of a training step of 256 trajectories, and of a generated time step of 256 series."""
    model = sf.Bottleneck(SeriesEncoder(1, 6, key=0), SeriesDecoder(1, 6, key=1))
    weights, fixed = eqx.partition(model, eqx.is_inexact_array)
    x = jax.random.normal(jax.random.key(0), (BATCH, 399))
    batch = sf.simulate.Batch(None, x)
    optimiser = optax.adam(1e-3)

    @jax.jit
    def steps(state: Any, keys: Any) -> Any:
        def step(state: Any, key: Any) -> tuple[Any, None]:
            weights, inner = state
            slope = jax.grad(lambda w: eqx.combine(w, fixed).loss(batch, key=key, step=0)[0])(weights)
            update, inner = optimiser.update(slope, inner)
            return (optax.apply_updates(weights, update), inner), None

        return jax.lax.scan(step, state, keys)[0]

    keys = jax.random.split(jax.random.key(1), 12)
    state = jax.block_until_ready(steps((weights, optimiser.init(weights)), keys))
    rounds = []
    for _ in range(5):
        start = cpu()
        jax.block_until_ready(steps(state, keys))
        rounds.append((cpu() - start) / len(keys))
    taken = float(np.median(rounds))
    given = jax.vmap(lambda z: model.decoder.conditions(z, 399))(jnp.zeros((BATCH, 6)))  # SPIVAE too is given these
    draws = eqx.filter_jit(lambda given, keys: jax.vmap(lambda one, key: model.decoder.draw(one, key=key))(given, keys))
    keys = jax.random.split(jax.random.key(2), BATCH)
    jax.block_until_ready(draws(given, keys))
    start = cpu()
    for _ in range(5):
        jax.block_until_ready(draws(given, keys))
    return taken, (cpu() - start) / 5 / 399


def main() -> None:
    """Measure what is not kept yet, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("processes", nargs="*", default=["sbm", "fbm"])
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--peer")
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    for seed, name in itertools.product(range(args.seeds), args.processes):
        path, model = args.keep / f"{name}-{seed}.json", args.keep / f"{name}-{seed}.sf"
        kept = json.loads(path.read_text()) if path.exists() else {}
        process, train, held = data(name)
        if not model.exists():
            objective, seconds, steps = trained(name, train, seed)
            sf.save(objective, model)
            kept = {"seconds": seconds, "steps": steps, "device": jax.devices()[0].device_kind}
        if kept.get("generated") != GENERATED:
            kept |= measured(name, seed, sf.load(model), process, train, held)
        path.write_text(json.dumps(kept, indent=2))
        print(kept, flush=True)
    own, peer = [], []
    for _ in range(2):  # ours, theirs, ours, theirs
        own.append(step_seconds())
        if args.peer:
            time.sleep(1)
            peer.append(measure.fresh([args.peer, "benchmarks/spivae_step.py"]).last)
    beside = {name: float(np.mean([one[name] for one in peer])) for name in ("step", "generated")} if peer else None
    report(args, tuple(np.mean(own, axis=0)), beside)


# What a table says of each seed, how, and what is to reach.
LINES: list[tuple[str, Callable[[dict[str, Any]], str], str]] = [
    ("ELBO gap, nats a step", lambda f: f"{f['gap']:.4f} ± {f['gap_error']:.4f}", ""),
    ("loss above the known θ", lambda f: f"{f['nll_minus_known']:.4f}", ""),
    ("the floor above the known θ", lambda f: f"{f['floor_minus_known']:.4f}", ""),
    ("CPU minutes (steps)", minutes, "45"),
    ("active latents", lambda f: str(f["active"]), "2"),
    (
        "they carry, of I(x; θ)",
        lambda f: f"{100 * f['told'][0] / f['information']:.1f} % of {f['information']:.2f}",
        "90 %",
    ),
    ("error of α from the latents", lambda f: f"{f['alpha_error']:.4f}", ""),
    ("error of the generated exponent, inside", lambda f: f"{f['inside']:.3f}", "0.1"),
    ("the same of true trajectories", lambda f: f"{f['inside_of_truth']:.3f}", ""),
    ("error of the generated exponent, beyond", lambda f: f"{f['beyond']:.3f}", ""),
    ("the same of true trajectories", lambda f: f"{f['beyond_of_truth']:.3f}", ""),
]


def report(args: argparse.Namespace, own: tuple[float, float], peer: dict[str, float] | None) -> None:
    """The section of RESULTS.md."""
    rows, told = [], []
    for name in args.processes:
        every = [json.loads((args.keep / f"{name}-{seed}.json").read_text()) for seed in range(args.seeds)]
        rows += [[f"{name}: {what}", "; ".join(say(found) for found in every), wanted] for what, say, wanted in LINES]
        rows[-len(LINES)][2], rows[-len(LINES) + 6][2] = f"{GAPS[name]:.4f}", f"{1.3 * CEILING[name]:.4f}"
        for e, wanted in EXPRESSIONS[name].items():
            straight, bent = (", ".join(f"{found['r2'][e][i]:.3f}" for found in every) for i in (0, 1))
            on_grid, between = every[0]["r2_exact"][e]
            rows.append([f"{name}: R² of {e}, cubic of the latents", bent, f"{wanted:.2f}"])
            rows.append([f"{name}: the same, a direction", straight, ""])
            trees = ", ".join(f"{found['r2_any'][e]:.3f}" for found in every)
            rows.append([f"{name}: the same, any function of the latents", trees, ""])
            rows.append(
                [f"{name}: the same, exact posterior mean (θ on the grid)", f"{between:.3f} ({on_grid:.3f})", ""]
            )
        found = every[0]
        steps, rate, beta, skip = SCHEDULES[name]
        taken = max(found["steps"] for found in every) * own[0] / 60
        rows.append([f"{name}: CPU minutes at the seconds a step measured here", f"{taken:.1f}", "45"])
        told.append(
            f"Schedule of {name}: batches of {BATCH}, Adam with a warm-up of 200 steps to {rate:g} and a cosine to "
            f"{0.01 * rate:g} over {steps} steps, gradients clipped at 1, weights averaged (0.99); β 0.2 up to step "
            f"{beta[0]}, 1 from {beta[1]} on; {skip or 'no'} steps not scored. Formulas of its latents: "
            f"{'; '.join(found['formulas'])}."
        )
    if peer:
        rows += beside_peer(args, own, peer)
    else:
        rows.append(["CPU seconds a step", f"{own[0]:.3f}", ""])
        rows.append(["ms a generated time step of 256 series", f"{1e3 * own[1]:.3f}", ""])
    command = (
        f"python -m benchmarks.trajectories {' '.join(args.processes)} --seeds {args.seeds} --keep FOLDER"
        f"{' --peer PYTHON' if peer else ''}"
    )
    results.write(
        "trajectories", command, results.table(["", "measured", "to reach"], rows) + "\n\n" + "\n\n".join(told)
    )


def beside_peer(args: argparse.Namespace, own: tuple[float, float], peer: dict[str, float]) -> list[list[str]]:
    """The lines of the table that compare with SPIVAE."""
    step = f"{own[0]:.3f} / {peer['step']:.3f} = {own[0] / peer['step']:.2f}"
    made = f"{1e3 * own[1]:.3f}; SPIVAE {1e3 * peer['generated']:.2f}, {peer['generated'] / own[1]:.0f} times"
    rows = [["CPU seconds a step, ours / SPIVAE's", step, "1.2"]]
    if (args.keep / "sbm-0.json").exists():
        steps = json.loads((args.keep / "sbm-0.json").read_text())["steps"]
        seconds, whole = steps * own[0], PEER_STEPS * peer["step"]
        told = f"{seconds:.0f} / {whole:.0f} = {seconds / whole:.2f}"
        rows.append([f"sbm: CPU seconds of our {steps:,} steps / SPIVAE's {PEER_STEPS:,}", told, "0.33"])
    return [*rows, ["ms a generated time step of 256 series", made, "20 times"]]


if __name__ == "__main__":
    main()

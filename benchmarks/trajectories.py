"""Bottlenecks of trajectories: how near they come to exact likelihoods, what their latents mean, and what they cost.

    python -m benchmarks.trajectories sbm fbm --keep FOLDER --peer PYTHON

Scaled and fractional Brownian motion on the published grid (Fernández-Fernández et al. 2024, arXiv:2307.11608): 399
steps, 21 exponents, 10 diffusion coefficients, 476 trajectories each, a fifth held out. The evidence bound is measured
on the 367 steps after the first 32, paired trajectory by trajectory with the Bayes-predictive floor. PYTHON is what
`benchmarks/peer_spivae.sh` prints. FOLDER keeps each model and its numbers; those found there are not made again.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.ensemble import HistGradientBoostingRegressor

import suffice as sf
from benchmarks import measure, results
from benchmarks.measure import cpu
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


def measured(name: str, seed: int, model: sf.Bottleneck, process: Any, held: sf.Simulations) -> dict[str, Any]:
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
    turned = {e: sf.interpret.rotate(latents, e).r2 for e in EXPRESSIONS[name]}
    made = sf.interpret.check_generation(model, held, n=1000, key=seed)
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
        "r2": turned,
        "formulas": [
            str(sf.interpret.formula(latents.mean[:, i], latents.theta, latents.names).best) for i in latents.active
        ],
        "inside": float((exponents["inside_generated"] - exponents["alpha"]).abs().mean()),
        "inside_of_truth": float((exponents["inside_true"] - exponents["alpha"]).abs().mean()),
        "beyond": float((exponents["beyond_generated"] - exponents["alpha"]).abs().mean()),
        "beyond_of_truth": float((exponents["beyond_true"] - exponents["alpha"]).abs().mean()),
    }


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
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    for name in args.processes:
        path = args.keep / f"{name}-{args.seed}.json"
        if path.exists():
            continue
        process, train, held = data(name)
        model, seconds, steps = trained(name, train, args.seed)
        sf.save(model, args.keep / f"{name}-{args.seed}.sf")
        found = measured(name, args.seed, model, process, held) | {"seconds": seconds, "steps": steps}
        path.write_text(json.dumps(found, indent=2))
        print(found, flush=True)
    if not args.peer:
        return
    own = step_seconds()
    time.sleep(1)
    peer = measure.fresh([args.peer, "benchmarks/spivae_step.py"]).last
    report(args, own, peer)


def report(args: argparse.Namespace, own: tuple[float, float], peer: dict[str, float]) -> None:
    """The section of RESULTS.md."""
    rows, told = [], []
    for name in args.processes:
        found = json.loads((args.keep / f"{name}-{args.seed}.json").read_text())
        share = found["told"][0] / found["information"]
        allowed = 1.3 * CEILING[name]
        rows += [
            [f"{name}: ELBO gap, nats a step", f"{found['gap']:.4f} ± {found['gap_error']:.4f}", f"{GAPS[name]:.4f}"],
            [f"{name}: loss above the known θ", f"{found['nll_minus_known']:.4f}", ""],
            [f"{name}: the floor above the known θ", f"{found['floor_minus_known']:.4f}", ""],
            [f"{name}: CPU minutes ({found['steps']} steps)", f"{found['seconds'] / 60:.1f}", "45"],
            [f"{name}: active latents", str(found["active"]), "2"],
            [f"{name}: they carry, of I(x; θ)", f"{100 * share:.1f} % of {found['information']:.2f}", "90 %"],
            [f"{name}: error of α from the latents", f"{found['alpha_error']:.4f}", f"{allowed:.4f}"],
            [f"{name}: error of the generated exponent, inside", f"{found['inside']:.3f}", "0.1"],
            [f"{name}: the same of true trajectories", f"{found['inside_of_truth']:.3f}", ""],
            [f"{name}: error of the generated exponent, beyond", f"{found['beyond']:.3f}", ""],
            [f"{name}: the same of true trajectories", f"{found['beyond_of_truth']:.3f}", ""],
        ]
        rows += [
            [f"{name}: R² of {e}", f"{found['r2'][e]:.3f}", f"{wanted:.2f}"] for e, wanted in EXPRESSIONS[name].items()
        ]
        steps, rate, beta, skip = SCHEDULES[name]
        told.append(
            f"Schedule of {name}: batches of {BATCH}, Adam with a warm-up of 200 steps to {rate:g} and a cosine to "
            f"{0.01 * rate:g} over {steps} steps, gradients clipped at 1, weights averaged (0.99); β 0.2 up to step "
            f"{beta[0]}, 1 from {beta[1]} on; {skip or 'no'} steps not scored. Formulas of its latents: "
            f"{'; '.join(found['formulas'])}."
        )
    seconds = json.loads((args.keep / f"sbm-{args.seed}.json").read_text())["seconds"]
    whole = PEER_STEPS * peer["step"]
    rows += [
        [
            "CPU seconds a step, ours / SPIVAE's",
            f"{own[0]:.3f} / {peer['step']:.3f} = {own[0] / peer['step']:.2f}",
            "1.2",
        ],
        [
            "sbm: CPU seconds, ours / SPIVAE's 15,000 steps",
            f"{seconds:.0f} / {whole:.0f} = {seconds / whole:.2f}",
            "0.33",
        ],
        [
            "ms a generated time step of 256 series",
            f"{1e3 * own[1]:.3f}; SPIVAE {1e3 * peer['generated']:.2f}, {peer['generated'] / own[1]:.0f} times",
            "20 times",
        ],
    ]
    command = f"python -m benchmarks.trajectories {' '.join(args.processes)} --keep FOLDER --peer PYTHON"
    results.write(
        "trajectories", command, results.table(["", "measured", "to reach"], rows) + "\n\n" + "\n\n".join(told)
    )


if __name__ == "__main__":
    main()

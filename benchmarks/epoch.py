"""CPU and wall seconds of one epoch of swyft's own network, in suffice's loop and in swyft's.

    python -m benchmarks run epoch --peers

The same network, batches of 32, a fifth held out, and precision (64 bit, as in swyft's tutorial;
`--precision 32` for single): see `benchmarks/swyft_network.py`. The median over the epochs after the first,
whose time holds the compilation on our side and start-up on theirs. In alternation, `--repeats` times.
"""

import argparse
import json
import shlex
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks import measure, regression_problem as problem, results


def ours(precision: int, epochs: int, own: bool) -> dict[str, Any]:
    """Fit for some epochs; seconds of each, from a logger that is called at the end of every epoch."""
    import jax

    jax.config.update("jax_enable_x64", precision == 64)
    import optax

    import suffice as sf
    from benchmarks.swyft_network import parameters, SwyftNetwork

    sims = sf.Simulations(*problem.simulations(0))
    objective = SwyftNetwork(own=own, key=jax.random.key(0))
    marks = []

    def clock(row) -> None:
        marks.append((time.perf_counter(), measure.cpu()))

    fitted = sf.fit(
        objective,
        sims,
        key=0,
        valid=0.2,
        batch_size=32,
        max_epochs=epochs,
        # As swyft has it: no average of the weights, no clip of the gradient, decay of the weights 0.01.
        average=0.0,
        optimiser=optax.adamw(1.0, weight_decay=0.01),
        patience=epochs,
        loggers=[clock],
        progress=False,
    )
    wall, cpu = np.median(np.diff(np.array(marks), axis=0), axis=0)
    return {
        "epoch_wall": wall,
        "epoch_cpu": cpu,
        "epochs": len(fitted.history),
        "parameters": parameters(objective),
        "loss": float(fitted.history["valid_loss"].min()),
    }


def theirs(program: str, args: argparse.Namespace) -> dict[str, Any]:
    """The same by swyft."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "-m", "benchmarks.swyft_regression", "--out", f"{folder}/run.npz", "--time-only"]
        command += ["--precision", str(args.precision), "--features", args.features]
        command += ["--max-epochs", str(args.peer_epochs), *shlex.split(args.peer_args)]
        return measure.fresh(command).last


def median(runs: list[dict], name: str) -> float:
    """Median over the repeats."""
    return float(np.median([run[name] for run in runs]))


def body(args: argparse.Namespace, us: list[dict], them: list[dict]) -> str:
    """The section's text."""
    rows = []
    for name, runs in (("suffice", us), ("swyft", them)):
        if runs:
            numbers = [f"{median(runs, 'epoch_cpu'):.3f}", f"{median(runs, 'epoch_wall'):.3f}"]
            rows.append([name, *numbers, str(runs[0]["parameters"])])
    told = [
        "swyft's network, batches of 32, 8,000 rows trained on and 2,000 held out, "
        f"{args.precision} bit; median of {len(us)} runs.",
        results.table(["", "CPU s an epoch", "wall s an epoch", "learned numbers"], rows),
    ]
    if them:
        ratios = {kind: median(them, f"epoch_{kind}") / median(us, f"epoch_{kind}") for kind in ("cpu", "wall")}
        settings, versions = them[0]["settings"], them[0]["versions"]
        told.append(
            f"swyft over suffice: {ratios['cpu']:.0f} in CPU seconds, {ratios['wall']:.0f} in wall seconds "
            f"(to reach: 30; in CPU seconds {results.verdict(ratios['cpu'] >= 30)}, "
            f"in wall seconds {results.verdict(ratios['wall'] >= 30)}). "
            f"Peer: swyft {versions['swyft']}, torch {versions['torch']}, threads {settings['threads']}, "
            f"features {settings['features']}."
        )
    return "\n\n".join(told)


def main() -> None:
    """Both sides in alternation; write the section."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--peer", help="the peer's Python")
    parser.add_argument("--precision", type=int, choices=[32, 64], default=64)
    parser.add_argument("--features", choices=["own", "all"], default="own")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--peer-epochs", type=int, default=4)
    parser.add_argument("--peer-args", default="")
    parser.add_argument("--one", action="store_true", help="one run of suffice in this process")
    parser.add_argument("--dry", action="store_true", help="print, leave RESULTS.md as it is")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(ours(args.precision, args.epochs, args.features == "own")))
        return
    us, them = [], []
    given = ["--precision", str(args.precision), "--features", args.features]
    for _ in range(args.repeats):
        mine = ["python", "-m", "benchmarks.epoch", "--one", "--epochs", str(args.epochs), *given]
        us.append(measure.fresh(mine).last)
        if args.peer:
            them.append(theirs(args.peer, args))
    command = f"python -m benchmarks.epoch {' '.join(given)}" + (" --peer PYTHON" if args.peer else "")
    command += f' --peer-args="{args.peer_args}"' if args.peer_args else ""
    if args.dry:
        print(body(args, us, them))
    else:
        results.write("epoch", command, body(args, us, them))


if __name__ == "__main__":
    main()

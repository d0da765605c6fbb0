"""What a training step waits for: its arithmetic and its bytes against what this machine can do.

    python -m benchmarks run profiling

Four tasks in the package's own loop: the linear regression (ratio), the Fisher information of ten Gaussian draws, the
mutual information of a bivariate normal (Jensen-Shannon, its critic and batch), and the bottleneck of trajectories
(WaveNet) at the sizes of `benchmarks.trajectories`. A step is the batch, the gradient and the update; its wall seconds
are the median over epochs. Its operations and bytes are XLA's own count (`cost_analysis`) of one step, the operations
beside the matrix products counted by hand. The floors: operations over the measured peak of a product of matrices, and
bytes over the measured bandwidth of memory, on all cores. Where a step takes more than three times the larger floor,
the share of each kind of operation is told, from JAX's profiler.
"""

import argparse
import collections
import glob
import gzip
import json
import re
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import measure, results
from benchmarks.profiling_tasks import Task, TASKS
from suffice.train import _epoch as loop
from suffice.train._flat import flat
from suffice.train._train import settings_of

ROUNDS, FAR = 7, 3.0


class Found(NamedTuple):
    """One step: seconds, operations, bytes; and the share of time by kind of operation, per step."""

    wall: float
    cpu: float
    operations: float
    moved: float
    products: float
    kinds: dict[str, float]
    calls: float


def measured(task: Task) -> Found:
    """Seconds of a step in an epoch, and what one step does."""
    settings = settings_of(task.optimiser, task.objective.monitor, 0, 0.99)
    state, fixed = begun(task.objective, settings)
    pace = loop.Pace(jnp.asarray(1e-3), jnp.asarray(1e-4))

    @eqx.filter_jit
    def epoch(state: Any, source: Any, key: Any) -> Any:
        return loop._train(state, fixed, source, key, pace, settings)[0]

    key, steps, times = jax.random.key(4), task.source.steps, []
    compiled = epoch.lower(state, task.source, key).compile()
    run = lambda: jax.block_until_ready(compiled(state, task.source, key))  # noqa: E731
    run()
    for _ in range(ROUNDS):
        start = time.perf_counter(), measure.cpu()
        run()
        times.append(((time.perf_counter() - start[0]) / steps, (measure.cpu() - start[1]) / steps))
    wall, cpu = np.median(np.array(times), axis=0)
    kinds, calls = by_kind(run, steps, contents(compiled.compiled.as_text()))
    return Found(wall, cpu, *cost(task, settings), task.products, kinds, calls)


def begun(objective: Any, settings: Any) -> tuple[Any, Any]:
    """The state before the first step, and what is not trained."""
    weights, fixed = loop.parts_of(objective)
    return loop.initial_state(flat(weights) if settings.flat else weights, settings), fixed


def cost(task: Task, settings: Any) -> tuple[float, float]:
    """XLA's count of operations and of bytes that one step reads and writes."""
    state, fixed = begun(task.unrolled or task.objective, settings)

    @eqx.filter_jit
    def one(state: Any, source: Any, key: Any) -> Any:
        first, second, third = jax.random.split(key, 3)
        batch = source.batch(source.plan(first), 0, second)

        def loss(weights: Any) -> Any:
            return eqx.combine(loop.unflat(weights), fixed).loss(batch, key=third, step=state.step)[0]

        return loop._update(state, jax.grad(loss)(state.weights), jnp.asarray(1e-3), settings)

    counted = one.lower(state, task.source, jax.random.key(0)).compile().compiled.cost_analysis()
    return float(counted["flops"]), float(counted["bytes accessed"])


def by_kind(run: Callable[[], Any], steps: int, holds: dict[str, set[str]]) -> tuple[dict[str, float], float]:
    """Seconds by kind of operation, and operations called, for each step, from the profiler's trace."""
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        (path,) = glob.glob(f"{folder}/**/*.trace.json.gz", recursive=True)
        with gzip.open(path) as trace:
            events = json.load(trace)["traceEvents"]
    seconds: dict[str, float] = collections.Counter()
    calls = 0
    for event in events:
        name = event.get("args", {}).get("hlo_op", "")
        inside = holds.get(name, set())
        if name and not inside & {"while", "call", "conditional"}:
            seconds[kind_of(inside)] += event["dur"] / 1e6
            calls += 1
    return {kind: taken / steps for kind, taken in seconds.items()}, calls / steps


def contents(program: str) -> dict[str, set[str]]:
    """Which operations each instruction of a compiled program is made of, by its name."""
    own: dict[str, set[str]] = {}
    fused: dict[str, set[str]] = {}
    here = ""
    for line in program.splitlines():
        if found := re.match(r"(?:ENTRY )?%?([\w.\-]+) \(.*\{$", line):
            here = found[1]
            fused[here] = set()
        elif found := re.match(r"\s+(?:ROOT )?%?([\w.\-]+) = (?:\(.*?\)|\S+) ([\w\-]+)\(", line):
            calls = re.search(r"calls=%?([\w.\-]+)", line)
            own[found[1]] = {found[2]} | ({f"of {calls[1]}"} if calls else set())
            fused[here].add(found[2])
    for inside in own.values():
        for name in [word.removeprefix("of ") for word in inside if word.startswith("of ")]:
            inside |= fused.get(name, set())
    return own


def kind_of(inside: set[str]) -> str:
    """What the operations of a compiled instruction do, in words: the first of `KINDS` that is among them."""
    return next((kind for names, kind in KINDS.items() if inside & set(names)), "element by element")


KINDS = {
    ("dot", "convolution", "custom-call"): "matrix products and what is fused with them",
    ("sort",): "sorting",
    ("gather", "scatter", "dynamic-slice", "dynamic-update-slice"): "picking rows",
    ("exponential", "tanh", "logistic", "log", "log-plus-one"): "activations",
    ("reduce", "reduce-window"): "sums",
    ("add", "multiply", "subtract", "divide", "select"): "element by element",
    ("copy", "transpose", "concatenate", "pad", "slice", "bitcast", "broadcast", "reshape"): "moving data",
}


def peak() -> float:
    """Operations a second of a product of large matrices in single precision."""
    n = 3000
    a = jax.random.normal(jax.random.key(0), (n, n))
    product = jax.jit(lambda a: a @ a)
    return 2.0 * n**3 / fastest(lambda: product(a))


def bandwidth() -> float:
    """Bytes a second of reading a large array and writing it again."""
    a = [jnp.ones(100_000_000)]
    halved = jax.jit(lambda a: 0.5 * a, donate_argnums=0)  # in place, so that no page is new

    def run() -> Any:
        a[0] = halved(a[0])
        return a[0]

    return 8.0 * a[0].size / fastest(run)


def fastest(run: Callable[[], Any]) -> float:
    """Seconds of the fastest of several runs after the first."""
    jax.block_until_ready(run())
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        jax.block_until_ready(run())
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="print, leave RESULTS.md as it is")
    args = parser.parse_args()
    machine = peak(), bandwidth()
    found = {}
    for name, make in TASKS.items():
        found[name] = measured(make())
        print(name, found[name], flush=True)
    text = body(machine, found)
    print(text) if args.dry else results.write("profiling", "python -m benchmarks.profiling", text)


def body(machine: tuple[float, float], found: dict[str, Found]) -> str:
    """The section's text."""
    rows, told = [], []
    for name, step in found.items():
        floors = step.operations / machine[0], step.moved / machine[1]
        far = step.wall / max(floors)
        rows.append(
            [
                name,
                f"{1e3 * step.wall:.3f}",
                f"{step.cpu / step.wall:.2f}",
                f"{step.operations / 1e6:.1f} ({step.products / 1e6:.1f})",
                f"{step.operations / step.wall / 1e9:.1f}",
                f"{step.moved / 1e6:.1f} ({step.moved / step.wall / 1e9:.0f})",
                f"{1e3 * floors[0]:.3f}, {1e3 * floors[1]:.3f}",
                f"{far:.1f}",
            ]
        )
        total = sum(step.kinds.values())
        kinds = sorted(step.kinds.items(), key=lambda item: -item[1])
        shares = ", ".join(f"{kind} {100 * taken / total:.0f} %" for kind, taken in kinds if taken > 0.01 * total)
        told.append(
            f"{name[0].upper()}{name[1:]}: {far:.1f} times the larger floor"
            f"{'' if far <= FAR else ' (**further than 3**)'}. {step.calls:.0f} operations a step are called, "
            f"which take {1e3 * total:.3f} ms on all cores together, with what the profiler costs: {shares}. "
            f"{NOTES.get(name, '')}".strip()
        )
    head = [
        "a step",
        "wall ms",
        "cores busy",
        "M operations (products by hand)",
        "GFLOP/s",
        "MB (GB/s)",
        "floors, ms",
        "×",
    ]
    measured = (
        f"Measured peaks on all cores: {machine[0] / 1e9:.0f} GFLOP/s for a product of matrices of 3,000 × 3,000 in "
        f"single precision, {machine[1] / 1e9:.1f} GB/s for reading an array of 400 MB and writing it again. Floors: "
        "operations over the one, bytes over the other; the last column is the wall time over the larger floor. XLA "
        "counts the bytes of each operation, also of what never leaves the cache."
    )
    return "\n\n".join([measured, results.table(head, rows), *told])


NOTES = {
    "Linear regression, ratio": "The products are of 4,352 pairs with 64 x 64 matrices, one for each of three heads, "
    "and reach some 40 % of the peak of large ones; the rest goes over each pair's 64 numbers several times, in "
    "activations and their derivatives, with little arithmetic for each number.",
    "WaveNet bottleneck": "It runs in chunks of four series, so that what is computed stays in the cache: hundreds of "
    "operations for each of 64 chunks, most too small for XLA to share among cores. Its "
    "matrices have 16 and 32 columns, too few for a product to come near the peak of large ones; a third of the "
    "time goes to the shifted copies and the gates between them.",
}

if __name__ == "__main__":
    main()

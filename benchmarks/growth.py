"""How time and memory grow with the number of simulations, of parameters, and of numbers in the data.

    python -m benchmarks run growth

A linear model x = A θ + noise, θ uniform in [-1, 1]^p, the summary a perceptron with two layers of 128. One axis is
moved while the others stay (10,000 simulations, 3 parameters, 100 numbers; 1,000 simulations where the data grow), each
point in a fresh process: CPU seconds to simulate, of an epoch once it is compiled, of starting and compiling, and for a
posterior of 1,000 draws; peak memory beyond that of the imports. The exponent is the slope of the logarithms between
the last two points, where the constant part counts least: linear or better is 1 or less.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure, results

FIGURE = measure.ROOT / "docs" / "images" / "growth.png"
AXES = {
    "simulations": (1_000, 10_000, 100_000, 1_000_000),
    "parameters": (1, 3, 10, 25, 50),
    "data": (10, 100, 1_000, 10_000, 100_000),
}
STAY = {"simulations": 10_000, "parameters": 3, "data": 100}
LABELS = {"simulations": "simulations", "parameters": "parameters", "data": "numbers in the data"}
# Both objectives where the parameters grow, for theirs are the sizes that do.
LINES = (("simulations", "Ratio"), ("simulations", "Flow"), ("data", "Ratio"), ("parameters", "Ratio"))
LINES += (("parameters", "Flow"),)
TIMES = {"simulate": "simulate, s", "epoch": "epoch, s", "compile": "start and compile, s", "posterior": "posterior, s"}


def point(axis: str, size: int, objective: str) -> dict[str, float]:
    """One point, in this process."""
    import jax
    import jax.numpy as jnp
    import numpyro.distributions as dist

    import suffice as sf

    sizes = STAY | ({"simulations": 1_000} if axis == "data" else {}) | {axis: size}
    n, p, d = (sizes[name] for name in AXES)
    prior = sf.Prior(z=dist.Uniform(-1.0, 1.0).expand([p]))
    design = jax.random.normal(jax.random.key(0), (d, p)) / np.sqrt(p)
    jax.block_until_ready(design)
    before = measure.peak_gigabytes()

    def simulator(key, theta):
        return design @ theta + jax.random.normal(key, (d,))

    start = time.process_time()
    sims = sf.simulate(prior, simulator, n, key=1, progress=False)
    simulated = time.process_time() - start
    summary = sf.networks.MLP(d, p, key=2)
    made = sf.Ratio(summary) if objective == "Ratio" else sf.Flow(summary, prior)
    marks = [time.process_time()]
    clock = lambda row: marks.append(time.process_time())  # noqa: E731
    fit = sf.fit(made, sims, key=3, max_epochs=2, loggers=[clock], progress=False)
    first, second = (float(seconds) for seconds in np.diff(marks))
    seen = np.asarray(simulator(jax.random.key(4), jnp.zeros(p)))
    start = time.process_time()
    jax.block_until_ready(jnp.asarray(sf.posterior(fit, prior, seen, key=5).sample(1_000, key=6)))
    taken = {"simulate": simulated, "epoch": second, "compile": first - second}
    taken |= {"posterior": time.process_time() - start, "memory": measure.peak_gigabytes() - before}
    return taken | {"whole": measure.peak_gigabytes()}


def exponent(sizes: tuple[int, ...], values: list[float]) -> float:
    """The slope between the last two points."""
    return float(np.log(values[-1] / values[-2]) / np.log(sizes[-1] / sizes[-2]))


def body(found: dict[str, list[dict[str, float]]]) -> str:
    """Tables, exponents, and what is said of them."""
    rows, slopes = [], []
    for (axis, objective), points in ((name.split("/"), points) for name, points in found.items()):
        for size, one in zip(AXES[axis], points):
            times = [f"{one[name]:.3g}" for name in TIMES]
            rows.append([f"{LABELS[axis]}, {objective}", f"{size:,}", *times, f"{one['memory']:.2f}"])
        each = {name: exponent(AXES[axis], [one[name] for one in points]) for name in (*TIMES, "memory")}
        slopes.append([f"{LABELS[axis]}, {objective}", *(f"{slope:.2f}" for slope in each.values())])
    numbers = [float(cell) for row in slopes for cell in row[1:]]
    names = (*TIMES, "memory")
    steep = [f"{row[0]}: {name}" for row in slopes for name, cell in zip(names, row[1:]) if float(cell) > 1.1]
    told = (
        "Exponents between the last two points of each axis (to reach: linear or better, 1.1 with the noise of the "
        f"clock, or explained: {results.verdict(set(steep) <= set(EXPLAINED))}; the largest is {max(numbers):.2f}"
        f"{'; steeper are ' + ', '.join(steep) if steep else ''}):"
    )
    why = [f"{name[0].upper()}{name[1:]}: {EXPLAINED[name]}." for name in steep if name in EXPLAINED]
    why += [note for axis, note in NOTES.items() if axis in found]
    tables = results.table(["", "size", *TIMES.values(), "GB"], rows), results.table(["", *TIMES, "memory"], slopes)
    return "\n\n".join([tables[0], told, tables[1], *why, "Figure: `docs/images/growth.png`."])


# What is steeper than linear, and why.
EXPLAINED = {
    "parameters, Ratio: epoch": "each of p heads reads all p summaries, so that the first layers of the heads cost p², "
    "the rest p. With a width of 64 they are 29 % of the heads' arithmetic at 25 parameters and 44 % at 50; by that "
    "alone the exponent between the two would be 1.35"
}

# What else needs a word, by axis and objective.
NOTES = {
    "parameters/Flow": "Parameters, Flow: posterior and memory are less at 50 parameters than at 25, for of the two "
    "starts that a flow may have the training rows take the one cut off at the ends of the prior at 25 and the plain "
    "one at 50; what draws from it is compiled in half the time."
}


def draw(found: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Time and memory along each axis, a line of slope one beside them."""
    import matplotlib.pyplot as plt

    shown = [axis for axis in AXES if any(name.startswith(axis) for name in found)]
    layout = {"figsize": (3.2 + 2.2 * len(shown), 5.8), "sharex": "col", "sharey": "row", "squeeze": False}
    fig, axes = plt.subplots(2, len(shown), constrained_layout=True, **layout)
    for column, axis in enumerate(shown):
        for name, points in found.items():
            own, objective = name.split("/")
            if own != axis:
                continue
            style = "-" if objective == "Ratio" else "--"
            for i, kind in enumerate(TIMES):
                values = [one[kind] for one in points]
                axes[0, column].plot(AXES[axis], values, style, marker="o", ms=3, color=f"C{i}", lw=1.2)
            axes[1, column].plot(AXES[axis], [one["memory"] for one in points], style, marker="o", ms=3, color="k")
        axes[1, column].set(xlabel=LABELS[axis], xscale="log")
        for row in (0, 1):
            axes[row, column].set(yscale="log")
            ends = axes[row, column].get_ylim()
            ends = (min(0.1, ends[0]), max(10.0, ends[1]))  # what hardly grows should look so
            x = np.array([AXES[axis][0], AXES[axis][-1]], float)
            axes[row, column].plot(x, 3 * ends[0] * x / x[0], color="0.7", lw=1, zorder=0)
            axes[row, column].set(ylim=ends)
    axes[0, 0].set(ylabel="CPU seconds")
    axes[1, 0].set(ylabel="peak GB beyond the imports")
    lines = [
        plt.Line2D([], [], color=f"C{i}", label=label.removesuffix(", s")) for i, label in enumerate(TIMES.values())
    ]
    lines += [
        plt.Line2D([], [], color="k", ls=style, label=name) for name, style in (("sf.Ratio", "-"), ("sf.Flow", "--"))
    ]
    lines.append(plt.Line2D([], [], color="0.7", label="linear"))
    fig.legend(handles=lines, loc="outside upper center", ncols=4, frameon=False)
    fig.savefig(path, dpi=120)


def main() -> None:
    """Every point in a process of its own; tables and figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--point", nargs=3, help="axis, size and objective: one point, in this process")
    parser.add_argument("--axes", nargs="+", choices=list(AXES), default=list(AXES), help="which; all unless told")
    parser.add_argument("--keep", type=Path, help="folder; points found there are not measured again")
    parser.add_argument("--figure", type=Path, default=FIGURE)
    args = parser.parse_args()
    if args.point:
        axis, size, objective = args.point
        print(json.dumps(point(axis, int(size), objective)))
        return
    found: dict[str, list[Any]] = {}
    for axis, objective in (line for line in LINES if line[0] in args.axes):
        for size in AXES[axis]:
            given = ["--point", axis, str(size), objective]
            kept = None if args.keep is None else args.keep / f"{axis}-{size}-{objective}.json"
            if kept is not None and kept.exists():
                one = json.loads(kept.read_text())
            else:
                one = measure.fresh(["python", "-m", "benchmarks.growth", *given]).last
                if kept is not None:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    kept.write_text(json.dumps(one))
            print(axis, size, objective, one, flush=True)
            found.setdefault(f"{axis}/{objective}", []).append(one)
    draw(found, args.figure)
    some = "" if args.axes == list(AXES) else f" --axes {' '.join(args.axes)}"
    results.write("growth", f"python -m benchmarks.growth{some}", body(found))


if __name__ == "__main__":
    main()

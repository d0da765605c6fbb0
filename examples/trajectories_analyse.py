"""What do the latents of a trained model mean? Every figure and table, for fractional Brownian motion.

    python examples/trajectories_analyse.py            # two minutes
    python examples/trajectories_analyse.py --quick    # fewer trajectories

The model lies beside this script: `models/fractional_brownian.sf`, six latents, trained on trajectories of 399 steps
with exponents from 0.2 to 1.8 and diffusion coefficients from 1e-5 to 1e-2; it never saw either. Writes figures and
tables into `trajectories-analysis`.
"""

import argparse
from pathlib import Path

import numpy as np

import suffice as sf
from suffice.simulate.processes import FractionalBrownian

MODEL = Path(__file__).parent / "models" / "fractional_brownian.sf"
GRID = np.array([[a, d] for a in np.linspace(0.2, 1.8, 9) for d in np.geomspace(1e-5, 1e-2, 7)])


def keep(axes: object, path: Path) -> None:
    """Write the figure that these axes are in."""
    np.ravel(np.asarray(axes, dtype=object))[0].figure.savefig(path, dpi=150)


def main() -> None:
    """Analyse, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--out", type=Path, default=Path("trajectories-analysis"))
    args = parser.parse_args()
    each = 8 if args.quick else 60
    args.out.mkdir(exist_ok=True)

    model = sf.load(args.model)
    process = FractionalBrownian(399)
    sims = sf.simulate_at(np.repeat(GRID, each, axis=0), process, key=7, names=("alpha", "D"), progress=False)
    some = sims[np.arange(0, len(sims.theta), 2 if args.quick else 4)]

    latents = sf.interpret.latents(model, sims)
    print(latents.activity().to_string(index=False))
    table = sf.interpret.relevance(latents)
    print(table.to_string(index=False, float_format=lambda number: f"{number:.3f}"))
    print("together:", sf.interpret.information(latents))
    for i in latents.active:
        found = sf.interpret.formula(latents.mean[:, i], latents.theta, latents.names)
        print(f"latent {i}:\n{found}")
    for expression in ("log(D)", "alpha"):
        turned = sf.interpret.rotate(latents, expression)
        print(f"{expression}: direction {turned.direction.round(2)}, R² {turned.r2:.3f}")
        path = args.out / f"{'D' if 'D' in expression else 'alpha'}.png"
        keep(sf.plots.latent_histogram(turned.along, turned.expression, expression, name="combination"), path)
    print("one latent each?", sf.interpret.mutual_information_gap(latents))

    benchmark = sf.interpret.benchmark(model, process, some, GRID)
    print(benchmark.table().to_string(index=False))
    generation = sf.interpret.check_generation(model, sims, n=200 if args.quick else 1000)
    print(generation.table().to_string(index=False))

    keep(latents.plot(), args.out / "activity.png")
    keep(sf.plots.informativeness(table), args.out / "informativeness.png")
    for i in latents.active:
        keep(sf.plots.latent_surface(latents, i, "alpha", "D"), args.out / f"surface_{i}.png")
        keep(sf.interpret.traverse(model, i, steps=200).plot(), args.out / f"traversal_{i}.png")
    keep(benchmark.plot(), args.out / "loss.png")
    keep(generation.plot(), args.out / "generation.png")
    one = sims[np.flatnonzero((np.abs(sims.theta - GRID[10]) < 1e-6).all(axis=1))]
    law = np.diag(process.covariance(GRID[10]))
    keep(sf.plots.output_variance(sf.interpret.outputs(model, one), law=law, first=model.skip), args.out / "output.png")
    print(f"figures in {args.out}")


if __name__ == "__main__":
    main()

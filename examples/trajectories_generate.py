"""New trajectories like given ones, of any length, from the latents of a trained model.

    python examples/trajectories_generate.py [--quick]

Reads the latents of some trajectories of fractional Brownian motion and generates longer ones from them, with the model
that lies beside this script. Writes `trajectories-generated.npz` and a figure of both.
"""

import argparse
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import suffice as sf
from suffice.simulate.processes import FractionalBrownian

MODEL = Path(__file__).parent / "models" / "fractional_brownian.sf"
SHOWN = {0.5: "C0", 1.0: "C1", 1.5: "C2"}


@sf.plots.style()
def picture(given: dict[float, np.ndarray], made: dict[float, np.ndarray]) -> plt.Figure:
    """Positions of a few of each."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for panel, series, title in zip(axes, (given, made), ("given", "generated from their latents")):
        for alpha, x in series.items():
            panel.plot(np.cumsum(x[:4], axis=1).T, color=SHOWN[alpha], linewidth=0.7)
            panel.plot([], color=SHOWN[alpha], label=f"α = {alpha}")
        panel.set(title=title, xlabel="step", ylabel="position")
    axes[0].legend()
    return figure


def main() -> None:
    """Simulate, read latents, generate, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--out", type=Path, default=Path("trajectories-generated.npz"))
    args = parser.parse_args()
    n = 20 if args.quick else 500

    model, process = sf.load(args.model), FractionalBrownian(399)
    given, made, lags = {}, {}, [1, 2, 4, 8, 16]
    for seed, alpha in enumerate(SHOWN):
        sims = sf.simulate_at(np.tile([alpha, 1e-3], (n, 1)), process, key=seed, progress=False)
        start = time.perf_counter()
        z = sf.interpret.latents(model, sims).mean
        given[alpha], made[alpha] = np.asarray(sims.x), np.asarray(model.generate(z, args.steps, key=seed))
        seconds = time.perf_counter() - start
        exponents = [
            float(sf.interpret.msd_exponent(sf.interpret.time_averaged_msd(x, lags).mean(axis=0), lags))
            for x in (given[alpha], made[alpha])
        ]
        print(f"alpha {alpha}: exponent given {exponents[0]:.3f}, generated {exponents[1]:.3f} ({seconds:.1f} s)")
    np.savez(args.out, **{f"alpha_{alpha}": x for alpha, x in made.items()})
    picture(given, made).savefig(args.out.with_suffix(".png"), dpi=150)
    print(f"written to {args.out} and {args.out.with_suffix('.png')}")


if __name__ == "__main__":
    main()

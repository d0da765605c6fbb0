"""Learn the few numbers behind trajectories of fractional Brownian motion, without ever showing the parameters.

    python examples/trajectories_train.py            # about a quarter of an hour on two cores
    python examples/trajectories_train.py --quick    # only to see that it works

Writes `trajectories.sf`, which `trajectories_analyse.py --model trajectories.sf` explains, and prints which latents are
awake and how far the evidence bound is from the best that any model can reach.
"""

import argparse
from pathlib import Path

import numpy as np

import suffice as sf
from suffice.networks import SeriesDecoder, SeriesEncoder
from suffice.simulate.processes import FractionalBrownian


def main() -> None:
    """Simulate on a grid of parameters, train, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("trajectories.sf"))
    args = parser.parse_args()
    steps, each, epochs = (100, 10, 2) if args.quick else (399, 200, 20)

    process = FractionalBrownian(steps)
    grid = np.array([[a, d] for a in np.linspace(0.2, 1.8, 9) for d in np.geomspace(1e-5, 1e-2, 7)])
    sims = sf.simulate_at(np.repeat(grid, each, axis=0), process, key=0, names=("alpha", "D"))
    half = epochs // 2 * (len(sims.theta) // 64)
    objective = sf.Bottleneck(
        SeriesEncoder(1, 6, key=1),
        SeriesDecoder(1, 6, key=2),
        beta=sf.objectives.Schedule((0, half), (0.2, 1.0)),  # latents are cheap at first
    )
    fit = sf.fit(
        objective, sims, key=3, test=0.1, batch_size=64, max_epochs=epochs, min_epochs=epochs // 2, track_from=half
    )
    sf.save(fit.objective, args.out)

    held = sims[fit.split.test]
    print(sf.interpret.latents(fit, held).activity().to_string(index=False))
    print(sf.interpret.benchmark(fit, process, held[np.arange(min(300, len(held.theta)))], grid).table().to_string())
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

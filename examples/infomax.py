"""Which three numbers of a hundred keep what they say of three parameters, and at what price in other information?

    python examples/infomax.py            # about a minute on two cores
    python examples/infomax.py --quick    # rougher

A summary learned to keep information (InfoMax), and codes that pay for all they know of the data (the variational
information bottleneck) at several prices, beside the exact information. Writes `infomax.png`.
"""

import argparse
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np

import suffice as sf
from suffice.simulate.processes import LinearRegression

ENTROPY = 3 * np.log(2)  # of the prior, uniform in [-1, 1]³


def kept(fit: sf.Fit, sims: sf.Simulations) -> float:
    """Lower bound of the information that the summary keeps, on simulations that the fit has not seen."""
    held = sims[fit.split.test]
    log_prob = jax.jit(jax.vmap(fit.objective.log_prob))(np.asarray(held.theta), np.asarray(held.x))
    return float(np.mean(log_prob)) + ENTROPY


@sf.plots.style()
def picture(rates: list[float], values: list[float], whole: float, exact: float) -> plt.Figure:
    """What the codes keep against what they know of the data."""
    figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
    axes.plot(rates, values, "o-", label="bottleneck, each price")
    axes.axhline(whole, color="C1", label="InfoMax")
    axes.axhline(exact, color="black", linewidth=0.8, label="all that the data say")
    axes.set(xlabel="I(data; code), nats", ylabel="I(parameters; code), nats")
    axes.legend()
    return figure


def main() -> None:
    """Learn, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("infomax.png"))
    args = parser.parse_args()
    n, epochs, prices = (1000, 3, [0.01, 0.3]) if args.quick else (20_000, 60, [0.003, 0.03, 0.1, 0.3, 0.6])

    process = LinearRegression()
    sims = sf.simulate(process.prior, process, n, key=2)
    settings = {"key": 4, "max_epochs": epochs, "test": 0.2}
    network = sf.networks.MLP(100, 3, key=3)

    fit = sf.fit(sf.InfoMax(network), sims, **settings)
    held = sims[fit.split.test]
    exact, whole = float(np.mean(process.exact_joint_log_ratio(held.theta, held.x))), kept(fit, sims)
    print(f"InfoMax: three numbers keep at least {whole:.2f} of {exact:.2f} nats, {100 * whole / exact:.1f} %")

    rates, values = [], []
    for beta in prices:
        fit = sf.fit(sf.VIB(network, beta), sims, **settings)
        best = fit.history.loc[fit.history["valid_loss"].idxmin()]
        rates.append(float(best["valid_rate"]))
        values.append(float(best["valid_value"]) + ENTROPY)
        print(f"bottleneck, price {beta:g}: keeps {values[-1]:.2f} nats, knows {rates[-1]:.2f} of the data")

    picture(rates, values, whole, exact).savefig(args.out, dpi=160)
    print(f"written to {args.out}")


if __name__ == "__main__":
    main()

"""One fit of swyft to the regression problem, run by the peer's Python in a process of its own.

    PEER/bin/python -m benchmarks.swyft_regression --seed 0 --out run.npz

As in swyft's tutorial "Informative data summaries": linear summary of 100 bins to 3, one ratio head per
parameter, swyft's default data module (batches of 32, a fifth for validation, not shuffled), optimiser,
stopping and trainer; nothing logged, no progress bar. Writes log ratios for the observations and the held-out
pairs, and what the fit took.
"""

import argparse
import importlib.metadata
import json
import resource
import tempfile
import time
import warnings

import numpy as np

from benchmarks import regression_problem as problem

warnings.filterwarnings("ignore")


def cpu() -> float:
    """CPU seconds of this process since it started, imports included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def network(args: argparse.Namespace):
    """The tutorial's network: `--features own` gives each head one summary, `all` gives each all three."""
    import swyft
    import torch

    bases = (swyft.SwyftModule,) if args.optimiser == "adamw" else (swyft.AdamWReduceLROnPlateau, swyft.SwyftModule)
    own = args.features == "own"

    class Network(*bases):
        def __init__(self):
            super().__init__()
            self.summarizer = torch.nn.Linear(problem.BINS, problem.PARAMETERS)
            self.logratios = swyft.LogRatioEstimator_1dim(
                num_features=1 if own else problem.PARAMETERS, num_params=problem.PARAMETERS, varnames="z"
            )

        def forward(self, a, b):
            s = self.summarizer(a["x"])
            return self.logratios(s.unsqueeze(-1) if own else s, b["z"])

    return Network()


def fit(args: argparse.Namespace):
    """Train; returns the network and the seconds of each epoch (training and validation)."""
    import pytorch_lightning as pl
    import swyft

    class Clock(pl.Callback):
        def __init__(self):
            self.marks = []

        def on_train_epoch_start(self, trainer, module):
            self.marks.append((time.perf_counter(), cpu()))

        def on_fit_end(self, trainer, module):
            self.marks.append((time.perf_counter(), cpu()))

    theta, x = problem.simulations(args.seed, args.simulations)
    kind = np.float64 if args.precision == 64 else np.float32
    data = swyft.SwyftDataModule(swyft.Samples(x=x.astype(kind), z=theta.astype(kind)))
    pl.seed_everything(args.seed)
    clock = Clock()
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    settings = {"accelerator": "cpu", "precision": args.precision, "callbacks": [clock], **quiet}
    if args.max_epochs:
        settings["max_epochs"] = args.max_epochs
    with tempfile.TemporaryDirectory() as folder:
        trainer = swyft.SwyftTrainer(default_root_dir=folder, **settings)
        model = network(args)
        trainer.fit(model, data)
    return model, np.diff(np.array(clock.marks), axis=0)


def log_ratios(model, x: np.ndarray, theta: np.ndarray, precision: int, batch: int = 20_000) -> np.ndarray:
    """Log ratios `(n, 3)` of pairs `x (n, 100)`, `theta (n, 3)`."""
    import torch

    kind = torch.float64 if precision == 64 else torch.float32
    parts = []
    with torch.no_grad():
        for i in range(0, len(x), batch):
            a, b = (torch.as_tensor(v[i : i + batch]).to(kind) for v in (x, theta))
            parts.append(model({"x": a}, {"z": b}).logratios.numpy())
    return np.concatenate(parts)


def evaluate(model, args: argparse.Namespace) -> dict[str, np.ndarray]:
    """Log ratios on the grid for every observation `(m, 3, G)`, and of held-out pairs, joint and shuffled."""
    model = model.double().eval() if args.precision == 64 else model.eval()
    _, x_obs = problem.observations()
    grid = np.repeat(problem.GRID[:, None], problem.PARAMETERS, axis=1)
    rows = [log_ratios(model, np.repeat(x[None], len(grid), 0), grid, args.precision).T for x in x_obs]
    theta, x = problem.held_out()
    shuffled = [log_ratios(model, x, t, args.precision) for t in problem.negatives(theta)]
    return {
        "grid": np.stack(rows).astype(np.float32),
        "joint": log_ratios(model, x, theta, args.precision),
        "shuffled": np.stack(shuffled),
    }


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    parser.add_argument("--simulations", type=int, default=problem.SIMULATIONS)
    parser.add_argument("--max-epochs", type=int, default=None, help="swyft's default is 1000, with early stopping")
    parser.add_argument("--time-only", action="store_true", help="do not evaluate what was learned")
    parser.add_argument("--precision", type=int, choices=[32, 64], default=64, help="the tutorial's is 64")
    parser.add_argument("--features", choices=["own", "all"], default="own", help="the tutorial's is own")
    parser.add_argument("--threads", type=int, default=None, help="of torch; its default is one per core")
    parser.add_argument("--optimiser", choices=["adamw", "plateau"], default="adamw", help="swyft's default is adamw")
    return parser.parse_args()


def main() -> None:
    """Fit, note the time, evaluate, write."""
    args, began = options(), time.perf_counter()
    import swyft  # noqa: F401
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    imported, imported_at = cpu(), time.perf_counter()
    model, epochs = fit(args)
    took = {
        "import_cpu": imported,
        "import_wall": imported_at - began,
        "cpu": cpu(),  # of the process from its start to the end of the fit
        "wall": time.perf_counter() - began,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "epochs": len(epochs),
        "epoch_wall": float(np.median(epochs[1:, 0])),  # the first holds start-up
        "epoch_cpu": float(np.median(epochs[1:, 1])),
        "parameters": sum(p.numel() for p in model.parameters()),
        "versions": {name: importlib.metadata.version(name) for name in ("swyft", "torch", "pytorch-lightning")},
        "settings": {name: value for name, value in vars(args).items() if name != "out"},
    }
    found = {} if args.time_only else evaluate(model, args)
    np.savez(args.out, about=json.dumps(took), **found)
    print(json.dumps(took))


if __name__ == "__main__":
    main()

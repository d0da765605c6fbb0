"""Loggers: plain functions that get one dictionary of numbers after every epoch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Logger = Callable[[Mapping[str, float]], None]


def tensorboard(folder: str | Path) -> Logger:
    """Write every epoch to TensorBoard event files in `folder` (`pip install 'suffice[tensorboard]'`)."""
    try:
        from tensorboardX import SummaryWriter  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError("tensorboard logging needs tensorboardX: pip install 'suffice[tensorboard]'") from error
    writer = SummaryWriter(str(folder))

    def log(numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            if name != "epoch":
                writer.add_scalar(name, value, int(numbers["epoch"]))
        writer.flush()

    return log


def wandb(**options: Any) -> Logger:
    """Send every epoch to Weights & Biases; `options` go to `wandb.init` (`pip install 'suffice[wandb]'`)."""
    try:
        import wandb as client  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError("logging to Weights & Biases needs wandb: pip install 'suffice[wandb]'") from error
    run = client.init(**options)
    return lambda numbers: run.log(dict(numbers))

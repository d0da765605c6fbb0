"""SPIVAE's own model: CPU seconds of a training step and of a generated time step; prints one line of JSON.

PYTHON benchmarks/spivae_step.py --steps 12

By the Python of SPIVAE's environment. The sizes are those of its published notebooks: four convolutions of 16
channels, pooling to 16, dense 200 and 100, six latents, one stack of four blocks; batches of 256 trajectories of 399.
"""

import argparse
import json
import time

import torch  # pyright: ignore[reportMissingImports]

# torchvision is imported by fastai alone and not used; its operators need a build for this torch.
torch.library.register_fake = lambda *_, **__: lambda function: function

from SPIVAE.models import VAEWaveNet  # noqa: E402  # pyright: ignore[reportMissingImports]
from SPIVAE.utils import Loss  # noqa: E402  # pyright: ignore[reportMissingImports]

BATCH, LENGTH = 256, 399


def main() -> None:
    """Steps of Adam on noise; a step's cost does not depend on the data."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    sizes = {"nf": [16] * 4, "encoder": [200, 100], "decoder": [100, 200], "o_dim": LENGTH, "avg_size": 16}
    model = VAEWaveNet(z_dim=6, beta=0.005, c_channels=6, **sizes)
    loss = Loss(model.receptive_field, 6, beta=0.005)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.randn(BATCH, 1, LENGTH)
    target = x.transpose(1, 2)

    def step() -> None:
        optimiser.zero_grad()
        loss(model(x), target).backward()
        optimiser.step()

    for _ in range(3):
        step()
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(args.steps):
            step()
        rounds.append((time.process_time() - start) / args.steps)
    seconds = sorted(rounds)[2]
    model.eval()
    steps = LENGTH
    conditions = torch.randn(BATCH, 6, steps + model.receptive_field + 1)
    start = time.process_time()
    model.sample_batch(BATCH, bs=BATCH, T=steps, c=conditions)
    generated = (time.process_time() - start) / (steps + 1)
    parameters = sum(weight.numel() for weight in model.parameters())
    print(json.dumps({"step": seconds, "generated": generated, "parameters": parameters}))


if __name__ == "__main__":
    main()

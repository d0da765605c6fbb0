"""A representation of tracks learned from themselves, whatever the motion is."""

import jax
import numpy as np

from ..core import as_key, KeyLike, warn
from ..networks import SeriesDecoder, SeriesEncoder
from ..objectives import Bottleneck
from ..simulate import Tracks
from ..train import Fit, fit

_LATENTS = 4
_ROSE = 0.1  # nats a step


def learn_tracks(
    tracks: Tracks, *, key: KeyLike = 0, n_latent: int = _LATENTS, max_epochs: int = 60, progress: bool = True
) -> Fit:
    """A `sf.Bottleneck` learned from the tracks themselves, all steps scored.

    The loss is minus the evidence bound, in nats a step, from the first epoch on, and the weights of the epoch with the
    lowest one on held-out tracks are kept: of few tracks that epoch is early. With the history `valid_kl_i` of each
    latent; `sf.interpret.latents(fit, tracks.simulations())` gives their table.
    """
    n, steps, dims = tracks.displacements.shape
    if n < 100:
        raise ValueError(f"{n} tracks are too few to learn a representation from; at least 100 are needed")
    for_encoder, for_decoder, for_fit = jax.random.split(as_key(key), 3)
    segments = min(16, max(2, steps // 4))
    encoder = SeriesEncoder(dims, n_latent, segments=segments, hidden=(64,), key=for_encoder)
    decoder = SeriesDecoder(dims, n_latent, segments=segments, channels=8, hidden=(64,), key=for_decoder)
    size = int(np.clip(n // 10, 10, 128))
    found = fit(
        Bottleneck(encoder, decoder, skip=0), tracks.simulations(), key=for_fit, batch_size=size,
        max_epochs=max_epochs, progress=progress,
    )  # fmt: skip
    losses = found.history["valid_loss"].to_numpy()
    best = int(np.nanargmin(losses))
    if (rose := losses[-1] - losses[best]) > _ROSE:
        warn(
            f"the loss on held-out tracks rose by {rose:.2g} nats a step after epoch {best + 1}, whose weights are "
            f"kept: {n} tracks are few to learn from"
        )
    return found

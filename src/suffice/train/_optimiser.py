"""The optimiser a fit uses unless told otherwise."""

import functools

import optax


@functools.lru_cache(maxsize=64)
def adamw(weight_decay: float, clip: float) -> optax.GradientTransformation:
    """AdamW (Loshchilov & Hutter 2019) at learning rate one, behind a clip of the gradient's norm.

    The learning rate multiplies the updates inside the compiled epoch, so that it can fall
    without compiling again; the same arguments give the same object, for the same reason.
    """
    return optax.chain(
        optax.clip_by_global_norm(clip),
        optax.scale_by_adam(),
        optax.add_decayed_weights(weight_decay),
        optax.scale(-1.0),
    )

"""The optimiser a fit uses unless told otherwise."""

import functools

import optax


@functools.lru_cache(maxsize=64)
def adam(clip: float) -> optax.GradientTransformation:
    """Adam at learning rate one, behind a clip of the gradient's norm.

    The compiled epoch multiplies its updates by the learning rate and lets the weights decay beside them, which makes
    it AdamW (Loshchilov & Hutter 2019), so that both can change without compiling again; the same arguments give the
    same object, for the same reason.
    """
    return optax.chain(
        optax.clip_by_global_norm(clip),
        optax.scale_by_adam(),
        optax.scale(-1.0),
    )

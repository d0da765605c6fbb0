"""Whether what computes has memory of its own, by which the size of a chunk is chosen; no device is named."""

import jax


def has_own_memory() -> bool:
    """True of an accelerator, which counts what its memory holds; False where cores share that of the host.

    An accelerator is quickest with all rows at once, cores with so few that they stay in their cache.

    >>> has_own_memory() in (True, False)
    True
    """
    return jax.local_devices()[0].memory_stats() is not None

"""A simulator as bytes, for other processes."""

from typing import Any

import cloudpickle


def payload_of(task: Any) -> bytes:
    """**Raises** `ValueError` for what cannot leave this process."""
    try:
        return cloudpickle.dumps(task)
    except Exception as error:
        raise ValueError(
            f"simulator cannot be sent to other processes ({type(error).__name__}: {error}); a plain "
            "function can, one that holds open files, locks or connections cannot: open them inside of it"
        ) from error

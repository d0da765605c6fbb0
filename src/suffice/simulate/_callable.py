"""Makes this folder callable: `sf.simulate` is the function, and `sf.simulate.processes` still the
folder's.
"""

import types
from typing import Any

from ._simulate import simulate


class CallableFolder(types.ModuleType):
    """A module that runs `simulate` when called."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        return simulate(*args, **settings)

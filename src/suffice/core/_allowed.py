"""Which names in a file may be looked up, and what may stand behind them.

Nothing that is looked up is called while a file is read. But what is read is used later (an activation, a method),
so a name that reaches out of the program, such as one that writes a file, is not to be had either.
"""

import dataclasses
import importlib
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

# Where functions held by a model (activations, mostly) are looked up by name.
FUNCTION_HOMES = (
    "jax.nn",
    "jax.numpy",
    "jax.lax",
    "jax.numpy.linalg",
    "jax.numpy.fft",
    "jax.scipy.special",
    "jax.scipy.linalg",
)
# Those of them that read or write files, call Python back, or change settings.
_REACHES_OUT = re.compile(r"save|load|from|vectorize|print|set_|get_|custom_|apply_|piecewise|infeed|outfeed")
# Parts of suffice whose functions a model may hold: they map arrays to arrays.
_PURE = ("suffice.networks", "suffice.bounds", "suffice.objectives", "suffice.simulate.processes", "suffice.priors")
# Where numpyro keeps constraints that exist once.
CONSTANT_HOME = "numpyro.distributions.constraints"
# Packages whose classes may appear inside a saved object.
CLASS_HOMES = ("suffice", "equinox", "numpyro.distributions", "flowjax", "paramax")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


class Refused(ValueError):
    """What a file holds may not be loaded; the message is for the user."""


def within(module: str, homes: Iterable[str]) -> bool:
    """Whether a module is one of `homes` or lies in one.

    >>> within("numpyro.distributions.transforms", CLASS_HOMES), within("numpyro.contrib.tfp", CLASS_HOMES)
    (True, False)
    """
    return any(module == home or module.startswith(home + ".") for home in homes)


class Names:
    """Finds classes and functions by `module:name`, in the allowed places and among those that the caller gave."""

    def __init__(self, given: Iterable[Any]):
        self._given = {public_name(item): item for item in given}

    def a_class(self, name: Any) -> type:
        """A class whose objects can be stored: a dataclass, a named tuple, or one of numpyro's."""
        item = self._given[name] if name in self._given else _looked_up(name, CLASS_HOMES)
        if not (isinstance(item, type) and _is_stored(item)):
            raise Refused(f"the file holds {name!r} as a class, but it is not one that can be stored")
        return item

    def a_function(self, name: Any) -> Callable:
        """A function of arrays."""
        if name in self._given:
            item = self._given[name]
        else:
            module, _, attribute = _parted(name)
            if module not in FUNCTION_HOMES and not within(module, _PURE):
                raise Refused(_not_ours(name))
            if module in FUNCTION_HOMES and _REACHES_OUT.match(attribute):
                raise Refused(f"the file holds {name!r} as a function, but it is none from arrays to arrays")
            item = _looked_up(name, (*FUNCTION_HOMES, *_PURE))
        if not callable(item):
            raise Refused(f"the file holds {name!r} as a function, but it is none")
        return item

    def a_constant(self, name: Any) -> Any:
        """One of numpyro's constraints."""
        item = _looked_up(f"{CONSTANT_HOME}:{name}", (CONSTANT_HOME,))
        if type(item).__module__ != CONSTANT_HOME:
            raise Refused(f"the file holds {name!r} as a constraint, but numpyro has none of this name")
        return item


def _parted(name: Any) -> tuple[str, str, str]:
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise Refused(f"the file holds {str(name)[:80]!r} where the name of a class or function is due")
    return name.partition(":")


def _not_ours(name: str) -> str:
    return (
        f"the file holds {name!r}, which is not part of suffice; if it is yours, pass it: "
        f"load(path, classes=[{name.partition(':')[2]}])"
    )


def _looked_up(name: Any, homes: Iterable[str]) -> Any:
    """The item, when its module lies in `homes` and it was made in their packages: what a module merely imported
    (`os`, `zipfile`, ...) is not to be had through it.
    """
    module, _, attribute = _parted(name)
    if not within(module, homes) or within(module, ("suffice.cli",)) or "__" in module:
        raise Refused(_not_ours(name))
    try:
        item = vars(importlib.import_module(module)).get(attribute)
    except ImportError:
        item = None
    if item is None:
        raise Refused(f"the file holds {name!r}, which this version does not know")
    made_in = item.__module__ if isinstance(getattr(item, "__module__", None), str) else type(item).__module__
    # Other packages hide where a thing was made (jax._src, jaxlib); in suffice it is one of `homes`.
    packages = {home.split(".")[0] for home in homes} - {"suffice"}
    packages |= {"jaxlib"} if "jax" in packages else set()
    if not within(made_in, (*packages, *homes)):
        raise Refused(_not_ours(name))
    return item


def _is_stored(cls: type) -> bool:
    named_tuple = issubclass(cls, tuple) and hasattr(cls, "_fields")
    return dataclasses.is_dataclass(cls) or named_tuple or within(cls.__module__, ("numpyro.distributions",))


def public_name(item: Any) -> str:
    """``module:name`` by the shortest package that exports the class, so that files may move."""
    parts = item.__module__.split(".")
    for end in range(1, len(parts) + 1):
        module = sys.modules.get(".".join(parts[:end]))
        if end > 1 and module is not None and vars(module).get(item.__qualname__) is item:
            return f"{'.'.join(parts[:end])}:{item.__qualname__}"
    return f"{item.__module__}:{item.__qualname__}"

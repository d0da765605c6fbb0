"""Names for classes, so that a command line or a string argument can choose one."""

from collections.abc import Callable
from typing import Any, cast, Generic, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


class Registry(Generic[T]):
    """Maps names to classes; an unknown name is an error that lists the known ones.

    >>> shapes = Registry("shape")
    >>> @shapes.register("circle")
    ... class Circle: ...
    >>> shapes.names
    ('circle',)
    >>> shapes.get("square")
    Traceback (most recent call last):
    ValueError: no shape is called 'square'; known: circle
    """

    def __init__(self, what: str):
        self._what = what
        self._known: dict[str, T] = {}

    def register(self, name: str) -> Callable[[Item], Item]:
        """Decorator that files a class under ``name``."""
        if name in self._known:
            raise ValueError(f"a {self._what} called {name!r} exists already")

        def keep(item: Item) -> Item:  # of its own type, so that a decorated class is known as itself
            self._known[name] = cast(Any, item)
            return item

        return keep

    def get(self, name: str) -> T:
        """The class filed under ``name``."""
        if name not in self._known:
            raise ValueError(f"no {self._what} is called {name!r}; known: {', '.join(self.names)}")
        return self._known[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._known))

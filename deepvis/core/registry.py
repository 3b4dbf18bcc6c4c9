"""Name -> thing tables that refuse duplicates and name the known names in their errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from pkgutil import iter_modules
from typing import Generic, TypeVar

from deepvis.core.nearest import nearest

T = TypeVar("T")
U = TypeVar("U")


@cache
def modules_in(folder: str) -> tuple[str, ...]:
    """The names of the modules in a folder of the package, as "live/backends". They are not imported."""
    return tuple(each.name for each in iter_modules([str(Path(__file__).parents[1] / folder)]))


class Registry(Generic[T]):
    """A table of things by name. ``kind`` is the word for one of them in error messages."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}

    def add(self, *names: str) -> Callable[[U], U]:
        """A decorator that enters what it decorates under each of the names."""

        def enter(thing: U) -> U:
            for name in names:
                self.put(name, thing)  # type: ignore[arg-type]
            return thing

        return enter

    def put(self, name: str, thing: T) -> None:
        if name in self._things:
            raise ValueError(f"the {self.kind} {name!r} is registered twice")
        self._things[name] = thing

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            hint = nearest(name, self._things, f"there are: {', '.join(sorted(self._things))}")
            raise KeyError(f"no {self.kind} is named {name!r}; {hint}") from None

    def get(self, name: str) -> T | None:
        return self._things.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

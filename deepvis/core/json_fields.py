"""Fields of a JSON file that is read again and printed: what is absent or of another kind is named in one line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class JsonField:
    """A value of the file. place: the names that lead to it. What is not as expected raises ValueError."""

    value: Any
    place: str = ""

    def __getitem__(self, name: str) -> JsonField:
        table = self.table()
        if name not in table:
            raise ValueError(f"it has no {self._inner(name)}")
        return JsonField(table[name], self._inner(name))

    def table(self) -> dict[str, Any]:
        return dict(self._of(dict, "no table of names and values"))

    def get(self, name: str) -> Any:
        """The value of a name, None where it is absent."""
        return self.table().get(name)

    def items(self, of: tuple[str, ...] = ()) -> Iterator[tuple[str, JsonField]]:
        """Of a table. of: all names that there may be; none: any."""
        for name in self.table():
            if of and name not in of:
                raise ValueError(f"its {self.place} has {name!r}, expected {', '.join(of)}")
            yield name, self[name]

    def entries(self, least: int = 0, most: int | None = None) -> list[JsonField]:
        """Of a list with so many."""
        values = self._of(list, "no list")
        if len(values) < least or (most is not None and len(values) > most):
            raise ValueError(f"its {self.place} has {len(values)} values")
        return [JsonField(value, self._inner(str(index))) for index, value in enumerate(values)]

    def number(self, *, may_be_none: bool = False) -> float:
        """0 for none. A whole number beyond any float is none."""
        if may_be_none and self.value is None:
            return 0.0
        try:
            return float(self._of((int, float), "no number", but=bool))
        except OverflowError:
            raise ValueError(f"its {self.place} is no number that this program writes") from None

    def text(self) -> str:
        return str(self._of(str, "no text"))

    def truth(self) -> bool:
        return bool(self._of(bool, "neither true nor false"))

    def _of(self, kind: Any, words: str, but: tuple[type, ...] | type = ()) -> Any:
        if not isinstance(self.value, kind) or isinstance(self.value, but):
            raise ValueError(f"its {self.place or 'content'} is {words}")
        return self.value

    def _inner(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

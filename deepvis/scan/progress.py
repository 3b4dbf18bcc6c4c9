"""Progress of a run: what is called as it goes on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with how far a run is, in images or units, from several threads."""

    def begin(self, images: int, done: int) -> None: ...

    def advance(self, images: int, skipped: int) -> None: ...

    def note(self, sentence: str) -> None: ...

    def end(self) -> None: ...


class Silent:
    """A Progress that says nothing."""

    def begin(self, images: int, done: int) -> None: ...

    def advance(self, images: int, skipped: int) -> None: ...

    def note(self, sentence: str) -> None: ...

    def end(self) -> None: ...

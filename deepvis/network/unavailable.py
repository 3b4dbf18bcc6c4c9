"""Values that a network's file has and that cannot be had here: why, and their place among the others."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis.network.kinds import Kind


@dataclass(frozen=True)
class Unavailable:
    """A value of the file that nothing here can make.

    why: a few words, "needs layer 'warp' of unknown type Warp". type, kind: of the node that would make it. after: the
    name of the value that the file makes before it, "" for its first. is_minor: of no interest in a list of layers.
    """

    why: str
    type: str = ""
    kind: Kind = Kind.OTHER
    after: str = ""
    is_minor: bool = False

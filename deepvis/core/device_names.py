"""How a device is named on the command line and in the settings."""

from __future__ import annotations

import re

EXPECTED = "auto, cpu, cuda or cuda:N"
_NAME = re.compile(r"(auto|cpu|cuda)|cuda:(\d+)")


def parsed(name: str) -> tuple[str, int] | None:
    """("auto", "cpu" or "cuda", number of the GPU), as ("cuda", 1) for "cuda:1"; None for what is no device's name."""
    found = _NAME.fullmatch(name)
    return None if found is None else (found[1] or "cuda", int(found[2] or 0))

"""How much memory a file's content may take: some times its size, so that a small one cannot declare huge values."""

from __future__ import annotations

SPARE_BYTES = 200 << 20  # whatever the file's size
MOST_TIMES = 10  # of the file's size: values that are not all alike do not pack better


def allowed_bytes(file_bytes: int, spare: int = SPARE_BYTES) -> int:
    """Of memory, for a file of that size. spare: what is allowed for the smallest."""
    return max(spare, MOST_TIMES * file_bytes)

"""Which cell of a layer's maps looks at a place of the input: the one whose receptive field has its centre nearest."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from deepvis.core.types import FieldOf, LayerInfo


def cell_at(field_of: FieldOf | None, layer: LayerInfo, place: tuple[int, int]) -> tuple[int, int] | None:
    """The cell (row, col) of a layer's maps for the pixel ``place`` (row, col) of the network's input.

    None where there is no telling: a layer without maps, one whose receptive fields are not known, one all of whose
    cells see the same.
    """
    if field_of is None or not layer.is_spatial:
        return None
    centres = centres_of(field_of, layer.name, layer.height, layer.width)
    if centres is None:
        return None
    rows, cols = (np.abs(axis - (at + 0.5)) for axis, at in zip(centres, place, strict=True))
    return int(rows.argmin()), int(cols.argmin())


@lru_cache(maxsize=1024)
def centres_of(field_of: FieldOf, layer: str, height: int, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    """((height,), (width,)) float: where the receptive fields of a layer's cells have their centres, in input pixels.

    Fields are moved windows: those of the first and of the last cell say where all others lie. None where they are not
    known, or where cells at both ends see the same.
    """
    first, last = field_of(layer, 0, 0), field_of(layer, height - 1, width - 1)
    if first is None or last is None:
        return None
    ends = [((first[i] + first[i + 2]) / 2, (last[i] + last[i + 2]) / 2) for i in range(2)]
    axes = [np.linspace(low, high, count) for (low, high), count in zip(ends, (height, width), strict=True)]
    if any(count > 1 and low >= high for (low, high), count in zip(ends, (height, width), strict=True)):
        return None
    return axes[0], axes[1]

"""Results that are pictures where a notebook shows them. All pictures are (H, W, 3) uint8 RGB."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepvis.core.files import written_beside
from deepvis.core.pixels import activation_codes

LEAST_SIDE = 224  # pixels: smaller pictures are enlarged to about that, in squares
MOST_TILES = 256  # units of a layer in one picture
TILES_SIDE = 640  # pixels of that picture, about
BAR_HEIGHT = 32  # of vectors


def png_of(rgb: np.ndarray) -> bytes:
    """A PNG file of a picture, small ones enlarged without smoothing."""
    factor = max(LEAST_SIDE // max(rgb.shape[0], rgb.shape[1], 1), 1)
    content = io.BytesIO()
    Image.fromarray(rgb.repeat(factor, axis=0).repeat(factor, axis=1)).save(content, "PNG")
    return content.getvalue()


def img_of(rgb: np.ndarray, title: str = "") -> str:
    """The same as an HTML element with its title below."""
    coded = base64.b64encode(png_of(rgb)).decode()
    caption = f"<figcaption>{html.escape(title)}</figcaption>" if title else ""
    return f'<figure style="display:inline-block"><img src="data:image/png;base64,{coded}"/>{caption}</figure>'


@dataclass(frozen=True, eq=False)
class Picture:
    """An image that a unit would like to see, made by optimization.

    rgb: (h, w, 3) uint8, to look at: what the unit sees of it, its contrast stretched. x: (C, H, W) float32, the
    network's own input. activation: of the unit, at x. layer, channel, preset, seed: how to make it again.
    note: what is out of the ordinary in how it began or ended.
    """

    rgb: np.ndarray
    x: np.ndarray
    activation: float
    layer: str
    channel: int
    preset: str
    seed: int
    iterations: int
    note: str = ""

    def save(self, path: str | Path) -> None:
        """Write ``rgb`` as a PNG file. Raises OSError."""
        content = io.BytesIO()
        Image.fromarray(self.rgb).save(content, "PNG")
        with written_beside(Path(path)) as file:
            file.write(content.getvalue())

    def __repr__(self) -> str:
        size = f"{self.rgb.shape[1]}x{self.rgb.shape[0]}"
        return f"<Picture {size} of {self.layer} {self.channel}: activation {self.activation:.4g}>"

    def _repr_png_(self) -> bytes:
        return png_of(self.rgb)


@dataclass(frozen=True, eq=False)
class AttributionMap:
    """Which part of a photo speaks for a unit.

    values: (h, w) float32, of the input's size or coarser; what is above 0 speaks for the unit. rgb: (H, W, 3) uint8,
    laid over the input. method: its name. layer: whose unit was looked at, of a probability that of its score. maps:
    whose maps, of methods that look at some. note: what is to be said of the numbers.
    """

    values: np.ndarray
    rgb: np.ndarray
    method: str
    layer: str
    channel: int
    maps: str = ""
    note: str = ""

    def __repr__(self) -> str:
        size = f"{self.values.shape[0]}x{self.values.shape[1]}"
        return f"<AttributionMap {size} of {self.layer} {self.channel} by {self.method}>"

    def _repr_png_(self) -> bytes:
        return png_of(self.rgb)


class Projection(np.ndarray):
    """A back projection: a float32 array (C, H, W), or (N, C, H, W), that a notebook shows as a picture."""

    _drawn: Callable[[np.ndarray], np.ndarray] | None = None

    @classmethod
    def of(cls, values: np.ndarray, drawn: Callable[[np.ndarray], np.ndarray]) -> Projection:
        """drawn: (C, H, W) -> picture."""
        array = np.ascontiguousarray(values, np.float32).view(cls)
        array._drawn, array._shape_of_one = drawn, array.shape[-3:]  # type: ignore[attr-defined]
        return array

    def __array_finalize__(self, other: Any) -> None:
        self._drawn = getattr(other, "_drawn", None)
        self._shape_of_one = getattr(other, "_shape_of_one", None)

    def __reduce__(self) -> Any:  # pickled and copied as plain numbers
        return np.asarray(self).__reduce__()

    def _repr_png_(self) -> bytes | None:
        values = np.asarray(self)
        if self._drawn is None or values.ndim not in (3, 4) or values.shape[-3:] != self._shape_of_one:
            return None
        several = values[np.newaxis] if values.ndim == 3 else values[:16]
        return png_of(np.concatenate([self._drawn(each) for each in several], axis=1))


class Activations(Mapping[str, np.ndarray]):
    """Layer or module path -> float32 (C, H, W), (C,) for vectors, with N in front for several photos."""

    def __init__(self, values: Mapping[str, np.ndarray], *, is_batch: bool) -> None:
        self._values, self._is_batch = dict(values), is_batch

    def __getitem__(self, name: str) -> np.ndarray:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {' x '.join(map(str, value.shape))}" for name, value in self.items())
        return f"<Activations {shapes}>"

    def _repr_html_(self) -> str:
        first = {name: value[0] if self._is_batch else value for name, value in self.items()}
        return "".join(img_of(tiles_of(value), f"{name} {value.shape}") for name, value in first.items())


def tiles_of(values: np.ndarray) -> np.ndarray:
    """The maps (C, H, W) side by side, brightest at the layer's largest value; a vector (C,) as a strip."""
    maps = (
        values[:, np.newaxis, np.newaxis]
        if values.ndim == 1
        else values.reshape(len(values), *values.shape[1:3], -1)[..., 0]
    )
    codes = activation_codes(np.ascontiguousarray(maps, np.float32))
    bright = codes.tone[codes.codes]
    if values.ndim == 1:
        strip = bright.reshape(1, -1).repeat(BAR_HEIGHT, axis=0).repeat(max(TILES_SIDE // len(values), 1), axis=1)
        return np.repeat(strip[..., np.newaxis], 3, axis=2)
    bright = bright[:MOST_TILES]
    count, height, width = bright.shape
    columns = int(np.ceil(np.sqrt(count)))
    factor = max(TILES_SIDE // (columns * max(height, width)), 1)
    bright = bright.repeat(factor, axis=1).repeat(factor, axis=2)
    rows = -(-count // columns)
    sheet = np.full((rows, columns, height * factor + 1, width * factor + 1), 48, np.uint8)
    sheet.reshape(-1, *sheet.shape[2:])[:count, :-1, :-1] = bright
    whole = sheet.transpose(0, 2, 1, 3).reshape(rows * sheet.shape[2], columns * sheet.shape[3])
    return np.repeat(whole[..., np.newaxis], 3, axis=2)


@dataclass(frozen=True, eq=False)
class TopPhoto:
    """One of the photos that excite a unit most.

    value: of the unit there. index: of the photo among those given; path: "" for one from memory. row, col: of the
    maximum in the unit's map. rgb: what the unit sees of the photo; None where the file is gone.
    """

    value: float
    index: int
    path: str
    row: int
    col: int
    crop: Callable[[], np.ndarray | None] = field(repr=False)

    @property
    def position(self) -> tuple[int, int]:
        return self.row, self.col

    @property
    def rgb(self) -> np.ndarray | None:
        return self.crop()

    def _repr_png_(self) -> bytes | None:
        rgb = self.rgb
        return None if rgb is None else png_of(rgb)

"""How the montages of a layer were made: what ``how.json`` beside them says, in the words of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.json_file import finite, read_table

SIDE = 3  # pictures along a block
MARGIN = 1  # pixels around each picture
SHOWN = 2  # the block that stands for a unit: lower left, where it is there
UNNAMED = {0: "1", 1: "2", 2: "3", 3: "4"}  # blocks of montages that nothing is known of: rows of the paper's Table 1
_PLAIN = ("version", "preset", "lr_policy", "lr_params", "max_iter")


@dataclass(frozen=True)
class PresetBlock:
    """One block of a montage. index: 0..3, row-major. words: what makes the preset, "" where that is not known."""

    index: int
    preset: str
    words: str


@dataclass(frozen=True)
class LayerRecipe:
    """How the montages of a layer's folder were made.

    blocks: those that are filled. cell: (height, width) of one picture, None where it follows from the file's size.
    field: (height, width) of what a unit sees, None where it is not known. pictures: in a block. values: the best
    activation that a unit reached, by channel. is_named: a how.json says all that.
    """

    blocks: tuple[PresetBlock, ...]
    cell: tuple[int, int] | None = None
    field: tuple[int, int] | None = None
    pictures: int = SIDE * SIDE
    values: tuple[float | None, ...] = ()
    is_named: bool = True
    layer: str = ""  # that they are of, where that is said: two layers' names may become one folder's
    options: str = ""  # of optimize-layer, to go on in the same way

    @property
    def shown(self) -> int:
        indices = [block.index for block in self.blocks]
        return SHOWN if SHOWN in indices else indices[0]

    def value(self, channel: int) -> float | None:
        return self.values[channel] if channel < len(self.values) else None


def read_recipe(how: Path) -> LayerRecipe:
    """Of montages beside which nothing, or nothing readable, says how they were made: all four blocks."""
    try:
        content = read_table(how)
        blocks = [_block(int(number) - 1, each) for number, each in content["blocks"].items()]
        if not blocks or any(not 0 <= block.index < 4 for block in blocks):
            raise ValueError("no blocks")
        return LayerRecipe(
            tuple(sorted(blocks, key=lambda block: block.index)),
            _pair(content.get("size")),
            _size_of(content.get("field")),
            min(len(content["seeds"]), SIDE * SIDE) if content.get("seeds") else SIDE * SIDE,
            tuple(finite(value) for value in content.get("units", ())),
            layer=str(content.get("layer", "")),
            options=_options(content, [block.preset for block in blocks]),
        )
    except (OSError, *CONTENT_ERRORS):
        return LayerRecipe(tuple(PresetBlock(index, name, "") for index, name in UNNAMED.items()), is_named=False)


def _block(index: int, recipe: Mapping[str, Any]) -> PresetBlock:
    return PresetBlock(index, str(recipe.get("preset", index + 1)), recipe_words(recipe))


def recipe_words(recipe: Mapping[str, Any]) -> str:
    """The numbers that do something, those that are not 0: "decay 0.3, small norm percentile 20, 750 iterations"."""
    words = [f"{name.replace('_', ' ')} {brief(v)}" for name, v in recipe.items() if name not in _PLAIN and _does(v)]
    iterations = [f"{recipe['max_iter']} iterations"] if "max_iter" in recipe else []
    return ", ".join([*words, *iterations])


def _does(value: Any) -> bool:
    return value not in (0, 0.0, None, "", False) and isinstance(value, (int, float, str))


def brief(value: Any) -> str:
    """A number in few digits, anything else as it is."""
    number = finite(value)
    return str(value) if number is None else f"{number:g}"


def _options(content: Mapping[str, Any], presets: list[str]) -> str:
    """What ``optimize-layer`` must be given so that its pictures are made like these."""
    words = ["--presets", *presets, "--rand-seed", *map(str, content.get("seeds", ()))]
    words += ["--quality", str(content["quality"])] if "quality" in content else []
    return " ".join([*words, *(["--field-only"] if content.get("field_only") else [])])


def _pair(value: Any) -> tuple[int, int] | None:
    return (int(value[0]), int(value[1])) if isinstance(value, list) and len(value) == 2 and min(value) > 0 else None


def _size_of(box: Any) -> tuple[int, int] | None:
    if not isinstance(box, list) or len(box) != 4:
        return None
    return _pair([box[2] - box[0], box[3] - box[1]])

"""The folders of a model's unit images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepvis.core.unit_files import original_image_paths, unit_image_paths
from deepvis.models.card import Card

UNIT_IMAGES = "unit_jpg_vis"


def image_folders(card: Card, overrides: Mapping[str, Any]) -> tuple[Path, tuple[Path, ...]]:
    """Where unit images are read and made, and where more of them are only read.

    With a dictionary they are made beside it: those of its atoms are of no other one, and the network's own stay as
    they are.
    """
    if overrides.get("unit_image_dir"):
        return Path(overrides["unit_image_dir"]), ()
    images = card.get("unit_images", UNIT_IMAGES)
    own, shipped = card.files_folder / images, (card.folder / images,) if card.data_folder else ()
    if (dictionary := overrides.get("dictionary")) is not None:
        return Path(dictionary).with_suffix("").with_name(f"{Path(dictionary).stem}_{UNIT_IMAGES}"), (own, *shipped)
    return own, shipped


def has_images(folders: Sequence[Path], layer: str) -> bool:
    """There are unit images of a layer, perhaps of another network's: ``remap`` may name it."""
    places = [find(folder, layer) for folder in folders for find in (unit_image_paths, original_image_paths)]
    return any(path.parent.is_dir() for place in places for path in (place.montage, place.top))

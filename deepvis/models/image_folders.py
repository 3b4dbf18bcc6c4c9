"""The folders of a model's unit images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

"""The sample photos inside the scikit-image wheel: something to look at without a camera or files."""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache

from deepvis.core.program import pip_install
from deepvis.sources.listing import FixedListing, ListedPhoto
from deepvis.sources.stills import Stills

# what scikit-image bundles (skimage/data, 0.19 to 0.26) and a person would call a photo; others it downloads
LABELS = {
    "astronaut.png": "astronaut Eileen Collins",
    "chelsea.png": "Chelsea the cat",
    "coffee.png": "cup of coffee",
    "rocket.jpg": "rocket on its launch pad",
    "motorcycle_left.png": "motorcycle in a garage",
    "camera.png": "cameraman",
    "coins.png": "Greek coins from Pompeii",
    "clock_motion.png": "clock, blurred by motion",
    "hubble_deep_field.jpg": "Hubble deep field",
    "retina.jpg": "retina of an eye",
    "moon.png": "surface of the moon",
    "ihc.png": "stained tissue",
    "grass.png": "grass",
    "brick.png": "brick wall",
    "gravel.png": "gravel",
    "page.png": "page of a book",
}


def samples() -> Stills:
    """The sample photos that are really there, in the order of LABELS. Does not import scikit-image."""
    folder = samples_folder()
    found = [ListedPhoto(os.path.join(folder, name), label) for name, label in LABELS.items()]
    there = tuple(entry for entry in found if os.path.isfile(entry.path))
    return Stills(
        FixedListing(
            there,
            f"there are no sample photos ({pip_install('scikit-image')} brings them); give --images FOLDER",
        )
    )


@lru_cache(maxsize=1024)
def is_sample(path: str) -> bool:
    """Is a file one of the sample photos?"""
    folder, name = os.path.split(path)
    return name in LABELS and folder == samples_folder()


def samples_folder() -> str:
    """scikit-image's own data folder, "" where it is not installed."""
    spec = importlib.util.find_spec("skimage")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return os.path.join(places[0], "data") if places else ""

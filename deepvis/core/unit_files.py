"""Where the pictures of a unit lie, and the small files beside them: one rule for all who write and read.

The layout is the original's ``unit_jpg_vis`` folder, with slashes in layer names replaced::

    <folder>/
      regularized_opt/<layer>/<layer>_0007_montage.jpg   four 3x3 blocks in a 2x2 square, one per row of the
                                                         paper's Table 1; the window shows the lower left
      regularized_opt/<layer>/whole_layer.jpg            one picture per unit, row-major in a square of
                                                         ceil(sqrt(units)) cells a side
      regularized_opt/<layer>/how.json                   how deepvis made the two
      regularized_opt/<layer>/kept/<layer>_0007_00.png   a finished live optimization that the user has kept among the
                                                         nine of the montage beside it, in its json how it was made
      max_im/<layer>/<layer>_0007.jpg                    3x3 montage of the patches that excite it most
      max_im/<layer>/<layer>_0007.json                   which patches those are (below)
      max_im/<layer>/stats.npz                           how the layer answered the whole collection (below)
      max_deconv/<layer>/<layer>_0007.jpg                3x3 montage of their back projections
      live_opt/<layer>/<layer>_0007.png                  one picture: a finished live optimization of the user
      live_opt/<layer>/<layer>_0007.json                 how it was made; "behind_nine" where the nine are shown, not it

Each json and each stats.npz names the network that it was made in: "network", its identity. The original has no
such files, and those that 0.1.0 made in max_im have no such name.

``<layer>`` is ``file_name(layer)``: each of ``/ \\ : * ? " < > |`` and each control character becomes ``-``,
and so does a leading dot (``inception_4c/output`` -> ``inception_4c-output``).

``<layer>_0007.json``, version 1::

    {"version": 1, "network": "f3f625298ff4", "layer": "conv5", "channel": 7, "images": 40,
     "patches": [{"value": 41.5, "path": "cats/a.jpg", "row": 3, "col": 11}, ...]}

images: how many different ones the window had shown when it saved these; a scan leaves it out (stats.npz has it).
patches: best first, in the order of the montage (row-major); value: the unit's maximum in that photo; row and
col: its place in the unit's map; path: of the photo, "" for a camera frame.

``stats.npz``, version 1, without pickle; C channels, B histogram bins::

    version ()          int       1
    network ()          str       its identity; missing in those of 0.1.0
    images  ()          int       photos scanned
    mean    (C,)        float32   of the per-photo maxima
    std     (C,)        float32   likewise
    active  (C,)        float32   share of the photos in which the unit fires at all, 0..1
    edges   (C, B + 1)  float32   of the histogram of per-photo maxima, rising
    counts  (C, B)      int64     photos in each bin
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deepvis.core.array_files import arrays_of, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import home_of_user, written_beside
from deepvis.core.json_file import read_json, read_table
from deepvis.core.types import Patch, Unit, UnitStanding
from deepvis.core.user_error import SentenceError

VERSION = 1
SAVED_TOP = "saved top 9 of a stream; R begins a new one"  # the note of one that the window has saved
LEFT_OUT = "left out"  # the key of the note that a folder's top 9 is another network's, for who shows one of his own
OPTIMIZED_FOLDER, TOP_FOLDER, BACK_FOLDER, LIVE_FOLDER = "regularized_opt", "max_im", "max_deconv", "live_opt"

_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f]|^\.')


class UnitFileError(SentenceError):
    """A file beside the unit pictures cannot be used; the message is one sentence that names it."""


@dataclass(frozen=True)
class UnitImagePaths:
    """The files of one unit in one folder, there or not."""

    montage: Path
    whole_layer: Path
    how: Path
    top: Path
    top_back: Path
    patches: Path
    stats: Path
    live: Path
    of_user: Path  # the folder of the pictures that the user has kept; ``pictures_of_user`` lists them


def file_name(layer: str) -> str:
    """A layer's name as a folder or file name: ``inception_4c/output`` -> ``inception_4c-output``."""
    return _UNSAFE.sub("-", layer)


def unit_image_paths(folder: str | os.PathLike[str], layer: str, channel: int = 0) -> UnitImagePaths:
    """Where the pictures of unit ``channel`` of ``layer`` are to be found in ``folder``, or to be written."""
    return _paths(Path(folder), file_name(layer), f"{file_name(layer)}_{channel:04d}")


def original_image_paths(folder: str | os.PathLike[str], layer: str, channel: int = 0) -> UnitImagePaths:
    """The same as the original named them: slashes of the layer's name make sub-folders. For reading only."""
    return _paths(Path(folder), layer.lstrip("/"), f"{layer.lstrip('/')}_{channel:04d}")


def channel_of(place: UnitImagePaths) -> int:
    """The channel whose files these are."""
    return int(place.live.stem.rpartition("_")[2])


def pictures_of_user(place: UnitImagePaths) -> list[Path]:
    """The pictures of a unit that the user has kept, the oldest first; each has its json beside it."""
    stem = place.live.stem
    return sorted(
        path for path in place.of_user.glob(f"{glob.escape(stem)}_*.png") if path.stem[len(stem) + 1 :].isdigit()
    )


def next_of_user(place: UnitImagePaths) -> Path:
    """Where the next one goes."""
    numbers = [int(path.stem.rpartition("_")[2]) for path in pictures_of_user(place)]
    return place.of_user / f"{place.live.stem}_{max(numbers, default=-1) + 1:02d}.png"


def user_folder(model: str, environ: Mapping[str, str] = os.environ, identity: str = "") -> Path:
    """Where the user's own pictures of a model are kept, in the layout above.

    ``$DEEPVIS_CACHE``, else ``$XDG_CACHE_HOME/deepvis``, else ``~/.cache/deepvis``; then the model's name and, as
    many networks have one name, the ``identity`` that tells them apart: ``caffenet-mini-0123456789ab``.
    """
    own = environ.get("DEEPVIS_CACHE")
    root = Path(own) if own else home_of_user("XDG_CACHE_HOME", ".cache", environ)
    return root / (f"{file_name(model)}-{identity}" if identity else file_name(model))


def network_in(path: str | os.PathLike[str]) -> str:
    """The identity of the network that a json beside pictures, or a stats.npz, names; "" where nothing tells."""
    try:
        if Path(path).suffix == ".npz":
            with arrays_of(path) as table:
                return str(table["network"])
        return str(read_json(path)["network"])
    except (OSError, *CONTENT_ERRORS):
        return ""


def write_patches(
    path: str | os.PathLike[str], unit: Unit, patches: Sequence[Patch], network: str, images: int | None = None
) -> None:
    """Write the patches of a unit, best first, beside its montage.

    network: the identity, "" where it is not known. images: of how many they are the best; None: a scan's.
    """
    content: dict[str, object] = {
        "version": VERSION,
        "network": network,
        "layer": unit.layer,
        "channel": unit.channel,
        "patches": [asdict(patch) for patch in patches],
    }
    if images is not None:
        content["images"] = images
    with written_beside(path) as file:
        file.write(json.dumps(content, indent=1).encode())


def images_of(path: str | os.PathLike[str]) -> int | None:
    """Of how many images the patches in this file are the best; None where it does not say: a scan's."""
    try:
        return int(read_json(path)["images"])
    except (OSError, *CONTENT_ERRORS):
        return None


def read_patches(path: str | os.PathLike[str]) -> tuple[Patch, ...]:
    """What ``write_patches`` wrote. Raises FileNotFoundError, or UnitFileError on other content."""
    try:
        content = read_table(path)
        _check_version(path, content["version"])
        return tuple(
            Patch(float(row["value"]), str(row["path"]), int(row["row"]), int(row["col"])) for row in content["patches"]
        )
    except CONTENT_ERRORS as error:
        raise UnitFileError(f"{path} is no list of patches of a unit ({reason(error)}); make it anew") from error


def write_stats(
    path: str | os.PathLike[str],
    *,
    network: str,
    images: int,
    mean: np.ndarray,
    std: np.ndarray,
    active: np.ndarray,
    edges: np.ndarray,
    counts: np.ndarray,
) -> None:
    """Write how a layer answered a photo collection; shapes as in the module's text. network: the identity."""
    with written_beside(path) as file:
        np.savez_compressed(
            file,
            version=VERSION,
            network=network,
            images=images,
            mean=np.asarray(mean, np.float32),
            std=np.asarray(std, np.float32),
            active=np.asarray(active, np.float32),
            edges=np.asarray(edges, np.float32),
            counts=np.asarray(counts, np.int64),
        )


def read_stats(path: str | os.PathLike[str]) -> tuple[UnitStanding, ...]:
    """One standing for each channel. Raises FileNotFoundError, or UnitFileError on other content."""
    try:
        with arrays_of(path) as table:
            _check_version(path, int(table["version"]))
            images, units = int(table["images"]), len(table["mean"])
            bins = with_shape(table, "counts", "iu", (units, None)).shape[1]
            shapes = {**dict.fromkeys(("mean", "std", "active"), (units,)), "edges": (units, bins + 1)}
            columns = [with_shape(table, name, "f", shape).tolist() for name, shape in shapes.items()]
            columns.append(table["counts"].tolist())
    except CONTENT_ERRORS as error:
        raise UnitFileError(f"{path} holds no statistics of a layer ({reason(error)}); make it anew") from error
    return tuple(
        UnitStanding(images, mean, std, active, tuple(edges), tuple(counts))
        for mean, std, active, edges, counts in zip(*columns, strict=True)
    )


def _paths(folder: Path, layer: str, stem: str) -> UnitImagePaths:
    return UnitImagePaths(
        montage=folder / OPTIMIZED_FOLDER / layer / f"{stem}_montage.jpg",
        whole_layer=folder / OPTIMIZED_FOLDER / layer / "whole_layer.jpg",
        how=folder / OPTIMIZED_FOLDER / layer / "how.json",
        top=folder / TOP_FOLDER / layer / f"{stem}.jpg",
        top_back=folder / BACK_FOLDER / layer / f"{stem}.jpg",
        patches=folder / TOP_FOLDER / layer / f"{stem}.json",
        stats=folder / TOP_FOLDER / layer / "stats.npz",
        live=folder / LIVE_FOLDER / layer / f"{stem}.png",
        of_user=folder / OPTIMIZED_FOLDER / layer / "kept",
    )


def _check_version(path: str | os.PathLike[str], version: object) -> None:
    if version != VERSION:
        raise UnitFileError(f"{path} has version {version}, expected {VERSION}; make it anew")

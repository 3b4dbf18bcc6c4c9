"""Channel vectors of a layer at places drawn from photos: so many of each photo, the same ones for a seed.

They are written in parts, a file for so many photos, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.array_files import arrays_of, with_shape
from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.files import remove, written_beside
from deepvis.core.regular_file import bytes_of
from deepvis.core.types import Fit
from deepvis.jobs.progress import Progress
from deepvis.jobs.store import Store
from deepvis.network.atoms import channels_of
from deepvis.scan.chunk import CUT, NOT_FINITE, Batch, read_batch
from deepvis.scan.images import find_images
from deepvis.scan.network import ScanNetwork
from deepvis.scan.parts import FaultyImage
from deepvis.scan.scan_error import ScanError

PART = 64  # photos of a file; a multiple of the pictures of a pass
HELD_OUT = 5  # one photo of so many is learned nothing from


@dataclass(frozen=True, eq=False)
class ChosenPhotos:
    """Those that are looked at, in order. digest: sha256 of their names and contents, 24 hex digits."""

    paths: tuple[str, ...]
    digest: str


@dataclass(frozen=True, eq=False)
class Samples:
    """Of n places. vectors: (n, C) float32. photos: (n,) the photo of each, by its place in the list.

    cut: photos whose files end too early, of which what there is was used.
    """

    vectors: np.ndarray
    photos: np.ndarray
    skipped: tuple[FaultyImage, ...]
    cut: tuple[FaultyImage, ...] = ()

    @property
    def used(self) -> np.ndarray:
        """The photos that gave some, rising."""
        return np.unique(self.photos)

    def held_out(self) -> np.ndarray:
        """(n,) bool: the places of every fifth photo that was used; of fewer than five of the last."""
        used = self.used
        chosen = used[HELD_OUT - 1 :: HELD_OUT] if len(used) >= HELD_OUT else used[-1:]
        return np.isin(self.photos, chosen)


def photos_of(images: str, most: int) -> ChosenPhotos:
    """At most so many of the photos of a folder or a list, evenly spread. Raises ScanError where there are none."""
    folder = images if os.path.isdir(images) else ""
    names = list(find_images(images))
    if not names:
        raise ScanError(f"{images} holds no pictures (jpg, png, tif, webp, ...); give --images a folder or a list")
    count = min(most, len(names))
    names = [names[n * len(names) // count] for n in range(count)]
    digest = hashlib.sha256()
    for name in names:
        path = os.path.join(folder, name)
        digest.update((name if folder else os.path.basename(name)).encode("utf-8", "surrogateescape") + b"\0")
        try:
            digest.update(hashlib.sha256(bytes_of(path)).digest())
        except OSError:  # it is named and left out when it is to be decoded
            digest.update(b"unread")
    return ChosenPhotos(tuple(os.path.join(folder, name) for name in names), digest.hexdigest()[:24])


def part_files(network: ScanNetwork, layer: str, photos: ChosenPhotos, positions: int, seed: int,
               output: Path) -> dict[int, Path]:  # fmt: skip
    """A part's first photo -> its file, there or not.

    They lie beside ``output`` in a hidden folder whose name has a digest of all that decides them: no folder of the
    user has such a name, and no other order draws into it.
    """
    how = {"layer": layer, "photos": photos.digest, "positions": positions, "seed": seed, "rows": network.rows,
           "device": network.device.type}  # fmt: skip
    identity = network.model.identity
    digest = Store(output.parent, identity, "").path(how).name
    store = Store(output.with_name(f".{output.name}.samples-{digest}"), identity, ".npz")
    return {first: store.path({**how, "first": first}) for first in range(0, len(photos.paths), PART)}


def forget_parts(files: Mapping[int, Path]) -> None:
    """Remove these files, what killed writers have left of them, and their folder where nothing else is in it."""
    remove(files.values(), {path.parent for path in files.values()})


def drawn(network: ScanNetwork, layer: str, photos: ChosenPhotos, positions: int, seed: int,
          files: Mapping[int, Path], progress: Progress) -> Samples:  # fmt: skip
    """The vectors of ``positions`` places of each photo, without repetition; all places of a smaller map.

    files: ``part_files``. Raises ScanError for a layer that has no row for each picture, ModelError for one that
    has no channels; OSError.
    """
    graph = network.net.graph
    if graph.maker[graph.last(layer)] < 0:
        raise ScanError(f"{layer!r} is an input of the network, expected a layer that computes something")
    channels_of(network.net.shapes, layer)
    ready = {first: part for first, path in files.items() if (part := _read(path)) is not None}
    progress.begin(len(photos.paths), sum(min(PART, len(photos.paths) - first) for first in ready), "places")
    try:
        for first, path in files.items():
            if first not in ready:
                paths = photos.paths[first : first + PART]
                ready[first] = _drawn_of(network, layer, paths, first, positions, seed, progress)
                _write(path, ready[first])
    finally:
        progress.end()
    found = [ready[first] for first in files]
    skipped = tuple(each for part in found for each in part.skipped)
    if all(len(part.vectors) == 0 for part in found):
        why = skipped[0].reason if skipped else "there are none"
        raise ScanError(f"none of {len(photos.paths)} photos can be used ({why}); give --images other ones")
    return Samples(
        np.concatenate([part.vectors for part in found if len(part.vectors)]),
        np.concatenate([part.photos for part in found]),
        skipped,
        tuple(each for part in found for each in part.cut),
    )


def _drawn_of(network: ScanNetwork, layer: str, paths: Sequence[str], first: int, positions: int, seed: int,
              progress: Progress) -> Samples:  # fmt: skip
    """Of the photos ``first``, ``first`` + 1, ... of the list."""
    vectors: list[np.ndarray] = []
    photos: list[int] = []
    skipped: list[FaultyImage] = []
    cut: list[FaultyImage] = []
    for start in range(0, len(paths), network.rows):
        batch = read_batch(network, paths[start : start + network.rows], network.rows, Fit.CROP)
        for row, values in enumerate(_values(network, layer, batch)):
            photo, path = first + start + row, batch.paths[row]
            if isinstance(values, str):
                skipped.append(FaultyImage(photo, path, values))
                continue
            if row in batch.cut:
                cut.append(FaultyImage(photo, path, CUT.format(path)))
            chosen = places_of(seed, photo, values.shape[1], positions)
            vectors.append(values[:, chosen].T)
            photos += [photo] * len(chosen)
        progress.advance(len(batch.paths))
    table = np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)
    return Samples(np.ascontiguousarray(table, np.float32), np.array(photos, np.int64), tuple(skipped), tuple(cut))


def places_of(seed: int, photo: int, places: int, positions: int) -> np.ndarray:
    """Which places of a photo's map are drawn, rising: they depend on nothing but the seed and the photo's number."""
    random = np.random.default_rng((seed, photo))
    return np.sort(random.choice(places, min(places, positions), replace=False))


def _values(network: ScanNetwork, layer: str, batch: Batch) -> Iterator[np.ndarray | str]:
    """(C, places) of each photo, or why it cannot be used."""
    blob = network.net.forward(network.inputs(batch.inputs), keep=layer).blobs[layer]
    if len(blob) != network.rows:
        raise ScanError(
            f"layer {layer!r} gives {len(blob)} rows for {network.rows} pictures, expected one each; choose "
            "another layer"
        )
    table = blob.reshape(*blob.shape[:2], -1).cpu().numpy()
    for row, path in enumerate(batch.paths):
        if row in batch.unread:
            yield batch.unread[row]
        elif not np.isfinite(table[row]).all():
            yield NOT_FINITE.format(path)
        else:
            yield table[row]


def _write(path: Path, part: Samples) -> None:
    """Raises OSError."""
    with written_beside(path) as file:
        np.savez(file, vectors=part.vectors, photos=part.photos, skipped=_table(part.skipped), cut=_table(part.cut))


def _table(faults: Sequence[FaultyImage]) -> np.ndarray:
    """(n, 3) text."""
    rows = [[str(each.index), each.path, each.reason] for each in faults]
    return np.array(rows, dtype=np.str_).reshape(-1, 3)


def _read(path: Path) -> Samples | None:
    """None where the part is not there, or broken: then it is drawn again."""
    try:
        with arrays_of(path) as table:
            skipped, cut = (
                tuple(FaultyImage(int(index), each, why) for index, each, why in table[name].tolist())
                for name in ("skipped", "cut")
            )
            vectors = with_shape(table, "vectors", "f", (None, None))
            return Samples(vectors, with_shape(table, "photos", "i", (len(vectors),)), skipped, cut)
    except (OSError, *CONTENT_ERRORS):
        return None

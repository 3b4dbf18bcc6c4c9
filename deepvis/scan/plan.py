"""What a scan is: network, images, layers, how it is cut into chunks. Written before the first chunk.

A scan's folder::

    <folder>/scan/scan.json      the plan
    <folder>/scan/images.txt     one path a line
    <folder>/scan/parts/*.npz    one partial result a chunk, named by its network, plan and chunk
    <folder>/scan/maxes.npz      all of them merged: the result
    <folder>/scan/skipped.json   images that could not be used or are cut short, and why:
                                 {version, skipped: [{index, path, reason}], cut: [the same]}

The pictures for the window lie beside it, see ``core.unit_files``.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.files import write_file
from deepvis.core.json_file import read_table
from deepvis.core.program import program
from deepvis.core.types import Fit
from deepvis.jobs.store import Store
from deepvis.network.ref import NetworkRef
from deepvis.scan.scan_error import ScanError
from deepvis.scan.tracker import TrackedLayer, tracked_layers

VERSION = 2  # of scan.json; that of 0.1.0, 1, has another layout of the network
LEAST_CHUNK, MOST_CHUNK = 64, 16384
FEW_CHUNKS, MANY_CHUNKS = 8, 2048
# stands for every network in ``plan_hash``, with the names that 0.1.0 had: so its parts go on being used
_NO_MODEL = {
    **dict.fromkeys(("name", "prototxt", "weights", "mean", "labels", "channel_order", "input_scale", "input_size")),
    **{"data_blob": None, "fill": False},
}


@dataclass(frozen=True)
class ScanPlan:
    """All that decides the result.

    identity: the network's; in a scan that 0.1.0 began, the hash of 64 digits that it gave to networks.
    list_hash: of images.txt. folder: to which its paths are relative. device: its type. rows: pictures of one
    forward pass, fixed, since the last bits of a batched forward pass depend on its size; chunk is a multiple of it.
    """

    network: NetworkRef
    identity: str
    layers: tuple[TrackedLayer, ...]
    top: int
    fit: Fit
    device: str
    folder: str
    images: int
    list_hash: str
    chunk: int
    rows: int

    @property
    def chunks(self) -> int:
        return -(-self.images // self.chunk)

    def size_of(self, chunk: int) -> int:
        """Images in the chunk: all but the last are full."""
        return min(self.chunk, self.images - chunk * self.chunk)


class ScanFolder:
    """The files of a scan in ``root``."""

    def __init__(self, root: Path) -> None:
        self.root, own = root, root / "scan"
        self.plan, self.images = own / "scan.json", own / "images.txt"
        self.parts, self.result = own / "parts", own / "maxes.npz"
        self.skipped = own / "skipped.json"


def chunk_size(images: int, rows: int) -> int:
    """Images in a chunk: some chunks at least, to share among workers, and some 2000 at most.

    Chunks of 256 are long enough: in shorter ones most images are among the best of their chunk.
    """
    size = LEAST_CHUNK
    while size < MOST_CHUNK and images > size * (FEW_CHUNKS if size < 256 else MANY_CHUNKS):
        size *= 2
    return -(-size // rows) * rows


def write_plan(path: Path, plan: ScanPlan) -> None:
    content = {"version": VERSION, "model": plan.network.as_dict(), **_decisive(plan), "folder": plan.folder}
    write_file(path, json.dumps(content, indent=1).encode())


def read_plan(folder: ScanFolder) -> ScanPlan:
    """Raises ScanError where there is no scan, or one of another version."""
    try:
        content = read_table(folder.plan)
        version = content.pop("version")
        if version not in (1, VERSION):
            raise ScanError(f"{folder.plan} has version {version}, expected {VERSION}; scan anew with --overwrite")
        layers = tracked_layers(content.pop("layers"))
        network = NetworkRef.from_dict(content.pop("model"))
        fit, identity = Fit(content.pop("fit")), content.pop("model_hash")
        return ScanPlan(network=network, identity=identity, layers=layers, fit=fit, **content)
    except FileNotFoundError as error:
        raise ScanError(
            f"there is no scan in {folder.root} ({folder.plan} is missing); make one with "
            f"{program()} scan --model M --images DIR --output {shlex.quote(str(folder.root))}"
        ) from error
    except ScanError:
        raise
    except (OSError, *CONTENT_ERRORS) as error:
        raise ScanError(f"{folder.plan} cannot be read ({reason(error)}); scan anew with --overwrite") from error


def check_same(old: ScanPlan, new: ScanPlan, folder: ScanFolder) -> None:
    """Refuse to go on with a scan that was begun with something else; one sentence says with what."""
    for is_same, what in (
        (old.identity == new.identity, "another model (weights, definition or preprocessing differ)"),
        (old.layers == new.layers, f"other layers ({_names(old.layers)})"),
        (old.top == new.top, f"--top {old.top}"),
        (old.fit is new.fit, f"--fit {old.fit.value}"),
        (old.device == new.device, f"--device {old.device}, whose last digits differ"),
        (old.folder == new.folder, f"the images of {old.folder or 'another list'}"),
        (old.list_hash == new.list_hash, f"another list of images ({old.images}, now {new.images})"),
        ((old.chunk, old.rows) == (new.chunk, new.rows), "another version of the program"),
    ):
        if not is_same:
            raise ScanError(
                f"the scan in {folder.root} was begun with {what}, so its parts cannot be used here; name "
                "another --output, or forget that scan and start over with --overwrite"
            )


def _names(layers: tuple[TrackedLayer, ...]) -> str:
    names = [layer.name for layer in layers]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def plan_hash(plan: ScanPlan) -> str:
    """What a partial result must agree on to be merged; where the files lie does not count."""
    content = {**_decisive(plan), "model": _NO_MODEL, "folder": ""}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def part_paths(folder: ScanFolder, plan: ScanPlan) -> list[Path]:
    """Where the partial results of all chunks lie, there or not."""
    store, name = Store(folder.parts, plan.identity, ".npz"), plan_hash(plan)
    return [store.path({"plan": name, "chunk": chunk}) for chunk in range(plan.chunks)]


def _decisive(plan: ScanPlan) -> dict[str, Any]:
    """What the results depend on, for JSON, by the names that scan.json has for it."""
    content = {name: value for name, value in asdict(plan).items() if name not in ("network", "identity", "folder")}
    return {"model_hash": plan.identity, **content, "fit": plan.fit.value}

"""A whole scan: list, plan or resume, scan the missing chunks, merge. Killed at any moment, it can go on."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from deepvis.core.files import path_beside, remove, write_file
from deepvis.core.temporary_names import PART as PART_ENDING
from deepvis.core.types import Fit
from deepvis.jobs.pool import IN_PROCESS, Where, cores, run_all, try_scheduler
from deepvis.jobs.progress import Progress
from deepvis.jobs.store import sweep
from deepvis.network.ref import NetworkRef
from deepvis.scan.chunk import AHEAD, DECODERS, ChunkTask
from deepvis.scan.images import ImageList, chunk_offsets, write_list
from deepvis.scan.network import ScanNetwork, open_network, torch_threads_restored
from deepvis.scan.parts import CorruptPart, Part, adopt_parts, load_part, save_part, sum_parts
from deepvis.scan.plan import (
    ScanFolder,
    ScanPlan,
    check_same,
    chunk_size,
    part_paths,
    plan_hash,
    read_plan,
    write_plan,
)
from deepvis.scan.scan_error import ScanError, going_on_later, writing

PART = re.compile(rf"(?:[0-9a-f]{{24}}|part_\d+)\.npz(?:{PART_ENDING})?")  # files of partial results
MOST_ROUNDS = 3  # of scanning again what turned out to be corrupt


@dataclass(frozen=True)
class ScanOrder:
    """What the user asked for. layers (): all that the window shows. fresh: forget an earlier scan."""

    network: NetworkRef
    images: str
    output: Path
    layers: tuple[str, ...] = ()
    top: int = 9
    fit: Fit = Fit.CROP
    device: str = "cpu"
    where: Where = IN_PROCESS
    ahead: int = AHEAD
    fresh: bool = False


def run_scan(order: ScanOrder, progress: Progress | None = None) -> Part:
    """Scan, or go on with a scan, and return the result, which then lies in the scan's folder.

    Raises ScanError, ModelError; what was finished by then is kept.
    """
    progress = progress or Progress()
    folder = ScanFolder(order.output.absolute())
    with going_on_later(order.output):
        plan = prepare(order, folder)
        if (result := finished(folder, plan)) is not None:
            return result
        with torch_threads_restored():
            scan_missing(order, folder, plan, progress)
        return finish(order, folder, plan, progress)


def prepare(order: ScanOrder, folder: ScanFolder) -> ScanPlan:
    """The plan of this scan, written.

    The network is opened before the images are listed: Ctrl-C while libraries load ends the process at once
    (``cli/interrupts.py``), and then there is no list to leave behind.
    """
    if order.fresh or not folder.plan.exists():
        try_scheduler(order.where.scheduler)
    if order.fresh or _holds_nothing(folder):
        forget(folder)
    try:
        network = open_network(order.network, order.layers, order.device)
        with path_beside(folder.images) as listing:  # it takes its name once it is seen that no other scan is there
            plan = make_plan(order, network, write_list(order.images, listing, folder.root))
            if folder.plan.exists():
                old = read_plan(folder)
                if network.model.is_named(old.identity):
                    plan = replace(plan, identity=old.identity)  # 0.1.0's, where that began it
                check_same(old, plan, folder)
            adopt_parts(folder.parts, part_paths(folder, plan), plan.identity, plan_hash(plan))
        write_plan(folder.plan, plan)
    finally:
        if not folder.plan.exists():
            forget(folder)
    return plan


def forget(folder: ScanFolder) -> None:
    """Remove a scan's own files, and those of its folders in which nothing else is."""
    parts = [path for path in folder.parts.glob("*.npz*") if PART.fullmatch(path.name)]
    named = (folder.plan, folder.images, folder.result, folder.skipped)
    remove((*named, *parts), (folder.parts, folder.plan.parent, folder.root))


def _holds_nothing(folder: ScanFolder) -> bool:
    """Was a scan made of files that are no images, as earlier versions did?"""
    try:
        return not load_part(folder.result).top_activations.seen
    except (OSError, CorruptPart):
        return False


def make_plan(order: ScanOrder, network: ScanNetwork, images: ImageList) -> ScanPlan:
    if order.top < 1:
        raise ScanError(f"--top {order.top} keeps no image; expected 1 or more")
    return ScanPlan(
        network=order.network,
        identity=network.model.identity,
        layers=network.layers,
        top=order.top,
        fit=order.fit,
        device=network.device.type,
        folder=images.folder,
        images=images.count,
        list_hash=images.sha256,
        chunk=chunk_size(images.count, network.rows),
        rows=network.rows,
    )


def finished(folder: ScanFolder, plan: ScanPlan) -> Part | None:
    """The result of the scan if it was made already."""
    try:
        part = load_part(folder.result)
    except (FileNotFoundError, CorruptPart):
        return None
    return part if part.plan_hash == plan_hash(plan) and part.identity == plan.identity else None


def scan_missing(order: ScanOrder, folder: ScanFolder, plan: ScanPlan, progress: Progress) -> None:
    """Scan the chunks that have no partial result."""
    paths = part_paths(folder, plan)
    missing = [chunk for chunk, path in enumerate(paths) if not path.exists()]
    left = sum(plan.size_of(chunk) for chunk in missing)
    offsets = chunk_offsets(folder.images, plan.chunk)
    decoders = DECODERS if plan.device == "cpu" else max(DECODERS, cores() // 2)
    device = plan.device if order.device == "auto" else order.device  # of its GPUs another machine has others
    tasks = [
        ChunkTask(folder.root, plan, device, chunk, offsets[chunk], paths[chunk], order.ahead, decoders)
        for chunk in missing
    ]
    run_all(order.where, tasks, progress, plan.images, plan.images - left)


def images_done(output: Path) -> tuple[int, int]:
    """How many images of a scan are in finished parts, and how many there are; (0, 0) where no scan was begun."""
    folder = ScanFolder(output.absolute())
    try:
        plan = read_plan(folder)
    except ScanError:
        return 0, 0
    paths = part_paths(folder, plan)
    return sum(plan.size_of(chunk) for chunk, path in enumerate(paths) if path.exists()), plan.images


def finish(order: ScanOrder, folder: ScanFolder, plan: ScanPlan, progress: Progress) -> Part:
    """Merge the parts, in their order; those that turn out to be corrupt are scanned again first."""
    for _ in range(MOST_ROUNDS):
        total, broken = sum_parts(part_paths(folder, plan))
        if total is not None and not broken:
            if not total.top_activations.seen:
                forget(folder)
                reasons = f" ({total.skipped[0].reason})" if total.skipped else ""
                raise ScanError(
                    f"none of the {plan.images} images of {order.images} can be read{reasons}; give --images a folder "
                    "of pictures, or a list of them"
                )
            if plan_hash(read_plan(folder)) != plan_hash(plan):
                raise ScanError(
                    f"another scan was begun in {folder.root} with --overwrite meanwhile: it is that one's now"
                )
            with writing(str(folder.result)):
                save_part(folder.result, total)
            write_skipped(folder.skipped, total)
            sweep(folder.parts)
            return total
        for path, reason in broken:
            progress.note(f"the partial result {path.name} is corrupt ({reason}); its images are scanned again")
            path.unlink(missing_ok=True)
        scan_missing(order, folder, plan, progress)
    raise ScanError(f"the partial results in {folder.parts} are corrupt again and again; examine that disk")


def write_skipped(path: Path, part: Part) -> None:
    listed = {"skipped": [asdict(image) for image in part.skipped], "cut": [asdict(image) for image in part.cut]}
    write_file(path, json.dumps({"version": 1, **listed}, indent=1).encode())

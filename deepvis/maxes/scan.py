"""The scan of one chunk: decode ahead, run batches, track. The same bytes wherever and whenever it runs."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.types import Fit
from deepvis.maxes.errors import ScanError
from deepvis.maxes.images import read_lines
from deepvis.maxes.network import ScanNetwork, one_torch_thread, open_network
from deepvis.maxes.parts import Part, Skipped, save_part
from deepvis.maxes.plan import ScanFolder, ScanPlan, plan_hash
from deepvis.maxes.tracker import Peaks, Tracker
from deepvis.sources.photos import PhotoError

NOT_FINITE = "the network answers with numbers that are not finite"
DECODERS = 2  # threads per forward pass in progress
AHEAD = 32  # pictures decoded ahead of the pass in progress

Advance = Callable[[int, int], None]


class Stopped(Exception):
    """The chunk was left unfinished because the scan is being stopped."""


@dataclass(frozen=True)
class ChunkTask:
    """One chunk's work, small enough to send to another machine. offset: of its first line in images.txt."""

    folder: Path
    plan: ScanPlan
    chunk: int
    offset: int
    ahead: int = AHEAD
    decoders: int = DECODERS


@dataclass(frozen=True)
class ChunkDone:
    chunk: int
    images: int
    skipped: int


def run_task(task: ChunkTask, advance: Advance | None = None, stop: threading.Event | None = None) -> ChunkDone:
    """Scan a chunk and write its partial result; in any thread, process or machine that sees the files.

    advance: told (images, skipped) after every pass. Raises ScanError, ModelError; Stopped.
    """
    plan, folder = task.plan, ScanFolder(task.folder)
    network, found = open_network(plan.model, tuple(layer.name for layer in plan.layers), plan.device)
    if found != plan.model_hash:
        raise ScanError(
            f"the model {network.model.name} has changed since the scan in {task.folder} was begun "
            f"(hash {found[:12]}, expected {plan.model_hash[:12]}); start over with --fresh"
        )
    first = task.chunk * plan.chunk
    names = read_lines(folder.images, task.offset, plan.size_of(task.chunk))
    paths = [os.path.join(plan.folder, name) for name in names]
    one_torch_thread()
    part = scan_images(
        network, plan, paths, first, ahead=task.ahead, decoders=task.decoders, advance=advance, stop=stop
    )
    try:
        save_part(folder.part(task.chunk), part)
    except OSError as error:
        raise ScanError(
            f"{folder.part(task.chunk)} could not be written ({error.strerror}); what was finished before is "
            "kept: make room and give the same command again"
        ) from error
    return ChunkDone(task.chunk, len(paths), len(part.skipped))


def scan_images(
    network: ScanNetwork,
    plan: ScanPlan,
    paths: Sequence[str],
    first: int,
    *,
    ahead: int = AHEAD,
    decoders: int = DECODERS,
    advance: Advance | None = None,
    stop: threading.Event | None = None,
) -> Part:
    """Scan ``paths``, the images ``first``, ``first`` + 1, ... of the list. Raises Stopped if so told."""
    tracker, skipped = Tracker(network.layers, plan.top), []
    rows = plan.rows
    pictures = decoded(network, paths, plan.fit, max(ahead, rows), decoders)
    try:
        for start in range(0, len(paths), rows):
            if stop is not None and stop.is_set():
                raise Stopped
            batch = [next(pictures) for _ in range(min(rows, len(paths) - start))]
            good, reasons = run_pass(network, batch, rows)
            tracker.add([first + start + row for row in good.rows], good.peaks)
            skipped += [Skipped(first + start + row, paths[start + row], why) for row, why in reasons]
            if advance is not None:
                advance(len(batch), len(reasons))
    finally:
        pictures.close()
    return Part(tracker.result(), tuple(skipped), plan.model_hash, plan_hash(plan))


@dataclass(frozen=True, eq=False)
class PassPeaks:
    """The peaks of the pictures at ``rows`` of a pass: layer -> (values (n, C), places (n, C))."""

    rows: list[int]
    peaks: dict[str, Peaks]


def run_pass(
    network: ScanNetwork, batch: Sequence[np.ndarray | str], rows: int
) -> tuple[PassPeaks, list[tuple[int, str]]]:
    """One forward pass over pictures, or reasons why there is none.

    The pass has always ``rows`` pictures, zeros where one is missing, and a picture's row is its place in the
    list: so its values do not depend on which others can be read. Returns the peaks, and (row, reason) of
    those to be skipped.
    """
    reasons = [(row, picture) for row, picture in enumerate(batch) if isinstance(picture, str)]
    good = [row for row, picture in enumerate(batch) if not isinstance(picture, str)]
    if not good:
        return PassPeaks([], {name.name: _no_peaks(name.channels) for name in network.layers}), reasons
    inputs = np.zeros((rows, *batch[good[0]].shape), np.float32)
    for row in good:
        inputs[row] = batch[row]
    peaks = network.peaks(inputs)
    finite = np.ones(rows, bool)
    for values, _ in peaks.values():
        finite &= np.isfinite(values).all(axis=1)
    reasons += [(row, "the network answers with numbers that are not finite") for row in good if not finite[row]]
    good = [row for row in good if finite[row]]
    return PassPeaks(good, {name: (v[good], p[good]) for name, (v, p) in peaks.items()}), sorted(reasons)


def _no_peaks(channels: int) -> Peaks:
    return np.zeros((0, channels), np.float32), np.zeros((0, channels), np.int32)


def decoded(
    network: ScanNetwork, paths: Sequence[str], fit: Fit, ahead: int, decoders: int = DECODERS
) -> Iterator[np.ndarray | str]:
    """The network's inputs in order, or the sentence why a photo gives none; ``ahead`` are in work."""

    def one(path: str) -> np.ndarray | str:
        try:
            return network.picture(path, fit)
        except PhotoError as error:
            return str(error)

    with ThreadPoolExecutor(decoders, thread_name_prefix="decode") as pool:
        waiting: deque[Future[np.ndarray | str]] = deque()
        try:
            for path in paths:
                waiting.append(pool.submit(one, path))
                if len(waiting) >= ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

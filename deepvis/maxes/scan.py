"""The scan of one chunk: decode ahead, run batches, track. The same bytes wherever and whenever it runs."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.types import Fit
from deepvis.maxes.errors import ScanError
from deepvis.maxes.executor import Advance, Done, Stopped
from deepvis.maxes.images import read_lines
from deepvis.maxes.network import ScanNetwork, one_torch_thread, open_network
from deepvis.maxes.parts import Part, Skipped, save_part
from deepvis.maxes.plan import ScanFolder, ScanPlan, plan_hash
from deepvis.maxes.tracker import Peaks, Tracker
from deepvis.sources.photos import PhotoError

Decoded = np.ndarray | str  # a network's input (C, H, W) float32, or why there is none
NOT_FINITE = "the network answers with numbers that are not finite"
DECODERS = 2  # threads per forward pass in progress
AHEAD = 32  # pictures decoded ahead of the pass in progress


@dataclass(frozen=True)
class ChunkTask:
    """One chunk's work. offset: of its first line in images.txt, in bytes."""

    folder: Path
    plan: ScanPlan
    chunk: int
    offset: int
    ahead: int = AHEAD
    decoders: int = DECODERS

    @property
    def title(self) -> str:
        return f"chunk {self.chunk}"

    def run(self, advance: Advance | None = None, stop: threading.Event | None = None) -> Done:
        """Scan the chunk and write its partial result, wherever the files can be seen.

        Raises ScanError, ModelError; Stopped.
        """
        plan, folder = self.plan, ScanFolder(self.folder)
        network, found = open_network(plan.model, tuple(layer.name for layer in plan.layers), plan.device)
        if found != plan.model_hash:
            raise ScanError(
                f"the model {network.model.name} has changed since the scan in {self.folder} was begun "
                f"(hash {found[:12]}, expected {plan.model_hash[:12]}); start over with --fresh"
            )
        names = read_lines(folder.images, self.offset, plan.size_of(self.chunk))
        paths = [os.path.join(plan.folder, name) for name in names]
        one_torch_thread()
        part = scan_images(
            network,
            plan,
            paths,
            self.chunk * plan.chunk,
            ahead=self.ahead,
            decoders=self.decoders,
            advance=advance,
            stop=stop,
        )
        write_part(folder.part(self.chunk), part)
        return Done(len(paths), len(part.skipped))


def write_part(path: Path, part: Part) -> None:
    """Raises ScanError where the disk refuses."""
    try:
        save_part(path, part)
    except OSError as error:
        raise ScanError(
            f"{path} could not be written ({error.strerror}); what was finished before is kept: make room and "
            "give the same command again"
        ) from error


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
            good, peaks, reasons = run_pass(network, batch, rows)
            tracker.add([first + start + row for row in good], good, peaks)
            skipped += [Skipped(first + start + row, paths[start + row], why) for row, why in reasons]
            if advance is not None:
                advance(len(batch), len(reasons))
    finally:
        pictures.close()
    return Part(tracker.result(), tuple(skipped), plan.model_hash, plan_hash(plan))


def run_pass(
    network: ScanNetwork, batch: Sequence[Decoded], rows: int
) -> tuple[list[int], dict[str, Peaks], list[tuple[int, str]]]:
    """One forward pass over pictures, or reasons why there is none.

    The pass has always ``rows`` pictures, zeros where one is missing, and a picture's row is its place in the
    list: so its values do not depend on which others can be read. Returns the rows that are to be tracked, the
    peaks of all rows, and (row, reason) of those to be skipped.
    """
    reasons = [(row, picture) for row, picture in enumerate(batch) if isinstance(picture, str)]
    pictures = {row: picture for row, picture in enumerate(batch) if not isinstance(picture, str)}
    if not pictures:
        return [], {}, reasons
    inputs = np.zeros((rows, *network.input_shape), np.float32)
    for row, picture in pictures.items():
        inputs[row] = picture
    peaks = network.peaks(inputs)
    finite = np.ones(rows, bool)
    for layer in peaks.values():
        finite &= np.isfinite(layer.values).all(axis=1)
    reasons += [(row, NOT_FINITE) for row in pictures if not finite[row]]
    return [row for row in pictures if finite[row]], peaks, sorted(reasons)


def decoded(
    network: ScanNetwork, paths: Sequence[str], fit: Fit, ahead: int, decoders: int = DECODERS
) -> Generator[Decoded, None, None]:
    """The network's inputs in order, or the sentence why a photo gives none; ``ahead`` are in work."""

    def one(path: str) -> Decoded:
        try:
            return network.picture(path, fit)
        except PhotoError as error:
            return str(error)

    with ThreadPoolExecutor(decoders, thread_name_prefix="decode") as pool:
        waiting: deque[Future[Decoded]] = deque()
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

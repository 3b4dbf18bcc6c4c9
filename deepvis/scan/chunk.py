"""The scan of one chunk: decode ahead, run batches, track. The same bytes wherever and whenever it runs."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepvis.core.types import Fit
from deepvis.jobs.ordered import in_order
from deepvis.jobs.pool import Stopped
from deepvis.jobs.progress import Progress
from deepvis.scan.images import read_lines
from deepvis.scan.network import ScanNetwork, network_of_identity, one_torch_thread
from deepvis.scan.parts import FaultyImage, Part, save_part
from deepvis.scan.plan import ScanFolder, ScanPlan, plan_hash
from deepvis.scan.scan_error import writing
from deepvis.scan.tracker import Peaks, Tracker, usable
from deepvis.sources.photos import PhotoError, load_photo

NOT_FINITE = "the network answers {} with numbers that are not finite"
CUT = "{} is cut short: what there is of it was used"
DECODERS = 1  # threads for each forward pass in work
AHEAD = 32  # pictures decoded ahead of the pass in work, in whole passes


@dataclass(frozen=True)
class ChunkTask:
    """One chunk's work. device: "cpu", "cuda:1". offset: of its first line in images.txt, in bytes. part: its file."""

    folder: Path
    plan: ScanPlan
    device: str
    chunk: int
    offset: int
    part: Path
    ahead: int = AHEAD
    decoders: int = DECODERS

    @property
    def title(self) -> str:
        return f"chunk {self.chunk}"

    def run(self, watch: Progress | None = None) -> tuple[int, int]:
        """Scan the chunk and write its partial result, wherever the files can be seen; (images, skipped).

        Raises ScanError, ModelError; Stopped.
        """
        plan, folder = self.plan, ScanFolder(self.folder)
        layers = tuple(layer.name for layer in plan.layers)
        network = network_of_identity(plan.network, plan.identity, layers, self.device)
        names = read_lines(folder.images, self.offset, plan.size_of(self.chunk))
        paths = [os.path.join(plan.folder, name) for name in names]
        one_torch_thread()
        first = self.chunk * plan.chunk
        part = scan_images(network, plan, paths, first, ahead=self.ahead, decoders=self.decoders, watch=watch)
        with writing(str(self.part)):
            save_part(self.part, part)
        return len(paths), len(part.skipped)


def scan_images(
    network: ScanNetwork,
    plan: ScanPlan,
    paths: Sequence[str],
    first: int,
    *,
    ahead: int = AHEAD,
    decoders: int = DECODERS,
    watch: Progress | None = None,
) -> Part:
    """Scan ``paths``, the images ``first``, ``first`` + 1, ... of the list. Raises Stopped where the watch is."""
    tracker = Tracker(network.layers, plan.top)
    skipped: list[FaultyImage] = []
    cut: list[FaultyImage] = []
    batches = read_ahead(network, plan, paths, max(ahead // plan.rows, decoders), decoders)
    with closing(batches):
        for start, batch in zip(range(0, len(paths), plan.rows), batches, strict=True):
            if watch is not None and watch.stopping.is_set():
                raise Stopped
            peaks, unused = run_pass(network, batch, tracker.limits())
            good = [row for row in range(len(batch.paths)) if row not in unused]
            tracker.add([first + start + row for row in good], good, peaks)
            for row, path in enumerate(batch.paths):
                if row in unused:
                    skipped.append(FaultyImage(first + start + row, path, unused[row]))
                elif row in batch.cut:
                    cut.append(FaultyImage(first + start + row, path, CUT.format(path)))
            if watch is not None:
                watch.advance(len(batch.paths), len(unused))
    return Part(tracker.result(), tuple(skipped), plan.identity, plan_hash(plan), tuple(cut))


@dataclass(frozen=True, eq=False)
class Batch:
    """The pictures of a forward pass.

    inputs: (rows, C, H, W) float32; a picture's row is its place in the list, zeros where it cannot be read and
    beyond the last of ``paths``: so no value depends on which others can be read. unread: row -> why. cut: rows of
    pictures whose files end too early.
    """

    inputs: np.ndarray
    paths: Sequence[str]
    unread: dict[int, str]
    cut: frozenset[int]


def read_batch(network: ScanNetwork, paths: Sequence[str], rows: int, fit: Fit) -> Batch:
    """Decode and fit at most ``rows`` photos."""
    inputs = np.zeros((rows, *network.model.preprocessor.input_shape), np.float32)
    unread, cut = {}, set()
    for row, path in enumerate(paths):
        try:
            photo = load_photo(path)
        except PhotoError as error:
            unread[row] = str(error)
            continue
        inputs[row] = network.model.preprocessor.to_input(photo.rgb, fit)
        if photo.is_cut:
            cut.add(row)
    return Batch(inputs, paths, unread, frozenset(cut))


def read_ahead(
    network: ScanNetwork, plan: ScanPlan, paths: Sequence[str], batches_ahead: int, decoders: int
) -> Generator[Batch, None, None]:
    """The batches in order; ``batches_ahead`` of them are in work or ready, in so many threads."""
    starts = range(0, len(paths), plan.rows)

    def read(start: int) -> Batch:
        return read_batch(network, paths[start : start + plan.rows], plan.rows, plan.fit)

    return in_order(read, starts, decoders, batches_ahead, "decode")


def run_pass(
    network: ScanNetwork, batch: Batch, limits: Mapping[str, np.ndarray]
) -> tuple[dict[str, Peaks], dict[int, str]]:
    """The peaks of a forward pass, and row -> why for those that are to be skipped."""
    unused = dict(batch.unread)
    if len(unused) == len(batch.paths):
        return {}, unused
    peaks = network.peaks(batch.inputs, limits)
    for row in map(int, np.flatnonzero(~usable(peaks, len(batch.inputs))[: len(batch.paths)])):
        unused.setdefault(row, NOT_FINITE.format(batch.paths[row]))
    return peaks, unused

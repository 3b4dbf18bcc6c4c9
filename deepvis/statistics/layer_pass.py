"""A batch of photos through the network: the sums of every layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from deepvis.core.types import Fit
from deepvis.scan.chunk import CUT, NOT_FINITE, read_batch
from deepvis.scan.network import ScanNetwork, one_torch_thread
from deepvis.scan.parts import FaultyImage
from deepvis.statistics.batch_sums import absent_rows, joint_sums, maps_of, unit_sums, unusable_rows
from deepvis.statistics.statistics_error import StatisticsError
from deepvis.statistics.unit_sums import JointSums, UnitSums, no_joint_sums, no_unit_sums


@dataclass(frozen=True, eq=False)
class BatchSums:
    """Of a batch: the sums of each layer, in the plan's order, and the photos that could not be used, or not whole."""

    images: int
    units: tuple[UnitSums, ...]
    joint: tuple[JointSums | None, ...]
    skipped: tuple[FaultyImage, ...]
    cut: tuple[FaultyImage, ...]


class NotFinite(Exception):
    """rows: photos of the batch that the network answers with numbers that are not finite."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = rows


def batch_sums(
    network: ScanNetwork, paths: Sequence[str], first: int, fit: Fit, correlated: Mapping[str, bool]
) -> BatchSums:
    """Read the photos ``paths``, which are ``first``, ``first`` + 1, ... of the list, and run them.

    correlated: layer -> are the correlations of its units computed? The same bits whenever it runs. Raises ModelError,
    StatisticsError.
    """
    one_torch_thread()
    batch = read_batch(network, paths, network.rows, fit)
    unused = dict(batch.unread)
    while True:
        good = [row for row in range(len(paths)) if row not in unused]
        try:
            units, joint = _layer_sums(network, batch.inputs, good, correlated)
            break
        except NotFinite as fault:  # once more without them: what is added up cannot be taken off again
            unused.update({row: NOT_FINITE.format(paths[row]) for row in fault.rows})
    return BatchSums(
        len(paths),
        units,
        joint,
        tuple(FaultyImage(first + row, paths[row], unused[row]) for row in sorted(unused)),
        tuple(FaultyImage(first + row, paths[row], CUT.format(paths[row])) for row in sorted(batch.cut - set(unused))),
    )


@torch.no_grad()
def _layer_sums(
    network: ScanNetwork, inputs: object, good: Sequence[int], correlated: Mapping[str, bool]
) -> tuple[tuple[UnitSums, ...], tuple[JointSums | None, ...]]:
    """The sums of the rows ``good``, by layer. Raises NotFinite."""
    sizes = {layer.name: layer.channels for layer in network.layers}
    units = {name: no_unit_sums(size) for name, size in sizes.items()}
    joint = {name: no_joint_sums(sizes[name]) if each else None for name, each in correlated.items()}
    if good:
        for name, blob in network.net.iter_values(network.inputs(inputs), sizes.keys()):  # type: ignore[arg-type]
            if blob.shape[0] != network.rows:
                raise StatisticsError(
                    f"layer {name!r} gives {blob.shape[0]} rows for {network.rows} pictures, expected one each; name "
                    "the other layers with --layers"
                )
            maps = maps_of(blob)
            rows = _rows_of(maps, good, has_paths=network.net.graph.has_paths)
            if not rows:
                continue
            own = maps if len(rows) == len(maps) else maps[rows]
            units[name] = unit_sums(own)
            if correlated[name]:
                joint[name] = joint_sums(own)
    return tuple(units.values()), tuple(joint[name] for name in units)


def _rows_of(maps: torch.Tensor, good: Sequence[int], *, has_paths: bool) -> list[int]:
    """The rows of ``good`` that come by a layer. Raises NotFinite."""
    absent = set(absent_rows(maps)) if has_paths else set()
    rows = [row for row in good if row not in absent]
    if rows and (faulty := unusable_rows(maps, rows)):
        raise NotFinite(faulty)
    return rows

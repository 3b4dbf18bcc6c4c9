"""The gradient of single units at the pixels: how its power lies over frequencies, and by which filters it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from deepvis.core.types import Fit
from deepvis.network.graph import Graph
from deepvis.network.kinds import Kind
from deepvis.network.tape import Tape
from deepvis.scan.chunk import read_batch
from deepvis.scan.network import ScanNetwork, one_torch_thread
from deepvis.statistics.batch_sums import maps_of
from deepvis.statistics.first_convolution import FirstConvolution
from deepvis.statistics.frequencies import picture_power
from deepvis.statistics.running_sums import GradientSums, add_gradients, no_gradient_sums

ROWS = 8  # photos of a pass: its values are all held for the way back
UNITS = 4  # of each layer for each photo
LATER_LAYERS = 4  # besides the one that reads the first convolution
NO_UNITS_OF_THEIR_OWN = frozenset((Kind.SOFTMAX, Kind.POOLING, Kind.NORMALIZATION, Kind.IDENTITY))


@dataclass(frozen=True)
class GradientJob:
    """layers: whose units are looked at. first: the value of the first convolution, "" for none. channels: of it."""

    layers: tuple[str, ...]
    first: str
    channels: int
    photos: int
    fit: Fit


def gradient_layers(graph: Graph, names: Sequence[str], first: FirstConvolution | None) -> tuple[str, ...]:
    """The layer that reads the first convolution, and some of ``names`` beyond it, evenly spread, the last among them.

    Probabilities are left out: where a class is certain their gradient vanishes; poolings and normalizations too.
    """
    begin = first.behind if first is not None else 0
    later = [name for name in names if _is_beyond(graph, name, begin)]
    chosen = [later[max((n + 1) * len(later) // LATER_LAYERS - 1, 0)] for n in range(LATER_LAYERS)] if later else []
    return tuple(dict.fromkeys([*(first.readers[:1] if first is not None else ()), *chosen]))


def _is_beyond(graph: Graph, name: str, begin: int) -> bool:
    maker = graph.maker[graph.last(name)]
    return maker > begin and graph.nodes[maker].kind not in NO_UNITS_OF_THEIR_OWN


def gradient_sums(network: ScanNetwork, job: GradientJob, paths: Sequence[str], start: int) -> GradientSums:
    """Of at most ``ROWS`` photos, the ``start``th of the job's and those after it. Raises ModelError.

    Each photo is taken with ``UNITS`` units of each layer, so that all photos together are spread over the layer. A
    unit is its channel at its highest place in that photo.
    """
    one_torch_thread()
    batch = read_batch(network, paths, len(paths), job.fit)
    good = [row for row in range(len(paths)) if row not in batch.unread]
    total = no_gradient_sums(len(job.layers), job.channels)
    if not good:
        return total
    pictures = batch.inputs[good]
    inputs = network.inputs(pictures)
    tape = network.net.forward(inputs)
    seen, power = _shares(picture_power(pictures.astype(np.float64)))
    total = add_gradients(total, _with(total, photos=int(seen.sum()), photo_power=power))
    for index, layer in enumerate(job.layers):
        for turn in range(UNITS):
            numbers = [(start + row) * UNITS + turn for row in good]
            found = _one_walk(tape, network.model.data_blob, job, index, layer, numbers)
            total = add_gradients(total, found)
    return total


def _one_walk(tape: Tape, data: str, job: GradientJob, index: int, layer: str, numbers: Sequence[int]) -> GradientSums:
    """The gradients of one unit a photo. numbers: of the units, of all that are taken from the layer."""
    nothing = no_gradient_sums(len(job.layers), job.channels)
    diffs = tape.backward(layer, seed_of(tape.blobs[layer], numbers, job.photos * UNITS))
    pixels = diffs[data].double().cpu().numpy()
    fine, power = _shares(picture_power(pixels))
    channels = np.zeros(job.channels)
    if job.first in diffs:
        arrived = (maps_of(diffs[job.first]).double() ** 2).mean((2, 3)).cpu().numpy()
        channels = _shares(np.where(fine[:, None], arrived, 0.0))[1]
    return _with(nothing, index=index, samples=int(fine.sum()), power=power, channels=channels)


def seed_of(blob: torch.Tensor, numbers: Sequence[int], total: int) -> torch.Tensor:
    """1 at one place of one unit of each photo, 0 elsewhere, in the blob's shape."""
    maps = maps_of(blob)
    seed = torch.zeros_like(maps)
    height, width = maps.shape[2:]
    for row, number in enumerate(numbers):
        channel = number * maps.shape[1] // total
        own = maps[row, channel]
        is_flat = bool(own.amax() == own.amin())
        place = (height // 2) * width + width // 2 if is_flat else int(own.flatten().argmax())
        seed[row, channel, place // width, place % width] = 1.0
    return seed.reshape(blob.shape)


def _shares(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, n) -> which rows have a sum above 0, and the sum over these of their shares, (n,)."""
    sums = values.sum(axis=1)
    fine = np.isfinite(sums) & (sums > 0)
    return fine, (values[fine] / sums[fine, None]).sum(axis=0)


def _with(
    nothing: GradientSums,
    *,
    index: int = 0,
    photos: int = 0,
    photo_power: np.ndarray | float = 0.0,
    samples: int = 0,
    power: np.ndarray | float = 0.0,
    channels: np.ndarray | float = 0.0,
) -> GradientSums:
    """Sums of one layer among zeros."""
    arrays = [nothing.samples.copy(), nothing.power.copy(), nothing.channels.copy()]
    if len(arrays[0]):
        for array, value in zip(arrays, (samples, power, channels), strict=True):
            array[index] = value
    return GradientSums(photos, nothing.photo_power + photo_power, *arrays)

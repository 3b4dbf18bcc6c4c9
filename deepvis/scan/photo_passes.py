"""Passes of photos through a network as far as one unit's layer: its map for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from deepvis.core.interventions import Intervention
from deepvis.core.photo_answers import PhotoAnswer
from deepvis.core.types import Fit, Unit
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.maps import as_maps
from deepvis.scan.network import ScanNetwork
from deepvis.scan.scan_error import ScanError
from deepvis.sources.photos import PhotoError, load_rgb

NOT_FINITE = "the network answers {} with numbers that are not finite"


class PhotoPasses:
    """Passes photos through a network as far as a unit's layer. Raises ScanError for a unit that is not there.

    interventions: what is done to units in every photo; those of later layers change nothing here.
    """

    def __init__(self, network: ScanNetwork, unit: Unit, interventions: Sequence[Intervention] = ()) -> None:
        found = next((layer for layer in network.layers if layer.name == unit.layer), None)
        if found is None:
            raise ScanError(f"{network.model.name} gives no row of {unit.layer} for each photo")
        if not 0 <= unit.channel < found.channels:
            raise ScanError(
                f"{unit.layer} has the units 0 to {found.channels - 1}, there is no unit {unit.channel}; name another"
            )
        self._network, self.unit, self.shape = network, unit, (found.height, found.width)
        self._interventions = tuple(interventions)

    def run(self, paths: Sequence[str], first: int, fit: Fit = Fit.CROP) -> tuple[list[PhotoAnswer], list[str]]:
        """The answers to the photos first, first + 1, ... of the list, in one pass; and why others have none."""
        pictures, skipped, read = self._network.model.preprocessor, [], []
        for index, path in enumerate(paths, first):
            try:
                read.append((index, path, pictures.crop(load_rgb(path), fit)))
            except PhotoError as error:
                skipped.append(str(error))
        if not read:
            return [], skipped
        maps = self._maps(np.stack([pictures.normalised(rgb) for _, _, rgb in read]))
        answers = []
        for (index, path, rgb), map_hw in zip(read, maps, strict=True):
            if not np.isfinite(map_hw).all():
                skipped.append(NOT_FINITE.format(path))
                continue
            row, col = divmod(int(map_hw.argmax()), map_hw.shape[1])
            answers.append(PhotoAnswer(index, path, float(map_hw[row, col]), (row, col), map_hw, rgb))
        return answers, skipped

    def _maps(self, x: np.ndarray) -> list[np.ndarray]:
        layer, channel = self.unit.layer, self.unit.channel
        blob = (self._intervened(x) if self._interventions else self._plain(x)).detach()
        if len(blob) != len(x):
            raise ScanError(f"layer {layer!r} gives {len(blob)} rows for {len(x)} photos, expected one each")
        return [np.array(as_maps(blob[row : row + 1].cpu().numpy())[channel], np.float32) for row in range(len(x))]

    def _plain(self, x: np.ndarray) -> Tensor:
        """The values of the unit's layer."""
        values = self._network.net.iter_values(self._network.inputs(x), {self.unit.layer})
        return [blob for name, blob in values if name == self.unit.layer][-1]

    def _intervened(self, x: np.ndarray) -> Tensor:
        """The same with the interventions: what depends on them is run once more."""
        net, layer = self._network.net, self.unit.layer
        shown = {layer, *(each.unit.layer for each in self._interventions)}
        tape = net.forward(self._network.inputs(x), until=layer, shown=shown)
        on_the_way = [each for each in self._interventions if each.unit.layer in tape.blobs]
        if on_the_way:
            tape = intervened_net(net, tape, on_the_way).rerun(tape, until=layer, shown=shown)
        return tape.blobs[layer]

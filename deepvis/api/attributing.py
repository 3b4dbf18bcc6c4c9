"""An attribution of a photo, all steps of it."""

from __future__ import annotations

import numpy as np

import deepvis.attribution.methods  # noqa: F401  (fills the table)
from deepvis.api.notebook import AttributionMap
from deepvis.attribution.graph_function import GraphFunction
from deepvis.core.attribution_pictures import attribution_codes, colours_of, enlarged, laid_on
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.nearest import nearest
from deepvis.core.state import OVERLAYS, ColourMap
from deepvis.core.types import Unit
from deepvis.network.model_error import ModelError
from deepvis.scan.network import ScanNetwork


def attributed(
    network: ScanNetwork, x: np.ndarray, unit: Unit, method: str, position: tuple[int, int] | None, maps: str
) -> AttributionMap:
    """x: (C, H, W) float32, the network's own input. Raises ModelError."""
    row = ATTRIBUTIONS.get(method)
    if row is None:
        hint = nearest(str(method), ATTRIBUTIONS, f"there are: {', '.join(ATTRIBUTIONS)}")
        raise ModelError(f"there is no attribution method {method!r}; {hint}")
    model, inputs = network.model, network.inputs(x[np.newaxis])
    others = {name: value for name, value in inputs.items() if name != model.data_blob}
    tape = network.net.forward(inputs, until=unit.layer)
    try:
        function = GraphFunction(network.net, model, others, tape, unit, position=position, layer=maps)
        *_, last = row.run(function)
    except (RuntimeError, MemoryError) as error:  # RuntimeError: PyTorch's
        raise ModelError(f"{row.title} of {unit.layer} {unit.channel}: {error}") from error
    codes = attribution_codes(enlarged(last.values, *x.shape[1:]), is_signed=row.is_signed)
    colours, _ = colours_of(codes, ColourMap.SIGNED if row.is_signed else ColourMap.MAGMA)
    rgb = laid_on(model.preprocessor.to_rgb(x), colours, OVERLAYS[-1])
    return AttributionMap(last.values, rgb, method, function.layer, unit.channel, last.layer, last.note)

"""The layers of a gallery: what the network's graph says of each, and the folder that its pages get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepvis.core.nearest import nearest
from deepvis.core.types import LayerInfo
from deepvis.core.unit_files import file_name
from deepvis.gallery.gallery_error import GalleryError
from deepvis.live.showing import net_info
from deepvis.models.model import Model
from deepvis.network.field import receptive_field
from deepvis.network.field_rules import image_size
from deepvis.network.model_error import ModelError
from deepvis.network.shapes import infer_shapes

TAKEN = frozenset({"assets", "index.html", "all-units.html", "true-sizes.html", "gallery.json"})  # in the output
Shapes = Mapping[str, tuple[int, ...]]
Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels of the input, half open


@dataclass(frozen=True)
class GalleryLayer:
    """A layer that has pages."""

    info: LayerInfo
    folder: str  # of its pages, in the output
    field: Box | None  # what the unit in the middle of its map sees, inside the input; None: not known
    labels: tuple[str, ...]  # of the classes that its units are, () for others
    borrowers: tuple[str, ...]  # listed layers that show this one's pictures: pooled, normalized

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def units(self) -> int:
        return self.info.channels

    def label(self, channel: int) -> str:
        """The class that a unit is; "" for others."""
        return self.labels[channel] if channel < len(self.labels) else ""

    def short_label(self, channel: int) -> str:
        """The first of the class's names."""
        return self.label(channel).partition(",")[0]


@dataclass(frozen=True, eq=False)
class GalleryLayers:
    """of_pages: in order. missing: a sentence for each listed layer that nothing here can run. shapes: of values."""

    of_pages: tuple[GalleryLayer, ...]
    missing: tuple[str, ...]
    shapes: Shapes


def gallery_layers(model: Model, chosen: Sequence[str] = ()) -> GalleryLayers:
    """Those that are chosen, else those of the window's list that do not borrow another's pictures.

    Reads the weights. Raises ModelError; GalleryError for a layer that the network has not.
    """
    graph = model.graph
    shapes = infer_shapes(graph, graph.inputs)
    info = net_info(model, shapes, "", unavailable=graph.unavailable)
    by_name = {layer.name: layer for layer in info.layers}
    for name in chosen:
        if name not in by_name or by_name[name].missing:
            said = by_name[name].missing_words if name in by_name else ""
            hint = said or nearest(name, by_name, f"there are: {', '.join(model.layer_names)}")
            raise GalleryError(f"the network {model.name} has no layer {name!r} for a gallery; {hint}")
    listed = [by_name[name] for name in model.layer_names if name in by_name]
    there = [layer for layer in listed if not layer.missing]
    names = set(chosen) or {layer.name for layer in there}
    own = [
        layer
        for layer in info.layers
        if layer.name in names and (layer.name in chosen or layer.images_of not in names - {layer.name})
    ]
    folders = folder_names([layer.name for layer in own])
    pages = tuple(
        GalleryLayer(
            layer,
            folders[layer.name],
            _field(model, shapes, layer.name),
            tuple(model.labels[: layer.channels]) if layer.name in model.label_layers else (),
            tuple(each.name for each in there if each.images_of == layer.name != each.name and each.name not in chosen),
        )
        for layer in own
    )
    unavailable = [layer.missing_words for layer in info.layers if layer.missing and not layer.is_minor]
    return GalleryLayers(pages, () if chosen else tuple(unavailable), shapes)


def folder_names(layers: Sequence[str]) -> dict[str, str]:
    """Layer -> folder, no two alike, also where capitals do not count: ``a/b`` and ``a-b`` -> ``a-b``, ``a-b~2``."""
    found: dict[str, str] = {}
    taken = set(TAKEN)
    for layer in layers:
        plain = name = file_name(layer)
        number = 2
        while name.lower() in taken:
            name, number = f"{plain}~{number}", number + 1
        taken.add(name.lower())
        found[layer] = name
    return found


def _field(model: Model, shapes: Shapes, layer: str) -> Box | None:
    height, width = model.preprocessor.size
    try:
        rows, cols = image_size(shapes[layer])
        found = receptive_field(model.graph, shapes, layer, rows // 2, cols // 2, model.data_blob)
    except ModelError:
        return None
    box = found.clamped(height, width)
    return (box.top, box.left, box.bottom, box.right) if box.height > 0 and box.width > 0 else None

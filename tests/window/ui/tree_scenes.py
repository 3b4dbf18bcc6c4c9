"""A vision transformer's layer list and its tokens as maps, in the largest window: waves, as in scenes.py."""

from __future__ import annotations

from collections.abc import Iterator

from deepvis.core.state import AppState, Cursor, ViewState
from deepvis.core.types import LayerInfo, NetInfo, NetRequest, PassSeconds, Snapshot
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.scene import Scene, Status

SIZE = (1440, 2560)  # (height, width) of the window
WIDTH, HEADS, GRID = 192, 3, 14
BLOCKS = 12


def layers() -> Iterator[LayerInfo]:
    yield LayerInfo("patch_embed", "Conv2d", WIDTH, GRID, GRID)
    for number in range(BLOCKS):
        block = f"blocks.{number}"
        within = {"inside": (block,)}
        yield LayerInfo(f"{block}.norm1", "LayerNorm", WIDTH, GRID, GRID, "norm1", **within)
        yield LayerInfo(
            f"{block}.attn.softmax", "attention, of the class token", HEADS, GRID, GRID, "softmax", **within
        )
        yield LayerInfo(f"{block}.attn", "Attention", WIDTH, GRID, GRID, "attn", **within)
        yield LayerInfo(f"{block}.mlp", "Mlp", WIDTH, GRID, GRID, "mlp", **within)
        yield LayerInfo(block, "Block", WIDTH, GRID, GRID, block, folds=(block,))
        yield LayerInfo(f"{block} [class token]", "Block", WIDTH, 1, 1, f"{block} [class token]", **within)
    yield LayerInfo("norm", "LayerNorm", WIDTH, GRID, GRID)
    yield LayerInfo("head", "Linear", 10, 1, 1)
    yield LayerInfo("prob", "Softmax", 10, 1, 1)


LAYERS = tuple(layers())
GROUPS = tuple(0 if each.name == "patch_embed" else 1 if "blocks" in each.name else 2 for each in LAYERS)
OPENED = "blocks.4"


def tokens_scene(name: str) -> Scene:
    """With the layer of that name selected, and one block opened."""
    from tests.window.ui.scenes import COMMANDS, ids, make_frame, photo, waves

    info = NetInfo("vit", LAYERS, (3, 224, 224), prob_layer="prob", groups=GROUPS, device="cpu")
    index = next(place for place, layer in enumerate(LAYERS) if layer.name == name)
    view = ViewState(index, 7, Cursor.UNITS, opened=frozenset({OPENED}))
    frame, layer = make_frame(4), LAYERS[index]
    acts = {name: waves(layer.channels, layer.height, layer.width, 4.0)}
    snapshot = Snapshot(next(ids), NetRequest(frame), acts, {}, None, photo(224, 224, 4), PassSeconds(0.0364, 0))
    return Scene(AppState(info, view), layout_for(info, *SIZE), frame, snapshot, status=Status(), commands=COMMANDS)

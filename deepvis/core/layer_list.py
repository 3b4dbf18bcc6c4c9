"""The layer list as a tree that folds: which layers are in it, and what opens and closes. Pure.

A layer that stands for a block has the block's name in its ``folds``; those in the block have it in their ``inside``.
"""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.state import AppState, ViewState
from deepvis.core.types import LayerInfo, NetInfo


def listed(info: NetInfo, view: ViewState) -> tuple[int, ...]:
    """Indices of the layers that are in the list now, in order."""
    key = (view.opened, view.all_layers)
    if key not in info.lists:
        if len(info.lists) > 64:
            info.lists.clear()
        info.lists[key] = tuple(i for i, layer in enumerate(info.layers) if _is_listed(layer, view))
    return info.lists[key]


def _is_listed(layer: LayerInfo, view: ViewState) -> bool:
    return view.all_layers or (not layer.is_minor and view.opened.issuperset(layer.inside))


def beside(state: AppState, distance: int) -> int:
    """The index of the layer so many names further in the list; the first or last one beyond its ends."""
    names = listed(state.info, state.view)
    place = sum(index < state.view.layer_index for index in names)
    return names[min(max(place + distance, 0), len(names) - 1)] if names else 0


def revealed(info: NetInfo, view: ViewState, index: int) -> ViewState:
    """The view with the blocks open that a layer lies in, and with all operators if it is one of those."""
    if index in listed(info, view):
        return view
    layer = info.layers[index]
    return replace(view, opened=view.opened | set(layer.inside), all_layers=view.all_layers or layer.is_minor)


def described(state: AppState, info: NetInfo) -> AppState:
    """The state once the network is described: the layers are the same by name, and more may have joined them."""
    place = {layer.name: index for index, layer in enumerate(info.layers)}

    def shown_alike(view: ViewState) -> ViewState:
        name = state.info.layers[min(view.layer_index, len(state.info.layers) - 1)].name
        index = place.get(name, min(view.layer_index, len(info.layers) - 1))
        shown = replace(view, layer_index=index)
        return selected_in(info, shown) if name not in place else revealed(info, shown, index)

    return replace(state, info=info, view=shown_alike(state.view), initial_view=shown_alike(state.initial_view))


def is_open(view: ViewState, layer: LayerInfo) -> bool | None:
    """Is all that the layer stands for open? None where it stands for itself alone."""
    return view.opened.issuperset(layer.folds) if layer.folds else None


def folded(info: NetInfo, view: ViewState, index: int) -> ViewState | None:
    """The view after the block at a layer was opened, or else the one that it lies in was closed.

    None where there is nothing to open or close. A layer that goes with its block gives way to the one that stands
    for the block.
    """
    layer = info.layers[index]
    closed = [block for block in layer.folds if block not in view.opened]
    if closed:
        return replace(view, opened=view.opened | {closed[0]})
    around = [block for block in (*layer.inside, *layer.folds) if block in view.opened]
    if not around:
        return None
    within = {block for each in info.layers if around[-1] in each.inside for block in each.folds}
    after = replace(view, opened=view.opened - {around[-1]} - within)
    return selected_in(info, after, around[-1])


def selected_in(info: NetInfo, view: ViewState, block: str = "") -> ViewState:
    """The view with a layer selected that is in the list: the one that stands for the block, or else the one before."""
    names = listed(info, view)
    if view.layer_index in names or not names:
        return view
    blocks = (block, *reversed(info.layers[min(view.layer_index, len(info.layers) - 1)].inside))
    heads = [index for each in blocks for index in names if each in info.layers[index].folds]
    before = [index for index in names if index < view.layer_index]
    return replace(view, layer_index=(heads or before[-1:] or [names[0]])[0])

"""What is said of a unit in the current and in the pinned frame, and of that frame. Pure; no drawing."""

from __future__ import annotations

from deepvis.core.compared import TilesOf
from deepvis.window.ui.compared_values import both_values
from deepvis.window.ui.pinned_strip import pinned_classes
from deepvis.window.ui.readings import number, signed
from deepvis.window.ui.regions import Tip
from deepvis.window.ui.scene import Scene

TILES = {
    TilesOf.CURRENT: "click or Q: the tiles show the pinned frame",
    TilesOf.PINNED: "click or Q: the tiles show the difference",
    TilesOf.DIFFERENCE: "click or Q: the tiles show the current frame again",
}


def two_values(scene: Scene, channel: int, cell: tuple[int, int] | None = None) -> tuple[float, float] | None:
    """A unit's value now and in the pinned frame: the largest of its map, or in a cell (row, col)."""
    both = both_values(scene)
    if both is None or channel >= len(both[0]):
        return None
    if cell is None:
        return float(both[0][channel].max()), float(both[1][channel].max())
    return float(both[0][channel][cell]), float(both[1][channel][cell])


def compared_words(scene: Scene, channel: int, cell: tuple[int, int] | None = None) -> str:
    """ "now 12.3, pinned 4.50, difference +7.80"; "" while no frame is pinned. cell: there, not the largest values."""
    two = two_values(scene, channel, cell)
    if two is None:
        return ""
    what = "" if cell is not None or scene.state.layer.height * scene.state.layer.width == 1 else "max "
    return f"{what}now {number(two[0])}, pinned {number(two[1])}, difference {signed(two[0] - two[1])}"


def compared_note(scene: Scene, channel: int) -> str:
    """ "12.3 now, 4.50 pinned, +7.80" beside the unit's name."""
    two = two_values(scene, channel)
    return "" if two is None else f"{number(two[0])} now, {number(two[1])} pinned, {signed(two[0] - two[1])}"


def pinned_tip(scene: Scene) -> Tip | None:
    """Of the pinned frame: its file, its classes, what the keys do with it."""
    compared = scene.state.view.compared
    if compared is None:
        return None
    classes = [f"{name} {100 * probability:.1f} %" for name, probability in pinned_classes(scene, 5)]
    lines = [compared.frame.path or "", *classes, TILES[compared.tiles], "O: what differs most first", "Esc: free it"]
    return Tip(f"Pinned: {compared.name}", tuple(filter(None, lines)))

"""What a layer's units contribute to the unit that is asked why, in numbers and words. Pure; no drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepvis.core.types import Contributions, Unit, summed
from deepvis.core.why import chain_words
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.readings import label_of, number, signed
from deepvis.window.ui.scene import Scene


@dataclass(frozen=True, eq=False)
class Reasons:
    """The contributions of the selected layer's units in the newest snapshot.

    through: the part of the chain that they go through; they are contributions to its first unit. maps: (C, H, W).
    sums: (C,), of each unit. expected: what they sum to where nothing but ReLUs and sums lies between and there are
    no biases: the value of the first unit, or the contribution of the last one of ``through``.
    """

    through: tuple[Unit, ...]
    maps: np.ndarray
    sums: np.ndarray
    expected: float

    @property
    def total(self) -> float:
        return float(self.sums.sum())

    @property
    def halves(self) -> tuple[float, float]:
        """What is for it, and what is against it."""
        return float(self.sums[self.sums > 0].sum()), float(self.sums[self.sums < 0].sum())

    def share(self, channel: int) -> float | None:
        """The size of a unit's contribution among all, for and against together, 0..1; None where all are 0.

        Not of the total: for and against cancel each other, and shares of the little that is left say nothing.
        """
        sizes = np.abs(self.sums)
        total = float(sizes.sum())
        return float(sizes[channel]) / total if total else None

    def rank(self, channel: int) -> int:
        """1 for what is most for it, the last for what is most against it."""
        return 1 + int((self.sums > self.sums[channel]).sum())


def reasons_in(scene: Scene) -> Reasons | None:
    """Of the selected layer; None where nothing asks why, or where the layer is not on the way."""
    found, layer = newest(scene), scene.state.layer
    if found is None or layer.missing or layer.name not in found.links:
        return None
    maps, link = found.maps[layer.name], found.links[layer.name]
    sums = sums_of(found, layer.name)
    if sums is None or len(sums) != layer.channels:
        return None
    unit = found.chain[link]
    above = sums_of(found, unit.layer) if link else None
    return Reasons(found.through(layer.name), maps, sums, found.value if above is None else float(above[unit.channel]))


def newest(scene: Scene) -> Contributions | None:
    """The contributions of the newest snapshot, as long as the state asks why."""
    found = None if scene.snapshot is None else scene.snapshot.contributions
    return found if found is not None and scene.state.view.why and found.chain == scene.state.view.why else None


def sums_of(found: Contributions, layer: str) -> np.ndarray | None:
    """As ``Contributions.of``, summed once for each pass."""
    if layer not in found.links:
        return None
    return cached(("contributions", layer), found.maps[layer], lambda: np.nan_to_num(summed(found.maps[layer])))


def crumb(scene: Scene, chain: tuple[Unit, ...]) -> str:
    """The chain in words: "prob · 285 Egyptian cat › inception_5b · 12"."""
    return chain_words(scene.state, chain, tuple(label_of(scene, unit) for unit in chain))


def total_words(reasons: Reasons) -> str:
    """ "for 11.2, against −8.1, total 3.06 of 11.6"."""
    for_it, against = reasons.halves
    return (
        f"for {number(for_it)}, against {number(against)}, total {number(reasons.total)} of {number(reasons.expected)}"
    )


def unit_words(reasons: Reasons, channel: int, to: str = "") -> str:
    """ "contribution +0.577, 2.1 % of all for and against"."""
    share = reasons.share(channel)
    of = "" if share is None else f", {percent(share)} of all for and against"
    return f"contribution {signed(float(reasons.sums[channel]))}{to and f' to {to}'}{of}"


def caption_of(reasons: Reasons, channel: int) -> str:
    """ "+0.577 (2.1 %)", beside a tile."""
    share = reasons.share(channel)
    return signed(float(reasons.sums[channel])) + ("" if share is None else f" ({percent(share)})")


def percent(share: float) -> str:
    return f"{100 * share:.{0 if share >= 0.9995 else 1}f} %"


def no_reasons_words(scene: Scene) -> str:
    """Why the selected layer has no contributions while the state asks why; "" where it has some."""
    chain, layer = scene.state.view.why, scene.state.layer
    if not chain or reasons_in(scene) is not None:
        return ""
    if newest(scene) is None:
        can = scene.snapshot is None or scene.snapshot.request.why != chain
        return "waiting for the contributions" if can else "this backend gives no contributions; use --backend engine"
    return f"no contributions: {layer.name} is not on the way to {chain[-1].name}"

"""In which order the units of a layer stand as tiles: by number, or the strongest first and the silent ones left out.

Pure. While a picture moves the order is steady: a unit keeps its place until it is clearly stronger or weaker than its
neighbours, one that falls silent stays for some passes, and the tiles keep their size. Of a still picture it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import isqrt

import numpy as np

from deepvis.core.steady_order import rearranged

LINGERS = 15  # passes for which a unit that has fallen silent stays
REARRANGED = 8  # passes that an order stands at least
NEWEST = 0.15  # the share of the newest pass in the strengths by which units are placed
DARK = 0.05  # of the largest strength: weaker units that fire count as equally strong while the picture moves
LEAST_SLOTS = 9  # tiles that there is room for, however few units fire: none fills the window


@dataclass(frozen=True, eq=False)
class TileOrder:
    """The strengths of a layer's units, and the order of their tiles. Compared by identity."""

    layer: str
    strengths: np.ndarray  # (C,) float32, now: a unit fires if its strength is above 0
    channels: tuple[int, ...] | None = None  # of the tiles, in their order; None: all, by number
    slots: int = 0  # tiles that there is room for
    # the cell (row, col) of the maps that the strengths are of, None: the largest value of each map
    at: tuple[int, int] | None = None
    # (C,) the strengths by which the units are placed: a moving average
    held: np.ndarray = field(default_factory=lambda: np.empty(0))
    quiet: np.ndarray = field(default_factory=lambda: np.empty(0, int))  # (C,) passes since each fired last
    age: int = 0  # passes since the order was made
    # (C,) what each unit contributes now, above 0 for and below against; None where nothing asks why
    contributions: np.ndarray | None = None
    is_steady: bool = False  # the picture moves, the order is of the last passes together, not of the newest alone
    by_size: tuple[int, ...] = ()  # of contributions: the units by their magnitudes alone
    leaning: np.ndarray = field(default_factory=lambda: np.empty(0))  # (C,) of contributions: a moving average

    @property
    def firing(self) -> int:
        """How many units fire now."""
        return int((self.strengths > 0).sum())

    def with_silent(self, channel: int) -> tuple[int, ...]:
        """The tiles with a unit that is silent."""
        channels, leaning = self.channels or (), self.leaning
        place = len(channels)
        if self.contributions is not None:
            place = next((i for i, each in enumerate(channels) if leaning[each] < 0), place)
        return (*channels[:place], channel, *channels[place:])

    def strongest(self) -> tuple[int, ...]:
        """The units that fire now, the strongest first, of equal ones the lower number; contributions as they stand."""
        values = self.strengths if self.contributions is None else self.contributions
        return _sorted(values, self.strengths > 0)


def strengths_of(values: np.ndarray, *, magnitude: bool) -> np.ndarray:
    """(C,) float32: how strong units of these values (C,) are; NaN counts as 0. magnitude: the sign does not count."""
    strengths: np.ndarray = np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf)
    return np.abs(strengths) if magnitude else strengths


def by_number(layer: str, strengths: np.ndarray, at: tuple[int, int] | None = None) -> TileOrder:
    """All units of a layer by their numbers."""
    return TileOrder(layer, strengths, at=at)


def ordered(
    layer: str,
    strengths: np.ndarray,
    before: TileOrder | None = None,
    at: tuple[int, int] | None = None,
    *,
    is_held: bool = False,
) -> TileOrder:
    """The units that fire, the strongest first.

    before: the order of the pass before, if the picture moves: the new one stays close to it. None: it is exact.
    is_held: the order stands as it is, while somebody walks through the tiles.
    """
    fires = strengths > 0
    if before is None or before.channels is None or before.held.shape != strengths.shape:
        channels = _sorted(strengths, fires)
        quiet = np.where(fires, 0, LINGERS + 1)
        slots, held = _slots(len(channels), len(strengths)), np.maximum(strengths, 0)
        return TileOrder(layer, strengths, channels, slots, at, held, quiet)
    quiet = np.where(fires, 0, np.minimum(before.quiet + 1, LINGERS + 1))
    held = np.where(quiet > LINGERS, 0, before.held + NEWEST * (np.maximum(strengths, 0) - before.held))
    age = before.age + 1
    channels, slots = before.channels, before.slots
    if age >= REARRANGED and not is_held:
        age, channels = 0, _steady(before.channels, held, quiet)
        needed = _slots(len(channels), len(strengths))
        slots = slots if needed <= slots < 2 * needed else needed
    return TileOrder(layer, strengths, channels, slots, at, held, quiet, age, is_steady=True)


def by_contribution(
    layer: str,
    contributions: np.ndarray,
    before: TileOrder | None = None,
    at: tuple[int, int] | None = None,
    *,
    is_held: bool = False,
) -> TileOrder:
    """The units that contribute: those for it first, the largest first, then those against it, the largest last.

    As steady as ``ordered``: magnitudes are; a unit passes from one side to the other once the mean of its last passes
    does. contributions: (C,), signed.
    """
    if before is not None and (before.contributions is None or before.leaning.shape != contributions.shape):
        before = None
    sizes = replace(before, channels=before.by_size) if before is not None else None
    order = ordered(layer, np.abs(contributions), sizes, at, is_held=is_held)
    leaning = contributions if before is None else before.leaning + NEWEST * (contributions - before.leaning)
    by_size, channels = order.channels or (), None if before is None else before.channels
    if order.age == 0 or channels is None:
        against = [channel for channel in by_size if leaning[channel] < 0]
        channels = (*(channel for channel in by_size if leaning[channel] >= 0), *reversed(against))
    return replace(order, channels=channels, contributions=contributions, by_size=by_size, leaning=leaning)


def _steady(channels: tuple[int, ...], held: np.ndarray, quiet: np.ndarray) -> tuple[int, ...]:
    """The order with few moves: who fires anew comes last and moves on from there; who is silent leaves from there."""
    new = np.setdiff1d(np.flatnonzero(quiet <= LINGERS), channels)
    level = np.where(held > 0, np.maximum(held, DARK * held.max(initial=0)), 0)
    channels = rearranged((*channels, *new[np.argsort(-held[new], kind="stable")].tolist()), level)
    count = len(channels)
    while count and quiet[channels[count - 1]] > LINGERS:
        count -= 1
    return channels[:count]


def _sorted(strengths: np.ndarray, shown: np.ndarray) -> tuple[int, ...]:
    channels = np.flatnonzero(shown)
    return tuple(channels[np.argsort(-strengths[channels], kind="stable")].tolist())


def _slots(count: int, channels: int) -> int:
    """Room for ``count`` tiles and one more, the selected unit, in a grid that is about square."""
    slots = max(count + 1, LEAST_SLOTS)
    side = isqrt(slots - 1)  # side * side < slots <= (side + 1) ** 2
    return min(channels, side * (side + 1) if slots <= side * (side + 1) else (side + 1) ** 2)


@dataclass(frozen=True)
class Tiles:
    """What the tiles are. count: of the tiles. slots: that there is room for. channels: in order; None: by number."""

    count: int
    slots: int
    channels: tuple[int, ...] | None = None

    def channel_at(self, place: int) -> int:
        """The unit of a tile; of the nearest one for a place beyond the ends."""
        place = min(max(place, 0), self.count - 1)
        return place if self.channels is None else self.channels[place]

    def place_of(self, channel: int) -> int | None:
        """The tile of a unit; None if it has none."""
        if self.channels is None:
            return channel if 0 <= channel < self.count else None
        return self.channels.index(channel) if channel in self.channels else None


def tiles_of(order: TileOrder | None, layer: str, count: int, selected: int) -> Tiles:
    """The tiles of a layer of ``count`` units. The selected one is always among them: if it is silent it is the last.

    Of contributions it stands between those for it and those against it, as what is nothing does.
    order: of the newest pass; one of another layer says nothing.
    """
    if order is None or order.channels is None or order.layer != layer or len(order.strengths) != count:
        return Tiles(count, count)
    channels = order.channels if selected in order.channels else order.with_silent(selected)
    return Tiles(len(channels), max(order.slots, len(channels)), channels)

"""What if: the values of a network with units switched off, clamped or scaled, beside those of the network as it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from deepvis.api.activations import rows_of
from deepvis.api.notebook import Activations
from deepvis.core.before_after import by_magnitude, changed_classes, largest_changes
from deepvis.core.interventions import Intervention, clamped, each_once, intervened_words, scaled, switched_off
from deepvis.core.types import Unit
from deepvis.core.words import short_label
from deepvis.models.model import Model
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.model_error import ModelError
from deepvis.network.tape import Tape
from deepvis.scan.network import ScanNetwork

ChannelOf = Callable[[str, Any], int]  # (layer, channel or a class's label) -> channel, checked


class UnitChange(NamedTuple):
    """A unit's largest activation before and after, and the change of the largest magnitude anywhere in its map."""

    channel: int
    before: float
    after: float
    change: float


class ProbabilityChange(NamedTuple):
    """A class's probability before and after."""

    channel: int
    label: str
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class WhatIf:
    """before, after: layer -> its values, float32 (C, H, W), (C,) for vectors. interventions: what was done."""

    before: Activations
    after: Activations
    interventions: tuple[Intervention, ...]
    prob_layer: str = ""
    labels: tuple[str, ...] = ()

    def units(self, layer: str) -> list[UnitChange]:
        """The units of a layer that change, those that change most first. Raises KeyError for another layer."""
        before, after = self.before[layer], self.after[layer]
        changes = largest_changes(after - before)
        return [
            UnitChange(unit, float(before[unit].max()), float(after[unit].max()), float(changes[unit]))
            for unit in by_magnitude(changes)
        ]

    def classes(self, count: int = 5) -> list[ProbabilityChange]:
        """The classes that are the most probable before or after, by what they are after; [] without any."""
        if self.prob_layer not in self.after:
            return []
        found = changed_classes(self.before[self.prob_layer], self.after[self.prob_layer], count)
        return [ProbabilityChange(unit, self._label(unit), was, now) for unit, was, now in found]

    def _label(self, channel: int) -> str:
        return short_label(self.labels[channel]) if channel < len(self.labels) else ""

    def __repr__(self) -> str:
        changes = (f"{each.label or each.channel} {each.before:.3g} -> {each.after:.3g}" for each in self.classes(3))
        return f"<WhatIf {intervened_words(self.interventions)}: {', '.join(changes) or 'no classes'}>"


def interventions_of(
    off: Iterable[Any], clamp: Mapping[Any, float], scale: Mapping[Any, float], channel_of: ChannelOf
) -> tuple[Intervention, ...]:
    """Of units that are named ("conv5", 151) or "conv5:151". Raises ModelError, for a unit named twice too."""
    units = [switched_off(_unit(each, channel_of)) for each in ([off] if _is_unit(off) else off)]
    units += [clamped(_unit(unit, channel_of), _number(unit, value)) for unit, value in clamp.items()]
    units += [scaled(_unit(unit, channel_of), _number(unit, value)) for unit, value in scale.items()]
    try:
        found = each_once(units)
    except ValueError as error:
        raise ModelError(f"what_if: {error}") from None
    if not found:
        raise ModelError('what_if: found no unit to change, expected some: off=[("conv5", 151)], clamp=..., scale=...')
    return found


def intervened(
    network: ScanNetwork, x: np.ndarray, interventions: Sequence[Intervention], layers: Sequence[str]
) -> WhatIf:
    """One whole pass, and what depends on the units once more. x: (C, H, W) float32, the network's own input."""
    model: Model = network.model
    prob = model.prob_layer
    names = dict.fromkeys([*layers, *([prob] if prob in network.net.shapes else [])])
    shown = {*names, *(each.unit.layer for each in interventions)}
    tape = network.net.forward(network.inputs(x[np.newaxis]), shown=shown)
    after = intervened_net(network.net, tape, interventions).rerun(tape, shown=shown)
    before, now = (_values(each, names) for each in (tape, after))
    return WhatIf(before, now, tuple(interventions), prob, tuple(model.labels))


def _values(tape: Tape, names: Iterable[str]) -> Activations:
    return Activations({name: rows_of(tape.blobs[name].detach().cpu().numpy(), 1)[0] for name in names}, is_batch=False)


def _is_unit(given: Any) -> bool:
    """ "conv5:151" or ("conv5", 151), and not several of these."""
    return isinstance(given, str) or (
        isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str) and ":" not in given[0]
    )


def _unit(given: Any, channel_of: ChannelOf) -> Unit:
    if isinstance(given, str):
        layer, colon, channel = given.rpartition(":")
        if not colon:
            raise ModelError(f"what_if: found the unit {given!r}, expected LAYER:CHANNEL or (layer, channel)")
        return Unit(layer, channel_of(layer, int(channel) if channel.isdecimal() else channel))
    if not _is_unit(given):
        raise ModelError(f"what_if: found the unit {given!r}, expected (layer, channel) or 'LAYER:CHANNEL'")
    return Unit(given[0], channel_of(*given))


def _number(unit: Any, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
        raise ModelError(f"what_if: found {value!r} for {unit!r}, expected a number")
    return float(value)

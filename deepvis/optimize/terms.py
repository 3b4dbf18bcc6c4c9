"""What can be pushed: the terms that an objective adds up.

A term reads one image's values of one layer and makes one number of them. To add one, write a frozen dataclass with
the fields and methods of ``AnyTerm``, from ``AutogradTerm`` what it has no need to say, and how it is written
(objective_words.py). If it can be made of a named unit, it also has a line in ``objective.of_kind``. The gradient of a
unit, and of each channel of a direction, begins before its own rectifier (``AscentNetwork.source``).

Source: Olah, Mordvintsev & Schubert 2017, "Optimization objectives"; Mordvintsev, Olah & Tyka 2015 (deep dream);
Mahendran & Vedaldi 2015, "Understanding deep image representations by inverting them" (match).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from deepvis.optimize.any_term import AnyTerm, AutogradTerm, Look, Shapes, Source, channel_extents
from deepvis.optimize.optimize_error import OptimizeError

if TYPE_CHECKING:  # recipes name them, and the command line's help needs no torch
    from torch import Tensor

WHOLE = "whole"  # the mean over the channel's map
CENTRE = "centre"  # row height // 2, column width // 2


OF_A_UNIT = ("unit", "channel", "contrast", "layer", "match")  # those that can be made of a unit that is named


@dataclass(frozen=True)
class Term(AutogradTerm):
    """One unit, or the mean over a whole channel, of blob ``layer``.

    place: (row, col) in the channel's map, CENTRE, or WHOLE for the mean over the map. A blob without
    a map (fully connected) has the one place ().
    """

    kind: ClassVar[str] = "unit"
    is_unit: ClassVar[bool] = True
    layer: str
    channel: int
    place: tuple[int, ...] | str = CENTRE
    weight: float = 1.0

    @property
    def is_whole(self) -> bool:
        return self.place == WHOLE

    @property
    def at(self) -> tuple[int, ...]:
        """The place as indices into the channel's map. Raises ValueError for one that is not resolved to indices."""
        if isinstance(self.place, str):
            raise ValueError(
                f"the place {self.place!r} of {self.layer} {self.channel} has no indices; resolve it first"
            )
        return self.place

    @property
    def words(self) -> str:
        return f"unit {self.channel} of layer {self.layer!r}"

    def resolved(self, shapes: Shapes) -> Term:
        extents = channel_extents(self.layer, self.channel, shapes)
        if self.is_whole:
            return self
        if self.place == CENTRE:
            return replace(self, place=tuple(extent // 2 for extent in extents))
        place = self.at
        if not extents and place in ((), (0, 0)):
            return replace(self, place=())
        if len(place) != len(extents) or not all(0 <= p < e for p, e in zip(place, extents, strict=True)):
            expected = " x ".join(str(e) for e in extents) if extents else "a single value (give no position)"
            raise OptimizeError(f"layer {self.layer!r} has no position {place}; the map of a channel is {expected}")
        return replace(self, place=place)

    def value(self, values: Tensor) -> Tensor:
        channel = values[self.channel]
        return channel.mean() if self.is_whole else channel[self.at]

    def pushed_from(self, source: Source) -> Sequence[AnyTerm]:
        layer, channel = source(self.layer, self.channel)
        return [replace(self, layer=layer, channel=channel)]

    def add_slope(self, slope: Tensor, values: Tensor) -> None:
        """The weight of a unit; that of a whole channel is spread over its map, as its value is the mean."""
        channel = slope[self.channel]
        if self.is_whole:
            channel += self.weight / max(channel.numel(), 1)
        else:
            channel[self.at] += self.weight

    def is_largest(self, values: Tensor) -> Tensor:
        """Of a whole channel: any place of its map."""
        largest = values.argmax()  # the first of equals, as numpy's
        inner = max(values[0].numel(), 1)
        if self.is_whole:
            return largest // inner == self.channel
        offset = 0
        for at, extent in zip(self.at, values.shape[1:], strict=True):
            offset = offset * extent + at
        return largest == self.channel * inner + offset

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class ContrastTerm(AutogradTerm):
    """A class minus the others: its value less the logarithm of the sum of the others' exponentials.

    So what other classes share with it does not help. In a layer with a map: of the means over the map.
    """

    kind: ClassVar[str] = "contrast"
    layer: str
    channel: int
    weight: float = 1.0
    place: ClassVar[str] = WHOLE

    @property
    def words(self) -> str:
        return f"unit {self.channel} of layer {self.layer!r} against the others"

    def resolved(self, shapes: Shapes) -> ContrastTerm:
        channel_extents(self.layer, self.channel, shapes)
        if shapes[self.layer][1] < 2:
            raise OptimizeError(f"layer {self.layer!r} has one channel; there are no others to push it against")
        return self

    def value(self, values: Tensor) -> Tensor:
        import torch

        means = values.flatten(1).mean(1) if values.dim() > 1 else values
        others = torch.cat([means[: self.channel], means[self.channel + 1 :]])
        return means[self.channel] - torch.logsumexp(others, 0)

    def is_largest(self, values: Tensor) -> Tensor:
        """Of the means over the maps."""
        return values.reshape(len(values), -1).mean(1).argmax() == self.channel


@dataclass(frozen=True)
class LayerTerm(AutogradTerm):
    """A whole layer, as deep dream pushes it: half the mean of the squares of its values."""

    kind: ClassVar[str] = "layer"
    channel: ClassVar[None] = None
    place: ClassVar[str] = WHOLE
    layer: str
    weight: float = 1.0

    @property
    def words(self) -> str:
        return f"layer {self.layer!r} as a whole"

    def value(self, values: Tensor) -> Tensor:
        return 0.5 * values.square().mean()


@dataclass(frozen=True)
class DirectionTerm(AutogradTerm):
    """A direction of a layer's channel space: the weighted sum of channels, at one place or as the mean over the map.

    channels, shares: the channels that take part, each once, and how much each weighs; the direction counts as of
    length 1.
    place: as of Term.
    """

    kind: ClassVar[str] = "direction"
    has_many: ClassVar[bool] = True
    channel: ClassVar[None] = None
    layer: str
    channels: tuple[int, ...]
    shares: tuple[float, ...]
    place: tuple[int, ...] | str = WHOLE
    weight: float = 1.0

    @property
    def words(self) -> str:
        return f"a direction of {len(self.channels)} channels of layer {self.layer!r}"

    def resolved(self, shapes: Shapes) -> DirectionTerm:
        if len(self.channels) != len(self.shares) or not (np.isfinite(self._length) and self._length > 0):
            raise OptimizeError(
                f"a direction of layer {self.layer!r} needs channels with weights that are not all 0, as in 3:0.5 7:-1"
            )
        if len(set(self.channels)) < len(self.channels):
            raise OptimizeError(f"a direction of layer {self.layer!r} names a channel twice; give each one weight")
        for channel in self.channels:
            place = Term(self.layer, channel, self.place).resolved(shapes).place
        return replace(self, place=place)

    def pushed_from(self, source: Source) -> Sequence[AnyTerm]:
        """Where its channels come from, a term for each layer."""
        found: dict[str, list[tuple[int, float]]] = {}
        for channel, share in zip(self.channels, self.shares, strict=True):
            layer, its_channel = source(self.layer, channel)
            found.setdefault(layer, []).append((its_channel, share))
        parts = []
        for layer, pairs in found.items():
            channels, shares = zip(*pairs, strict=True)
            part = replace(self, layer=layer, channels=channels, shares=shares)
            parts.append(part.weighing(self.weight * part._length / self._length))
        return parts

    @property
    def _length(self) -> float:
        return float(np.linalg.norm(self.shares)) if self.shares else 0.0

    def value(self, values: Tensor) -> Tensor:
        import torch

        terms = [Term(self.layer, channel, self.place).value(values) for channel in self.channels]
        shares = torch.tensor(self.shares, dtype=values.dtype, device=values.device) / self._length
        return (torch.stack(terms) * shares).sum()


@dataclass(frozen=True)
class MatchTerm(AutogradTerm):
    """Minus the distance of a layer's values to those of a photo: -|a - t|^2 / |t|^2; 0 is a perfect match.

    photo: words that tell the photo, a digest in them. x: (C, H, W), the photo as the network's input. target: the
    layer's values for it, of ``with_target``.
    """

    kind: ClassVar[str] = "match"
    has_many: ClassVar[bool] = True
    channel: ClassVar[None] = None
    place: ClassVar[str] = WHOLE
    layer: str
    photo: str
    weight: float = 1.0
    x: np.ndarray | None = field(default=None, compare=False, repr=False)
    target: Tensor | None = field(default=None, compare=False, repr=False)

    @property
    def words(self) -> str:
        return f"the match of layer {self.layer!r} with {self.photo}"

    def with_target(self, look: Look) -> MatchTerm:
        if self.x is None:
            raise OptimizeError(f"{self.words} has no photo; give one")
        return replace(self, target=look(self.x, self.layer))

    def value(self, values: Tensor) -> Tensor:
        if self.target is None:
            raise ValueError(f"{self.words} has no target yet")
        distance = (values - self.target).square().sum()
        return -distance / self.target.square().sum().clamp(min=1e-12)

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "layer": self.layer, "photo": self.photo, "weight": self.weight}

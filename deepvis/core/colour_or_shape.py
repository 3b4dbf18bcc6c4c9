"""Colour or shape? What a unit makes of a picture and of its changes, in numbers and in one sentence. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepvis.core.changed_pictures import UNCHANGED, ChangedPicture
from deepvis.core.picture_changes import PICTURE_CHANGES, Takes
from deepvis.core.types import Unit

LEAST_PROBABILITY = 0.01  # of a class in the unchanged picture, below which its changes say nothing
CLEAR = 25.0  # per cent: so large a fall counts, and so much larger must be the larger of two
STRONG = 50.0  # per cent: two falls so large both count
SLIGHT = 10.0  # per cent: a change below it counts as none
NEITHER = "neither colour nor shape matters much"


@dataclass(frozen=True)
class UnitAnswer:
    """A unit's value for one picture."""

    change: str  # a name in core/picture_changes.py, or UNCHANGED
    value: float  # the largest of its map; of a class its probability or score
    rank: float  # among the units of its layer, 1 for the largest value; a mean of ranks has a fraction
    percent: float | None  # by how much the value differs from that of the unchanged picture; None where that is 0


def title_of_change(name: str) -> str:
    """'Gray'; 'Unchanged' for the picture as it is. Raises KeyError."""
    return "Unchanged" if name == UNCHANGED else PICTURE_CHANGES[name].title


def unit_answers(pictures: Sequence[ChangedPicture], unit: Unit) -> tuple[UnitAnswer, ...]:
    """What a unit makes of each; () where it has no values. pictures: the unchanged one first."""
    if not pictures or any(unit.layer not in each.largest for each in pictures):
        return ()
    values = [each.largest[unit.layer] for each in pictures]
    own = [float(each[unit.channel]) for each in values]
    ranks = [1.0 + int((each > each[unit.channel]).sum()) for each in values]
    return tuple(
        UnitAnswer(each.change, value, rank, percent_of(value, own[0]))
        for each, value, rank in zip(pictures, own, ranks, strict=True)
    )


def percent_of(value: float, reference: float) -> float | None:
    """By how many per cent a value lies above a reference; None where that is 0 or one of them is no number."""
    if reference == 0 or not (math.isfinite(value) and math.isfinite(reference)):
        return None
    return 100 * (value - reference) / abs(reference)


def mean_answers(answers: Sequence[tuple[UnitAnswer, ...]]) -> tuple[UnitAnswer, ...]:
    """The means over photos of values and ranks; the per cents are those of the mean values.

    answers: of one unit for each photo, all with the same changes. () for none.
    """
    if not answers:
        return ()
    values = np.mean([[each.value for each in photo] for photo in answers], axis=0).tolist()
    ranks = np.mean([[each.rank for each in photo] for photo in answers], axis=0).tolist()
    names = [each.change for each in answers[0]]
    return tuple(
        UnitAnswer(name, value, rank, percent_of(value, values[0]))
        for name, value, rank in zip(names, values, ranks, strict=True)
    )


def conclusion(answers: Sequence[UnitAnswer], *, is_probability: bool) -> str:
    """What the numbers say, in one sentence; "" where they carry none.

    Compared are the change of colour and the change of shape by which the value falls most. Nothing is said of a
    value that is not above 0, of a probability below LEAST_PROBABILITY, or where one of these changes raises the value
    clearly: it is then not the colour, or the shape, that the unit needs.
    """
    if not answers or not answers[0].value > (LEAST_PROBABILITY if is_probability else 0):
        return ""
    colour, shape = _most(answers, Takes.COLOUR), _most(answers, Takes.SHAPE)
    if colour is None or shape is None or colour.percent is None or shape.percent is None:
        return ""
    verdict = _verdict(-colour.percent, -shape.percent)
    if verdict == NEITHER and (other := _other(answers)) is not None:
        verdict = f"neither matters as much as {_words(other)} ({percent_words(other.percent)})"
    if not verdict:
        return ""
    of_colour = f"{PICTURE_CHANGES[colour.change].title} changes it by {percent_words(colour.percent)}"
    return f"{of_colour}, {_words(shape)} by {percent_words(shape.percent)}: {verdict}."


def _most(answers: Sequence[UnitAnswer], takes: Takes) -> UnitAnswer | None:
    """Of the changes that take that, the one by which the value falls most.

    None where there is none, where one has no per cent, or raises the value clearly.
    """
    of = [each for each in answers if each.change != UNCHANGED and PICTURE_CHANGES[each.change].takes is takes]
    if any(each.percent is None or each.percent > CLEAR for each in of):
        return None
    return min(of, key=lambda each: each.percent or 0.0, default=None)


def _other(answers: Sequence[UnitAnswer]) -> UnitAnswer | None:
    """Of the changes that take neither colour nor shape, the one that changes the value most; None if none clearly."""
    of = [each for each in answers if each.change != UNCHANGED and each.percent is not None]
    others = [each for each in of if PICTURE_CHANGES[each.change].takes not in (Takes.COLOUR, Takes.SHAPE)]
    most = max(others, key=lambda each: abs(each.percent or 0.0), default=None)
    return most if most is not None and abs(most.percent or 0.0) >= CLEAR else None


def _verdict(colour: float, shape: float) -> str:
    """colour, shape: by how many per cent the value falls."""
    larger, smaller = max(colour, shape), min(colour, shape)
    if larger >= CLEAR and larger - smaller >= CLEAR:
        return "shape more than colour" if shape > colour else "colour more than shape"
    if smaller >= STRONG:
        return "colour and shape alike"
    if abs(larger) < SLIGHT and abs(smaller) < SLIGHT:
        return NEITHER
    return ""


def _words(answer: UnitAnswer) -> str:
    title = PICTURE_CHANGES[answer.change].title
    return title[:1].lower() + title[1:]


def percent_words(percent: float | None) -> str:
    """'+12 %', '−81 %', '−99.7 %', '0 %'; '–' where there is none."""
    if percent is None:
        return "–"
    size = abs(percent)
    words = f"{size:.1f}" if 99 <= size < 99.95 else f"{size:,.0f}"
    sign = "" if words == "0" else "+" if percent > 0 else "−"
    return f"{sign}{words} %"

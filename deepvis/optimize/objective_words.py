"""An objective in words: "unit(fc8, 130) - 0.5*channel(conv5, 7)".

A sum of terms with a number before each, if it is not 1::

    unit(LAYER, CHANNEL)            the unit at the centre of the map; unit(LAYER, CHANNEL, ROW, COL) at another place;
                                    here and below a CHANNEL is a number, or a class's name in a layer of classes
    channel(LAYER, CHANNEL)         the mean over the map
    contrast(LAYER, CHANNEL)        a class minus the others
    layer(LAYER)                    the whole layer (deep dream)
    direction(LAYER, 3:0.5, 7:-1)   channels 3 and 7 with these weights
    direction(LAYER, FILE.npy)      every channel with its weight in the file
    match(LAYER, PHOTO)             the layer's values for a photo

A path may have commas; one with parentheses, and a layer's name with either, stands in double quotes. Read, never
evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from deepvis.core.array_files import read_array
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.registry import Registry
from deepvis.models.model import Model
from deepvis.optimize.any_term import AnyTerm
from deepvis.optimize.objective import Objective, class_unit
from deepvis.optimize.optimize_error import OptimizeError, nearest_or_examples
from deepvis.optimize.recipe_options import number, whole
from deepvis.optimize.start import name_of_photo
from deepvis.optimize.terms import (
    CENTRE,
    WHOLE,
    ContrastTerm,
    DirectionTerm,
    LayerTerm,
    MatchTerm,
    Term,
)

_TERM = re.compile(r"""\s*([+-]?)\s*(?:([^\s*()]+)\s*\*\s*)?(\w+)\s*\(((?:"[^"]*"|[^()"])*)\)\s*""")
_WORD = re.compile(r"""\s*(?:"([^"]*)"\s*|([^,]*))(,|$)""")
Reader = Callable[[str, Sequence[str], Model], AnyTerm]
READERS: Registry[Reader] = Registry("objective")


def is_expression(words: str) -> bool:
    """Is it a sum of terms, and not one word?"""
    return "(" in words


def objective_of(words: str, model: Model) -> Objective:
    """The objective, not checked against the network yet. Raises OptimizeError naming the fault."""
    terms: list[AnyTerm] = []
    place = 0
    while place < len(words):
        found = _TERM.match(words, place)
        if found is None or (terms and not found[1]):
            raise OptimizeError(
                f"--objective {words!r} cannot be read at {words[place:][:40]!r}; "
                "expected terms such as unit(fc8, 130), + or - between them"
            )
        sign, factor, name, inside = found.groups()
        if name not in READERS:
            least = "; the least of a unit is -unit(LAYER, CHANNEL), or --push-dir -1" if name.startswith("min") else ""
            raise OptimizeError(f"--objective has no {name!r}; {nearest_or_examples(name, READERS)}{least}")
        layer, *rest = words_in(name, inside)
        weight = (-1.0 if sign == "-" else 1.0) * (number("--objective", factor) if factor else 1.0)
        terms.append(READERS[name](layer, rest, model).weighing(weight))
        place = found.end()
    if not terms:
        raise OptimizeError("--objective is empty; give a sum of terms such as unit(fc8, 130)")
    return Objective(tuple(terms))


def words_in(name: str, inside: str) -> list[str]:
    """What stands between the parentheses of a term, at its commas; those in double quotes and in a path belong to it.

    name: of the term, which says whether what comes after the layer is a path.
    """
    words, place = [], 0
    while found := _WORD.match(inside, place):
        quoted, plain, comma = found.groups()
        words.append(plain.strip() if quoted is None else quoted)
        place = found.end()
        after = inside[place:].strip()
        is_path = len(words) == 1 and (name == "match" or after.strip('"').endswith(".npy"))
        if comma and is_path and '"' not in after:
            return [*words, after]
        if not comma:
            break
    return words


def named_photo(photo: Path, model: Model) -> tuple[str, np.ndarray]:
    """Words that tell a photo, and the network's input of it. Raises OptimizeError where it cannot be read."""
    from deepvis.optimize.image_jobs import start_photo

    x = start_photo(photo, model, option="the photo")
    return name_of_photo(photo), x


@READERS.add("unit")
def _unit(layer: str, rest: Sequence[str], model: Model) -> Term:
    _expect("unit", rest, (1, 3), "a layer, a channel, and perhaps row and column")
    place = tuple(whole("--objective", word) for word in rest[1:])
    return Term(layer, _channel(layer, rest[0], model), place or CENTRE)


@READERS.add("channel")
def _channel_mean(layer: str, rest: Sequence[str], model: Model) -> Term:
    _expect("channel", rest, (1,), "a layer and a channel")
    return Term(layer, _channel(layer, rest[0], model), WHOLE)


@READERS.add("contrast")
def _contrast(layer: str, rest: Sequence[str], model: Model) -> ContrastTerm:
    _expect("contrast", rest, (1,), "a layer and a channel")
    return ContrastTerm(layer, _channel(layer, rest[0], model))


@READERS.add("layer")
def _layer(layer: str, rest: Sequence[str], model: Model) -> LayerTerm:
    _expect("layer", rest, (0,), "a layer")
    return LayerTerm(layer)


@READERS.add("direction")
def _direction(layer: str, rest: Sequence[str], model: Model) -> DirectionTerm:
    if len(rest) == 1 and rest[0].endswith(".npy"):
        return _from_file(layer, Path(rest[0]))
    pairs = [word.rsplit(":", 1) for word in rest]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise OptimizeError("--objective direction takes a layer and channels with weights, as in fc8, 3:0.5")
    channels = tuple(_channel(layer, channel, model) for channel, _ in pairs)
    return DirectionTerm(layer, channels, tuple(number("--objective", share) for _, share in pairs))


def _from_file(layer: str, path: Path) -> DirectionTerm:
    """A direction from a file of one weight for each channel."""
    try:
        shares = read_array(path).astype(np.float64).ravel()
    except (OSError, *CONTENT_ERRORS) as error:
        raise OptimizeError(
            f"the direction {path} cannot be read ({reason(error)}); expected an .npy of a weight a channel"
        ) from None
    channels = np.flatnonzero(shares)
    return DirectionTerm(layer, tuple(channels.tolist()), tuple(shares[channels].tolist()))


@READERS.add("match")
def _match(layer: str, rest: Sequence[str], model: Model) -> MatchTerm:
    _expect("match", rest, (1,), "a layer and a photo")
    words, x = named_photo(Path(rest[0]), model)
    return MatchTerm(layer, words, x=x)


def _channel(layer: str, word: str, model: Model) -> int:
    """A number; in a layer of classes also a class's name."""
    if not word.strip().lstrip("+-").isdigit() and layer in model.label_layers and model.labels:
        return class_unit(layer, word.strip(), model.labels).channel
    return whole("--objective", word)


def _expect(name: str, rest: Sequence[str], counts: Sequence[int], words: str) -> None:
    if len(rest) not in counts:
        raise OptimizeError(f"--objective {name} takes {words}; it was given {len(rest) + 1} words")

"""What the palette offers for a typed text: units, layers, classes, commands, photos, models, paths. Pure.

The best comes first. Nothing here waits or reads a file: photos are those that are listed already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from urllib.parse import unquote

from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.commands import COMMANDS, Group, shown_keys
from deepvis.core.commands.intervening import typed_intervention, typed_problem
from deepvis.core.fuzzy import Match, folded, match
from deepvis.core.interventions import Intervention
from deepvis.core.name_index import Names
from deepvis.core.numbered import needs_number, target_of, typed
from deepvis.core.playing import MovingSource
from deepvis.core.presenting import can_enlarge, pane_words
from deepvis.core.saving import saving_rows, session_row
from deepvis.core.state import AppState, PaletteLists
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.core.unit_names import UnitNames
from deepvis.core.word_forms import match_forms
from deepvis.core.words import short_label

MOST_ROWS = 200  # candidates for one text
MOST_PHOTOS = 100_000  # of the listed photos that are looked through
MOST_FOUND_PHOTOS = 50
MOST_CLASSES = 400  # that are looked at closely
# words that a person says beside a name; they count only where a name holds them
FILLERS = frozenset(("unit", "units", "channel", "neuron", "filter", "map", "of", "in", "at", "layer", "class", "the",
                     "number", "no", "nr"))  # fmt: skip


class CandidateKind(Enum):
    """What a candidate is; the word that stands before it."""

    UNIT = "unit"
    LAYER = "layer"
    CLASS = "class"
    COMMAND = "command"
    ATTRIBUTION = "attribution"
    WHAT_IF = "what if"
    SAVE = "save"
    PANE = "pane"
    PHOTO = "photo"
    MODEL = "model"
    PATH = "open"
    NUMBERED = "set"
    CAMERA = "camera"
    VIDEO = "video"
    FIRST_PHOTOS = "photos"


_WEIGHT = {
    CandidateKind.PATH: 300,
    CandidateKind.WHAT_IF: 200,
    CandidateKind.UNIT: 12,
    CandidateKind.LAYER: 10,
    CandidateKind.CLASS: 6,
    CandidateKind.COMMAND: 4,
    CandidateKind.ATTRIBUTION: 5,
    CandidateKind.SAVE: 5,
    CandidateKind.PANE: 3,
    CandidateKind.PHOTO: 2,
    CandidateKind.MODEL: 0,
    CandidateKind.NUMBERED: 40,
    CandidateKind.CAMERA: 5,
    CandidateKind.VIDEO: 5,
    CandidateKind.FIRST_PHOTOS: 5,
}


@dataclass(frozen=True)
class Candidate:
    """A row of the palette."""

    kind: CandidateKind
    title: str  # what the typed text is looked for in
    target: Unit | int | str  # a unit, a layer's index, a name (command, attribution, model), a file index, a path
    note: str = ""  # at the right: a key, a size
    marks: tuple[int, ...] = ()  # the places of its letters that were found
    points: float = 0.0
    is_gray: bool = False  # it has nothing to show, the note says why


def candidates(state: AppState) -> tuple[Candidate, ...]:
    """What the open palette offers, best first; () while none is open."""
    text = getattr(state.typing, "text", None)
    if text is None:
        return ()
    lists, visited, names = state.palette_lists, state.history.visited[-4:], state.naming.names
    panes = can_enlarge(state.panes.shown)
    return _candidates(text.strip(), state.layer.name, state.info, lists, visited, names, panes)


@lru_cache(maxsize=8)
def _candidates(
    text: str,
    layer: str,
    info: NetInfo,
    lists: PaletteLists,
    visited: tuple[Unit, ...],
    names: UnitNames,
    panes: tuple[str, ...],
) -> tuple[Candidate, ...]:
    if not text:
        commands = sorted(_commands(""), key=lambda row: COMMANDS[str(row.target)].group == Group.MOVE.value)
        return tuple([*_visited(visited, info), *commands])
    named = list(_named(text, names, info))
    found = [*named, *_found(text, layer, info, lists)] or _found(without_fillers(text), layer, info, lists)
    found += _panes(text, panes) or _panes(without_fillers(text), panes)
    found.sort(key=lambda row: -row.points - _WEIGHT[row.kind])
    return tuple(found[:MOST_ROWS])


def _found(text: str, layer: str, info: NetInfo, lists: PaletteLists) -> list[Candidate]:
    """What fits a text, in no order."""
    if not text:
        return []
    return [
        *_path(text),
        *_what_if(text),
        *_units(text, layer, info),
        *_layers(text, info),
        *_classes(text, layer, info),
        *_commands(text),
        *_attributions(text),
        *_saving(text),
        *_photos(text, lists),
        *_first_photos(text, lists),
        *_models(text, lists.models),
        *_numbers(text),
        *_moving(text, lists),
    ]


def without_fillers(text: str) -> str:
    """ "unit 151 of conv5" as "conv5 151": the words that name something, numbers last."""
    words = [word for word in re.split(r"[\s,;:#]+", text) if word and folded(word) not in FILLERS]
    return " ".join(sorted(words, key=str.isdigit))


def _named(text: str, names: UnitNames, info: NetInfo) -> Iterator[Candidate]:
    """Units by the names that the user has given them; "starred": all that have a star."""
    layers = {layer.name: layer.channels for layer in info.live}
    asks_for_stars = len(text) > 2 and "starred".startswith(folded(text))
    for unit, note in names.entries:
        if unit.channel >= layers.get(unit.layer, 0):
            continue
        where, star = f"{unit.layer} {unit.channel}", "★ " if note.starred else ""
        found = match(text, note.name) if note.name else None
        if found is not None:
            yield Candidate(CandidateKind.UNIT, note.name, unit, f"{star}{where}", found.marks, found.points + 10)
        elif asks_for_stars and note.starred:
            yield Candidate(CandidateKind.UNIT, note.name or where, unit, f"{star}{where}", (), 500)


def _visited(visited: Sequence[Unit], info: NetInfo) -> Iterator[Candidate]:
    """The units visited last, the newest first."""
    names = {layer.name for layer in info.live}
    for unit in dict.fromkeys(reversed(visited)):
        if unit.layer in names:
            yield Candidate(CandidateKind.UNIT, f"{unit.layer} {unit.channel}", unit, "visited")


def _units(text: str, layer: str, info: NetInfo) -> Iterator[Candidate]:
    """ "conv5 151": of the layers that fit, the unit of that number; "151": of the current layer."""
    for each, channel, found in _numbered(text, layer, info):
        if channel < each.channels:
            title = f"{each.name} {channel}"
            marks = (*found.marks, *range(len(each.name) + 1, len(title)))
            label = info.class_of(Unit(each.name, channel))
            yield Candidate(
                CandidateKind.UNIT, title, Unit(each.name, channel), label or each.type, marks, found.points + 15
            )


def _numbered(text: str, layer: str, info: NetInfo) -> Iterator[tuple[LayerInfo, int, Match]]:
    """The layers that a text with a number at its end may mean, with the number."""
    parts = re.fullmatch(r"(.*?)[\s:·#]*\b(\d{1,9})", text)
    if parts is None:
        return
    name, channel = parts[1].strip(), int(parts[2])
    for each in info.live:
        found = _of_layer(name, each.name, each.title) if name else Match(0, ()) if each.name == layer else None
        if found is not None:
            yield each, channel, found


def why_none(state: AppState) -> str:
    """Why nothing is offered for the typed text, in a sentence."""
    text = str(getattr(state.typing, "text", "")).strip()
    numbered = sorted(_numbered(text, state.layer.name, state.info), key=lambda row: -row[2].points)
    if numbered:
        return f"{numbered[0][0].name} has units 0 to {numbered[0][0].channels - 1}"
    return typed_problem(text) or needs_number(text) or "nothing of that name"


def _of_layer(text: str, name: str, title: str) -> Match | None:
    """How a text fits a layer: by its name, or by its short name where that fits better."""
    by_name, by_title = match(text, name), match(text, title) if title != name else None
    if by_title is not None and (by_name is None or by_title.points > by_name.points):
        return Match(by_title.points, by_name.marks if by_name else ())
    return by_name


def _layers(text: str, info: NetInfo) -> Iterator[Candidate]:
    for index, layer in enumerate(info.layers):
        found = _of_layer(text, layer.name, layer.title)
        if found is not None:
            note = layer.missing or f"{layer.type} {layer.channels} × {layer.height} × {layer.width}".strip()
            yield Candidate(CandidateKind.LAYER, layer.name, index, note, *_of(found), is_gray=bool(layer.missing))


def _of(found: Match) -> tuple[tuple[int, ...], float]:
    return found.marks, found.points


def _classes(text: str, layer: str, info: NetInfo) -> Iterator[Candidate]:
    name = info.class_layer(layer)
    if not name:
        return
    labels = info.labels[: info.layer(name).channels]
    for channel in _class_names(labels).best(text, MOST_CLASSES):
        title = short_label(labels[channel])
        if (found := match(text, title)) is not None:
            yield Candidate(CandidateKind.CLASS, title, Unit(name, channel), f"{name} {channel}", *_of(found))


def _commands(text: str) -> Iterator[Candidate]:
    for row in COMMANDS.values():
        found = match_forms(text, row.help)
        if found is not None and row.name not in NOT_OFFERED:
            yield Candidate(CandidateKind.COMMAND, row.help, row.name, next(iter(shown_keys(row)), ""), *_of(found))


NOT_OFFERED = frozenset({"palette", "escape"})  # they would do nothing: the palette is open


def _attributions(text: str) -> Iterator[Candidate]:
    for name in ATTRIBUTIONS:
        title = f"{ATTRIBUTIONS[name].title}: {ATTRIBUTIONS[name].words}"
        if (found := match_forms(text, title)) is not None:
            yield Candidate(CandidateKind.ATTRIBUTION, title, name, "", *_of(found))


def _what_if(text: str) -> Iterator[Candidate]:
    """ "clamp 5", "scale 3", "off": done to the selected unit."""
    if (typed := typed_intervention(text)) is not None:
        words = Intervention(Unit("", 0), *typed).words
        yield Candidate(CandidateKind.WHAT_IF, f"the selected unit {words}", text)


def _saving(text: str) -> Iterator[Candidate]:
    if row := session_row(text):
        yield Candidate(CandidateKind.SAVE, row, row, "a YAML file", tuple(range(len(row))), 400)
    for title, _ in saving_rows():
        if (found := match(text, title)) is not None:
            yield Candidate(CandidateKind.SAVE, title, title, "", *_of(found))


def _panes(text: str, panes: Sequence[str]) -> list[Candidate]:
    rows = []
    for name in panes:
        title = f"Enlarge pane {name}: {pane_words(name)}"
        if (found := match(text, title)) is not None:
            key = next(iter(COMMANDS["enlarge"].keys), "")
            rows.append(Candidate(CandidateKind.PANE, title, name, key, *_of(found)))
    return rows if text else []


def _photos(text: str, lists: PaletteLists) -> list[Candidate]:
    """Photos in whose names all words of the text are found."""
    words = folded(text).split()
    found: list[Candidate] = []
    for index in _photo_names(lists).holding(words[0]):
        label = lists.photos[index][1]
        fits = match(text, label) if all(word in folded(label) for word in words) else None
        if fits is not None:
            target = lists.first_photo + index
            found.append(
                Candidate(CandidateKind.PHOTO, label, target, f"{index + 1:,} of {len(lists.photos):,}", *_of(fits))
            )
        if len(found) == MOST_FOUND_PHOTOS:
            break
    return found


def _first_photos(text: str, lists: PaletteLists) -> Iterator[Candidate]:
    """The photos with which the program was started, wherever those that are open now have come from."""
    title = "Photos it was started with"
    if (found := match_forms(text, title)) is not None:
        name = PurePath(lists.first_images).name if lists.first_images else "the sample photos"
        yield Candidate(CandidateKind.FIRST_PHOTOS, title, lists.first_images or "", name, *_of(found))


@lru_cache(maxsize=2)
def _photo_names(lists: PaletteLists) -> Names:
    return Names([name for _, name in lists.photos[:MOST_PHOTOS]])


@lru_cache(maxsize=2)
def _class_names(labels: tuple[str, ...]) -> Names:
    return Names([short_label(label) for label in labels])


def _models(text: str, models: Sequence[str]) -> Iterator[Candidate]:
    for name in models:
        title = f"model {name}"
        if (found := match(text, title)) is not None:
            yield Candidate(CandidateKind.MODEL, title, name, f"--model {name}", *_of(found))


def _numbers(text: str) -> Iterator[Candidate]:
    """What takes a number, with the one that was typed."""
    for each, number in typed(text):
        yield Candidate(CandidateKind.NUMBERED, each.title(number), target_of(each, number))


def _moving(text: str, lists: PaletteLists) -> Iterator[Candidate]:
    """The cameras, "Camera 0: name", and the video that was named at the start."""
    for number, name in lists.cameras:
        title = f"Camera {number}: {name}" if name else f"Camera {number}"
        if (found := match(text, title)) is not None:
            yield Candidate(CandidateKind.CAMERA, title, number, "", *_of(found))
    title = f"Video: {MovingSource(lists.video).name}"
    if lists.video and (found := match(text, title)) is not None:
        yield Candidate(CandidateKind.VIDEO, title, lists.video, "", *_of(found))


def _path(text: str) -> Iterator[Candidate]:
    """A text that looks like a path of this machine, as file managers and terminals paste it."""
    path = text.splitlines()[0].strip().strip("\"'")
    if path.startswith("file://"):
        path = unquote(path.removeprefix("file://"))
    if len(path) > 1 and re.match(r"[/~\\]|\.\.?[/\\]|[A-Za-z]:[/\\]", path):
        yield Candidate(CandidateKind.PATH, path, path, "photo, folder or list")

"""Every mode and option of the window: its title, its value in a word, and the one sentence that says what it is.

One row a field of ``ViewState``, ``InputState`` or ``LiveState``. Tooltips have the sentences, presenter mode the
words.
A switch (a field that is True or False) without a row has the help of its command ``toggle_<field>`` for a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from deepvis.core.attributions import ATTRIBUTIONS, all_attributions, attribution_title
from deepvis.core.back_modes import BACK_MODES, OFF, all_modes, title_of
from deepvis.core.commands import COMMANDS
from deepvis.core.compared import TilesOf
from deepvis.core.interventions import intervened_words
from deepvis.core.mode_sentences import (
    BACK_FILTERS,
    COLOUR_MAPS,
    COMPARED,
    DEBUG,
    FITS,
    LOOKS,
    OPTIMIZER_PRESETS,
    ORDERS,
    SHOWS,
    SWITCHES,
    ZOOMS,
)
from deepvis.core.presenting import USUAL, presenting_words
from deepvis.core.state import (
    DEBUG_LEVELS,
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    OVERLAYS,
    PRESETS,
    AppState,
    BackFilter,
    ColourMap,
    Look,
    Order,
    Show,
    Zoom,
)
from deepvis.core.types import Fit, Unit

SWITCH = (False, True)


@dataclass(frozen=True)
class Mode:
    """One field of the state that the window shows as a word."""

    title: str
    word: Callable[[Any], str]  # of a value
    sentence: Callable[[Any], str]  # of a value: what it is
    values: Callable[[], Sequence[Any]] = tuple  # all that it can have; () where they cannot be counted
    part: str = "view"  # of AppState: view, input, live
    plain: object = None  # what is not worth a word of a tooltip: off, as usual


def _of_enum(title: str, sentences: Mapping[Any, tuple[str, str]], plain: Enum, part: str = "view") -> Mode:
    """A row of (word, sentence) for each member."""
    return Mode(
        title,
        word=lambda value: sentences[value][0],
        sentence=lambda value: sentences[value][1],
        values=lambda: tuple(type(plain)),
        part=part,
        plain=plain,
    )


def _switch(title: str, sentence: str, part: str = "view", plain: bool = False) -> Mode:
    return Mode(title, lambda is_on: "on" if is_on else "off", lambda _: sentence, lambda: SWITCH, part, plain)


def _at(unit: Unit | None) -> str:
    return f"{unit.layer} {unit.channel}" if unit is not None else OFF


def _back_sentence(mode: str) -> str:
    return SWITCHES["back_off"][1] if mode == OFF else BACK_MODES[mode].sentence


def _attribution_sentence(name: str) -> str:
    if name == OFF:
        return "Attribution: which part of the picture speaks for the unit, laid over the input; off"
    return f"{ATTRIBUTIONS[name].title}: {ATTRIBUTIONS[name].words}"


def _share(place: int) -> str:
    return f"{OVERLAYS[place]:.0%}" if OVERLAYS[place] else OFF


MODES: dict[str, Mode] = {
    "back_mode": Mode("back projection", title_of, _back_sentence, all_modes, plain=OFF),
    "back_filter": _of_enum("back filter", BACK_FILTERS, BackFilter.RAW),
    "pinned": Mode("back origin frozen at", _at, lambda _: SWITCHES["pinned"][1]),
    "why": Mode("why", lambda chain: " › ".join(map(_at, chain)) or OFF, lambda _: SWITCHES["why"][1], plain=()),
    "show": _of_enum("tiles", SHOWS, Show.ACTIVATIONS),
    "zoom": _of_enum("zoom", ZOOMS, Zoom.OFF),
    "interventions": Mode(
        "what if",
        lambda all_of_them: intervened_words(all_of_them) or OFF,
        lambda _: SWITCHES["interventions"][1],
        plain=(),
    ),
    "change": _switch("tiles of the change", SWITCHES["change"][1]),
    "compared": Mode(
        "pinned frame",
        lambda pinned: f"{pinned.name}, {COMPARED[pinned.tiles][0]}" if pinned else OFF,
        lambda pinned: COMPARED[pinned.tiles if pinned else TilesOf.CURRENT][1],
    ),
    "pattern": _switch("preferred pictures in the tiles", SWITCHES["pattern"][1]),
    "order": _of_enum("order of the tiles", ORDERS, Order.NUMBER),
    "place": Mode(
        "pinned place",
        lambda place: f"row {place[0]}, col {place[1]} of the input" if place else OFF,
        lambda _: SWITCHES["place"][1],
    ),
    "individual_boost": Mode(
        "brightening of each unit",
        lambda i: f"{INDIVIDUAL_BOOSTS[i]:g}",
        lambda _: SWITCHES["individual_boost"][1],
        lambda: range(len(INDIVIDUAL_BOOSTS)),
        plain=0,
    ),
    "gamma_boost": Mode(
        "gamma of the layer",
        lambda i: f"times {GAMMA_BOOSTS[i]:g}",
        lambda _: SWITCHES["gamma_boost"][1],
        lambda: range(len(GAMMA_BOOSTS)),
        plain=0,
    ),
    "colour_map": _of_enum("colours", COLOUR_MAPS, ColourMap.GRAY),
    "look": _of_enum("look", LOOKS, Look.READABLE),
    "fixed_scale": _switch("fixed scale", SWITCHES["fixed_scale"][1]),
    "overlay": Mode("over the input", _share, lambda _: SWITCHES["overlay"][1], lambda: range(len(OVERLAYS)), plain=0),
    "attribution": Mode("attribution", attribution_title, _attribution_sentence, all_attributions, plain=OFF),
    "label_predictions": _switch("class names", SWITCHES["label_predictions"][1], plain=True),
    "unit_images": _switch("unit images", SWITCHES["unit_images"][1], plain=True),
    "receptive_field": _switch("receptive field", SWITCHES["receptive_field"][1]),
    "scores": _switch("scores on the top 9", SWITCHES["scores"][1]),
    "looked_back": Mode(
        "history of the picture",
        lambda at: f"iteration {at.iteration}" if at else "the newest",
        lambda _: SWITCHES["looked_back"][1],
    ),
    "all_layers": _switch("all operators in the layer list", SWITCHES["all_layers"][1]),
    "opened": Mode("open blocks", lambda names: str(len(names)), lambda _: SWITCHES["opened"][1], plain=frozenset()),
    "help": _switch("help", SWITCHES["help"][1]),
    "debug": Mode("debug level", str, lambda level: DEBUG[level], lambda: range(DEBUG_LEVELS), plain=0),
    "presenting": Mode("", presenting_words, lambda _: SWITCHES["presenting"][1], plain=USUAL),
    "frozen": _switch("freeze", SWITCHES["frozen"][1], "input"),
    "moving": Mode(
        "input",
        lambda is_moving: "camera or video" if is_moving else "files",
        lambda _: SWITCHES["moving"][1],
        lambda: SWITCH,
        "input",
        False,
    ),
    "fit": _of_enum("fit", FITS, Fit.CROP, "input"),
    "mirror": _switch("mirror", SWITCHES["mirror"][1], "input", plain=True),
    "preset": Mode(
        "optimizer's preset",
        lambda i: PRESETS[i],
        lambda i: OPTIMIZER_PRESETS.get(PRESETS[i], ""),
        lambda: range(len(PRESETS)),
        "live",
    ),
}


def value_of(state: AppState, field: str) -> Any:
    """The value that a mode has now; of the pinned frame as it is seen: other tiles may stand in the place."""
    value = getattr(getattr(state, MODES[field].part), field)
    if field == "compared" and value is not None and not shows_compared(state):
        return value.showing(TilesOf.CURRENT)
    return value


def shows_compared(state: AppState) -> bool:
    """True where the tiles are those that were chosen: of the pinned frame, of the current one or their difference."""
    view = state.view
    is_tiles = view.zoom in (Zoom.OFF, Zoom.UNIT) and view.show is Show.ACTIVATIONS and not view.change
    return is_tiles and (not view.pattern or view.zoom is Zoom.UNIT)


def sentence_of(field: str, value: Any) -> str:
    """What a mode is, in one sentence; of a switch without a row the help of its command; "" where there is none."""
    if field in MODES:
        return MODES[field].sentence(value)
    row = COMMANDS.get(f"toggle_{field}")
    return row.help if row is not None else ""


def words_of(field: str, value: Any) -> str:
    """ "back projection: gradient"; a switch without a row by its own name."""
    if field in MODES:
        return ": ".join(filter(None, (MODES[field].title, MODES[field].word(value))))
    return f"{field.replace('_', ' ')}: {'on' if value else 'off'}"


def hidden_modes(state: AppState) -> frozenset[str]:
    """Modes that are on and not seen, as others go before them: what they would say is not so now."""
    view, order = state.view, state.tile_order
    is_why = bool(view.why) and order is not None and order.contributions is not None
    has_tiles, is_pattern = view.zoom in (Zoom.OFF, Zoom.UNIT), view.pattern and view.zoom is Zoom.OFF
    hidden = {
        "order": is_why or view.place is not None or not has_tiles,
        "why": not has_tiles,
        "place": not has_tiles,
        "pattern": view.zoom is not Zoom.OFF,
        "show": is_pattern or not has_tiles,
        "change": is_pattern or view.show is Show.DIFFS or not has_tiles,
    }
    return frozenset(field for field, is_hidden in hidden.items() if is_hidden)


def sentences(state: AppState, fields: Sequence[str]) -> tuple[str, ...]:
    """The sentences of those of the modes that are on, and not hidden by another one."""
    found, hidden = [], hidden_modes(state)
    for field in fields:
        value = value_of(state, field)
        if value is not None and value != MODES[field].plain and field not in hidden:
            found.append(MODES[field].sentence(value))
    return tuple(filter(None, found))

"""Commands of the palette that take a number: "autoplay 5", "speed 0.5", "freeze when 12", "time 1:30". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deepvis.core.commands.over_time import FREEZE_WHEN, freeze_when
from deepvis.core.commands.playing import at_speed, at_time, started
from deepvis.core.fuzzy import folded
from deepvis.core.playing import clock_words
from deepvis.core.state import AppState, Outcome


@dataclass(frozen=True)
class Numbered:
    """name: its first words, by which it is typed. title: of a number, what it would do. apply: does it."""

    name: str
    title: Callable[[float], str]
    apply: Callable[[AppState, float], AppState | Outcome]


NUMBERED = {
    each.name: each
    for each in (
        Numbered("autoplay", lambda number: f"Autoplay: {number:g} seconds a photo", started),
        Numbered(FREEZE_WHEN, lambda number: f"Freeze when this unit exceeds {number:g}", freeze_when),
        Numbered("time", lambda number: f"Video: go to {clock_words(number)}", at_time),
        Numbered("speed", lambda number: f"Speed of the video: x{number:g}", at_speed),
    )
}
_TYPED = re.compile(r"(?P<words>\D*?)\s*[:=]?\s*(?P<number>[-−+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)\s*\w*", re.IGNORECASE)

_CLOCK = re.compile(r"(?:time|go to|at|seek)\s*(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)", re.IGNORECASE)  # time 1:30


def typed(text: str) -> Iterator[tuple[Numbered, float]]:
    """What a text with a number may mean: those whose name begins with its words ("auto 5", "freeze when 12")."""
    if (clock := _CLOCK.fullmatch(text.strip())) is not None:
        hours, minutes, seconds = (float(each or 0) for each in clock.groups())
        yield NUMBERED["time"], 3600 * hours + 60 * minutes + seconds
        return
    parts = _TYPED.fullmatch(text.strip())
    words = folded(parts["words"]).strip() if parts else ""
    if parts is None or len(words) < 3:
        return
    number = float(parts["number"].replace("−", "-"))
    for each in NUMBERED.values():
        if each.name.startswith(words):
            yield each, number


def needs_number(text: str) -> str:
    """That a number is needed, for a text that begins with the name of what takes one; "" for any other text."""
    words = folded(text).strip()
    name = next((each for each in NUMBERED if words.startswith(f"{each} ")), "")
    return f"{name} needs a number, as in {name} 5; found {words[len(name) :].strip()}" if name else ""


def target_of(each: Numbered, number: float) -> str:
    """As one text, for a candidate."""
    return f"{each.name} {number!r}"


def performed(state: AppState, target: str) -> AppState | Outcome:
    """What ``target_of`` names, done."""
    name, _, number = target.rpartition(" ")
    return NUMBERED[name].apply(state, float(number))

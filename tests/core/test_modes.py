"""Every mode and option has one sentence that says what it is: walked over the tables and the state's own fields."""

from __future__ import annotations

from dataclasses import fields
from enum import Enum
from typing import Any

import numpy as np
import pytest

import deepvis.attribution.methods
import deepvis.network.back_modes  # noqa: F401  (fill the tables)
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.back_modes import BACK_MODES
from deepvis.core.commands import COMMANDS
from deepvis.core.compared import PinnedFrame, TilesOf
from deepvis.core.interventions import switched_off
from deepvis.core.modes import MODES, sentence_of, words_of
from deepvis.core.presenting import Presenting
from deepvis.core.state import PRESETS, Cursor, InputState, LiveState, LookedBack, ViewState
from deepvis.core.types import Frame, Unit

EXAMPLES: dict[str, Any] = {
    "pinned": Unit("conv1", 3),
    "why": (Unit("prob", 1), Unit("conv1", 2)),
    "place": (3, 4),
    "interventions": (switched_off(Unit("conv1", 3)),),
    "compared": PinnedFrame(Frame(1, np.zeros((2, 2, 3), np.uint8), "cat.jpg"), TilesOf.DIFFERENCE),
    "looked_back": LookedBack(1, 20),
    "opened": frozenset({"block"}),
    "presenting": Presenting(True),
}


def choices() -> list[tuple[str, Any]]:
    """(field, value) of all switches and enums of the state: what a user turns on and chooses."""
    found = []
    for part in (ViewState(), InputState(), LiveState()):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, bool):
                found += [(field.name, False), (field.name, True)]
            elif isinstance(value, Enum) and not isinstance(value, Cursor):
                found += [(field.name, member) for member in type(value)]
    return found


@pytest.mark.parametrize(("field", "value"), choices(), ids=lambda each: str(each))
def test_every_switch_and_every_choice_has_a_sentence(field: str, value: Any) -> None:
    assert len(sentence_of(field, value)) > 15, f"{field} needs a row in MODES (core/modes.py): what is it?"
    assert words_of(field, value)


@pytest.mark.parametrize("field", MODES)
def test_every_value_of_a_mode_has_a_sentence_of_its_own(field: str) -> None:
    values = [*MODES[field].values(), *([EXAMPLES[field]] if field in EXAMPLES else [])]
    assert values, f"{field}: give its values, or an example here"
    for value in values:
        sentence = sentence_of(field, value)
        assert 15 < len(sentence) < 130 and not sentence.endswith("."), (field, value, sentence)
        assert words_of(field, value)


def test_the_tables_of_others_have_sentences_too() -> None:
    assert all(BACK_MODES[name].sentence for name in BACK_MODES)
    assert all(ATTRIBUTIONS[name].words for name in ATTRIBUTIONS)
    assert all(sentence_of("preset", place) for place in range(len(PRESETS)))
    assert all(row.help for row in COMMANDS.values())

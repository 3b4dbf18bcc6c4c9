"""The types that only settings have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic_core import core_schema as s

import deepvis.attribution.methods  # noqa: F401  (fills the table)
from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.back_modes import OFF
from deepvis.core.commands import COMMANDS
from deepvis.core.first_hints import Hints
from deepvis.core.keys import canonical, is_key_name
from deepvis.core.nearest import nearest
from deepvis.core.registry import modules_in
from deepvis.core.state import DEBUG_LEVELS, GAMMA_BOOSTS, INDIVIDUAL_BOOSTS, OVERLAYS
from deepvis.core.state import ColourMap as Colours
from deepvis.core.state import Look as Looks
from deepvis.network.back_modes import BACK_MODES
from deepvis.schema.rows import Hint, Type
from deepvis.schema.value_types import one_of, place_in
from deepvis.settings.original import COMMANDS_OF_TAGS


def _read_keys(value: Any) -> dict[str, tuple[str, ...]]:
    """Commands by their own names or by the original's tags -> names of keys."""
    if not isinstance(value, Mapping):
        raise ValueError
    table: dict[str, tuple[str, ...]] = {}
    for name, keys in value.items():
        own = COMMANDS_OF_TAGS.get(name, name)
        if own not in COMMANDS:
            names = [*COMMANDS, *COMMANDS_OF_TAGS]
            raise Hint(nearest(name, names, "README.md lists the commands", any_case=True))
        listed = [keys] if isinstance(keys, str) else keys
        if not isinstance(listed, (list, tuple, set)) or not all(isinstance(key, str) for key in listed):
            raise ValueError
        for key in map(canonical, listed):
            if not is_key_name(key):
                raise Hint(f"{key!r} is no key's name, as 8, f5, delete and ctrl+z are")
        table[own] = (*table.get(own, ()), *map(canonical, listed))
    return table


BackMode = Annotated[str, one_of(lambda: ("auto", OFF, *BACK_MODES))]
Backend = Annotated[str, one_of(lambda: ("auto", *modules_in("live/backends")))]
Look = Annotated[str, one_of(lambda: [look.value for look in Looks])]
ColourMap = Annotated[str, one_of(lambda: [colours.value for colours in Colours])]
GammaBoost = Annotated[int, place_in(GAMMA_BOOSTS)]
IndividualBoost = Annotated[int, place_in(INDIVIDUAL_BOOSTS)]
Overlay = Annotated[int, place_in(OVERLAYS)]
AttributionName = Annotated[str, one_of(lambda: (OFF, *ATTRIBUTIONS))]
HintsChoice = Annotated[str, one_of(lambda: [hints.value for hints in Hints])]
DebugLevel = Annotated[int, place_in(range(DEBUG_LEVELS))]
KeyBindings = Annotated[
    dict[str, tuple[str, ...]],
    Type(
        "names of commands, or of the original's bindings, with a key or a list of keys",
        s.no_info_plain_validator_function(_read_keys),
    ),
]

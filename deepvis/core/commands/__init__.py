"""Everything that a key can do: one pure function from state to (state, effects) each, in one table (table.py).

Where nothing listens beside OpenCV's window, the Linux wheels cannot tell ``J`` from ``j`` (core/keys.py): moves that
need Shift have a second key, all other commands are in the palette.
"""

# in the order of the help screen, which is that in which the commands are entered
# isort: off
import deepvis.core.commands.moving
import deepvis.core.commands.finding
import deepvis.core.commands.back_projection
import deepvis.core.commands.reasons
import deepvis.core.commands.saving
import deepvis.core.commands.naming
import deepvis.core.commands.showing
import deepvis.core.commands.over_time
import deepvis.core.commands.picture_kinds
import deepvis.core.commands.presenting
import deepvis.core.commands.input_source
import deepvis.core.commands.playing
import deepvis.core.commands.this_unit
import deepvis.core.commands.intervening
import deepvis.core.commands.whole_program
import deepvis.core.commands.ordering
import deepvis.core.commands.comparing  # noqa: F401

# isort: on
from deepvis.core.commands.table import (
    BY_PALETTE,
    COMMANDS,
    Command,
    Group,
    command_of,
    markdown,
    perform,
    rebind,
    shown_keys,
)

__all__ = [
    "BY_PALETTE",
    "COMMANDS",
    "Command",
    "Group",
    "command_of",
    "markdown",
    "perform",
    "rebind",
    "shown_keys",
]

"""The settings as options of the window's command line, and what is said of an option that there is not."""

from __future__ import annotations

import argparse
from typing import Any

from deepvis.schema.options import add_options
from deepvis.schema.table import nearest
from deepvis.settings.table import SETTINGS, sections

UNKNOWN = "unrecognized arguments: "


def add_setting_options(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Enter every setting that can be written in words; the groups of the help by their titles."""
    groups = {}
    for title, names in sections().items():
        groups[title] = parser.add_argument_group(title.lower())
        add_options(groups[title], SETTINGS, names)
    return groups


def with_nearest(parser: argparse.ArgumentParser, message: str) -> str:
    """argparse's message; of an unknown option with the nearest known one."""
    if not message.startswith(UNKNOWN):
        return message
    known = [option for action in parser._actions for option in action.option_strings]
    unknown = [word.partition("=")[0] for word in message.removeprefix(UNKNOWN).split() if word.startswith("--")]
    hints = filter(None, (nearest(word, known) for word in unknown))
    return "; ".join([message, *hints])

"""The settings as options of the window's command line."""

from __future__ import annotations

import argparse
from typing import Any

from deepvis.schema.row_options import add_options
from deepvis.settings.table import SETTINGS, sections


def add_setting_options(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Enter every setting that can be written in words; the groups of the help by their titles."""
    groups = {}
    for title, names in sections().items():
        groups[title] = parser.add_argument_group(title.lower())
        add_options(groups[title], SETTINGS, names)
    return groups

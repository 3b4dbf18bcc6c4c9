"""Prints the table of all keys as Markdown, as the README has it: python -m deepvis.cli.keys"""

from __future__ import annotations

import sys

import deepvis.attribution.methods
import deepvis.network.back_modes  # noqa: F401  (fills the table that the help of a key tells)
from deepvis.core.commands import markdown

if __name__ == "__main__":
    sys.stdout.write(markdown())

"""Prints settings.py: python -m deepvis.settings.printing > settings.py."""

from __future__ import annotations

import sys
import textwrap

from deepvis.schema.row_options import option_of
from deepvis.settings.table import HEADINGS, SETTINGS, TABLE


def document() -> str:
    """The text of settings.py: every setting with its help, its type and its default."""
    lines = [
        '"""The settings of the toolbox and their defaults.',
        "",
        "To change one, write it into settings_local.py beside this file; the command line overrides both.",
        "The names of the 2015 toolbox are accepted there too. Paths are relative to the file that holds",
        'them, and %DVT_ROOT% stands for its folder. Printed by: python -m deepvis.settings.printing"""',
    ]
    for each in TABLE.values():
        lines += ["", f"# ---- {HEADINGS[each.name]}"] if each.name in HEADINGS else []
        words = f"{each.metadata['help']}. Type: {SETTINGS.type_of(each.name)}."
        option = option_of(SETTINGS, each.name)
        words += f" Option: {option.partition(' ')[0]}." if option else ""
        lines += ["", *textwrap.wrap(words, 105, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)]
        value = repr(each.default).replace("'", '"')
        lines.append(f"{each.name} = {value}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())

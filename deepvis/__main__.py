"""``python -m deepvis``: the same as the command ``deepvis``."""

from deepvis.cli.window import entry

entry()

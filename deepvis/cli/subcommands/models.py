"""``deepvis models``: the models that come with the project, and what is missing of each."""

from __future__ import annotations

import argparse
import importlib.util
import sys

from deepvis.cli.parser import Parser
from deepvis.cli.subcommand import subcommand
from deepvis.core.program import pip_install, program


def arguments(parser: Parser) -> None:
    """None."""


@subcommand("models", "list the models, and whether each is there", "", arguments=arguments)
def models(arguments: argparse.Namespace) -> int:
    """Raises ModelError for a model.yaml that cannot be read."""
    from deepvis.models.zoo import DEFAULT_MODEL, list_models

    for card in list_models():
        name = card.folder.name
        missing = [key for key in card.file_keys if not ((path := card.path(key)) and path.is_file())]
        state = f"get it with: {program()} fetch {name}" if missing else "ready"
        if (needed := card.library) and importlib.util.find_spec(needed) is None:
            state = f"{state}; needs {needed}: {pip_install(needed)}"
        default = " (the default)" if name == DEFAULT_MODEL else ""
        sys.stdout.write(f"{name:24} {state}{default}\n")
    return 0

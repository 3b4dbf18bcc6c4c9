"""``deepvis models``: the models that come with the project, and what is missing of each."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.subcommand import subcommand


def arguments(parser: Parser) -> None:
    pass


@subcommand("models", "list the models, and whether each is there", "", arguments=arguments)
def models(arguments: argparse.Namespace) -> int:
    from deepvis.cli.listings import print_models

    return print_models()

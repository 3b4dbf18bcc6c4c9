"""``deepvis self-test``: a PyTorch module beside its own forward pass and gradient (docs/formats.md)."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_model
from deepvis.cli.subcommand import subcommand


def arguments(parser: Parser) -> None:
    add_model(parser)
    parser.add_argument("--settings", metavar="FILE", help="a settings file to read instead of settings_local.py")


@subcommand(
    "self-test",
    "compare a PyTorch module with its own forward pass and gradient; 1 where something differs",
    "--network nets.py:make --weights trained.pth",
    "--network torchvision:resnet18",
    arguments=arguments,
)
def self_test(arguments: argparse.Namespace) -> int:
    """Prints what was compared, and the largest differences."""
    from deepvis.cli.listings import print_self_test
    from deepvis.cli.window import settings_of

    return print_self_test(settings_of(arguments))

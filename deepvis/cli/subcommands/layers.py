"""``deepvis layers``: the layers that the window would show of a network, and what the network is fed with."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.schema.row_options import add_options
from deepvis.settings.table import SETTINGS


def arguments(parser: Parser) -> None:
    add_network(parser)
    parser.add_argument("--settings", metavar="FILE", help="a settings file to read instead of settings_local.py")
    add_options(parser, SETTINGS, ("backend",))
    parser.set_defaults(device=None)  # that of the settings


@subcommand(
    "layers",
    "list the layers that the window would show of a network",
    "--model caffenet-mini",
    "--network nets.py:make --weights trained.pth",
    arguments=arguments,
)
def layers(arguments: argparse.Namespace) -> int:
    from deepvis.cli.listings import print_layers
    from deepvis.cli.window import settings_of

    return print_layers(settings_of(arguments))

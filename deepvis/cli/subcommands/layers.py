"""``deepvis layers``: the layers that the window would show of a network, and what the network is fed with."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand


def arguments(parser: Parser) -> None:
    add_network(parser)
    parser.add_argument("--settings", metavar="FILE", help="a settings file to read instead of settings_local.py")
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

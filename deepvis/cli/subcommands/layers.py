"""``deepvis layers``: the layers that the window would show of a network, and what the network is fed with."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.models.network_options import network_of
from deepvis.schema.row_options import add_options
from deepvis.settings.table import SETTINGS


def arguments(parser: Parser) -> None:
    add_network(parser)
    add_options(parser, SETTINGS, ("backend",))


@subcommand(
    "layers",
    "list the layers that the window would show of a network",
    "--model caffenet-mini",
    "--network nets.py:make --weights trained.pth",
    arguments=arguments,
)
def layers(arguments: argparse.Namespace) -> int:
    from deepvis.cli.listings import print_layers
    from deepvis.models.zoo import open_model

    return print_layers(open_model(network_of(vars(arguments))), arguments.backend, arguments.device)

"""``deepvis self-test``: a PyTorch module beside its own forward pass and gradient (docs/formats.md)."""

from __future__ import annotations

import argparse

from deepvis.cli.shared_options import add_model
from deepvis.cli.subcommand import subcommand
from deepvis.models.network_options import network_of


@subcommand(
    "self-test",
    "compare a PyTorch module with its own forward pass and gradient; 1 where something differs",
    "--network nets.py:make --weights trained.pth",
    "--network torchvision:resnet18",
    arguments=add_model,
)
def self_test(arguments: argparse.Namespace) -> int:
    """Prints what was compared, and the largest differences."""
    from deepvis.cli.listings import print_self_test
    from deepvis.models.zoo import open_model

    return print_self_test(open_model(network_of(vars(arguments))))

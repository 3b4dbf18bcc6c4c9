"""``deepvis check``: what of a network can be shown, before it is. What one runs first on one's own network."""

from __future__ import annotations

import argparse

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_model
from deepvis.cli.subcommand import subcommand


def arguments(parser: Parser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="deploy.prototxt, alone or followed by its .caffemodel; FILE.onnx, FILE.pt2, FILE.py:NAME, "
        "torchvision:NAME; a model's name; or a folder, which is searched",
    )
    add_model(parser)


@subcommand(
    "check",
    "say what of a network can be shown: a line for each file, and all that is known of a single one",
    "deploy.prototxt net.caffemodel",
    "nets.py:make --weights trained.pth",
    "~/caffe/models",
    arguments=arguments,
)
def check(arguments: argparse.Namespace) -> int:
    """0 if all were opened, in part too, and 2 if one was refused."""
    from deepvis.cli.checking import report

    return report(arguments.files, arguments)

"""``deepvis crops``: the montages that the window shows, patches and their back projections, from a scan.

Units whose montages are there already are left as they are, so a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse

from deepvis.cli.chosen_settings import add_settings
from deepvis.cli.parser import Parser
from deepvis.cli.scan_options import add_modes, add_scan, make_crops
from deepvis.cli.shared_options import PROCESSES, add_device, add_work
from deepvis.cli.subcommand import subcommand
from deepvis.core.number_ranges import ALL, numbers, split


def arguments(parser: Parser) -> None:
    add_scan(parser)
    parser.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that were scanned"
    )
    parser.add_argument(
        *("--units", "--push-channel"), nargs="+", default=[ALL], metavar="N",
        help="12, 0-31, several, or all; of each layer",
    )  # fmt: skip
    add_modes(parser)
    parser.add_argument("--no-report", action="store_true", help="do not write the report")
    add_device(parser)
    add_settings(parser)
    add_work(parser, PROCESSES)


@subcommand(
    "crops",
    "make the montages that the window shows, patches and their back projections, from a scan",
    "--scan scans/squeezenet",
    "--scan scans/squeezenet --layers fire9/concat --modes deconv guided",
    arguments=arguments,
    resumes=True,
)
def crops(arguments: argparse.Namespace) -> int:
    layers = tuple(arguments.layers)
    units = () if ALL in split(arguments.units) else tuple(numbers("--units", arguments.units, 0))
    output = arguments.output or arguments.scan
    make_crops(arguments, arguments.scan, output, report=not arguments.no_report, layers=layers, units=units)
    return 0

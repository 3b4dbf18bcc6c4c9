"""``deepvis crops``: the montages that the window shows, patches and their back projections, from a scan.

Units whose montages are there already are left as they are, so a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse

from deepvis.cli.chosen_settings import add_settings
from deepvis.cli.parser import Parser, whole
from deepvis.cli.scan_options import add_modes, add_scan, add_scan_work, make_crops
from deepvis.cli.shared_options import add_device
from deepvis.cli.subcommand import subcommand


def arguments(parser: Parser) -> None:
    add_scan(parser)
    parser.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that were scanned"
    )
    parser.add_argument("--units", nargs="+", type=whole(), default=(), metavar="N", help="none: all of each layer")
    add_modes(parser)
    parser.add_argument("--no-report", action="store_true", help="do not write the report")
    add_device(parser)
    add_settings(parser)
    add_scan_work(parser)


@subcommand(
    "crops",
    "make the montages that the window shows, patches and their back projections, from a scan",
    "--scan scans/squeezenet",
    "--scan scans/squeezenet --layers fire9/concat --modes deconv guided",
    arguments=arguments,
    resumes=True,
)
def crops(arguments: argparse.Namespace) -> int:
    layers, units = tuple(arguments.layers), tuple(arguments.units)
    output = arguments.output or arguments.scan
    make_crops(arguments, arguments.scan, output, report=not arguments.no_report, layers=layers, units=units)
    return 0

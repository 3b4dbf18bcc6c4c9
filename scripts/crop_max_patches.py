#!/usr/bin/env python
"""Make the montages that the window shows, patches and their back projections, from a scan.

    scripts/crop_max_patches.py --scan models/caffenet-mini/unit_jpg_vis

Units whose montages are there already are left as they are, so a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.scan.command import Bar, add_modes_argument, add_where_arguments, run_command, where


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--scan", type=Path, required=True, metavar="DIR", help="the --output of find_max_acts.py")
    p.add_argument("--output", type=Path, metavar="DIR", help="by default the scan's folder")
    p.add_argument("--layers", nargs="+", default=(), metavar="LAYER", help="by default all that were scanned")
    p.add_argument("--units", nargs="+", type=int, default=(), metavar="N", help="by default all of each layer")
    add_modes_argument(p)
    p.add_argument("--no-report", action="store_true", help="do not write the report")
    add_where_arguments(p)
    return p


def crop(arguments: argparse.Namespace) -> None:
    from deepvis.scan.layout import CropOrder, run_crops  # late: --help needs no torch
    from deepvis.scan.report import write_report

    output = arguments.output or arguments.scan
    order = CropOrder(
        scan=arguments.scan,
        output=output,
        layers=tuple(arguments.layers),
        units=tuple(arguments.units),
        modes=tuple(arguments.modes),
        device=arguments.device,
        where=where(arguments),
    )
    units = run_crops(order, Bar("unit"))
    print(f"{units} units have montages in {output}")
    if not arguments.no_report:
        print(f"report: {write_report(arguments.scan, output)}")


if __name__ == "__main__":
    parsed = parser().parse_args()
    sys.exit(run_command(lambda: crop(parsed)))

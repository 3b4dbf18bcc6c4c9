#!/usr/bin/env python
"""Find the images of a collection that excite each unit of a network most.

    scripts/find_max_acts.py --model caffenet-mini --images ~/photos --crop

One pass over the images serves every layer that the window shows. A run that was stopped or killed
goes on where it was when the same command is given again. With --crop the window shows the result.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

from deepvis.core.types import Fit
from deepvis.models.network_options import network_of
from deepvis.scan.command import (
    Bar,
    add_model_arguments,
    add_modes_argument,
    add_where_arguments,
    output_folder,
    run_command,
    where,
)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--images", required=True, metavar="DIR|LIST", help="a folder of photos, or a file of paths")
    p.add_argument("--layers", nargs="+", default=(), metavar="LAYER", help="by default all that the window shows")
    p.add_argument("--top", type=int, default=9, metavar="K", help="images to keep for each unit (9)")
    p.add_argument(
        "--output", type=Path, metavar="DIR", help="by default where the window looks: the model's unit images"
    )
    p.add_argument("--fit", choices=[fit.value for fit in Fit], default="crop", help="crop (as the window) or stretch")
    p.add_argument("--crop", action="store_true", help="then make the montages of patches and deconv, and a report")
    add_modes_argument(p, "with --crop: ")
    p.add_argument("--fresh", action="store_true", help="forget what an earlier run left in the output folder")
    p.add_argument(
        "--batch",
        type=int,
        default=32,
        metavar="N",
        help="pictures decoded ahead, in whole passes of 16 (64 on a GPU); changes memory, never results",
    )
    add_model_arguments(p)
    add_where_arguments(p)
    return p


def scan(arguments: argparse.Namespace) -> None:
    from deepvis.scan.run import ScanOrder, run_scan  # late: --help needs no torch

    network = network_of(arguments)
    output = output_folder(arguments.output, network)
    order = ScanOrder(
        network=network,
        images=arguments.images,
        output=output,
        layers=tuple(arguments.layers),
        top=arguments.top,
        fit=Fit(arguments.fit),
        device=arguments.device,
        where=where(arguments),
        ahead=max(1, arguments.batch),
        fresh=arguments.fresh,
    )
    part = run_scan(order, Bar("image"))
    short = f" ({len(part.cut)} of them cut short)" if part.cut else ""
    print(f"{part.maxes.seen} images{short}, {len(part.skipped)} skipped; the result is in {output}/scan")
    faults = [image.reason for image in part.cut] + [f"skipped: {image.reason}" for image in part.skipped]
    for fault in faults[:5]:
        print(f"  {fault}")
    if len(faults) > 5:
        print(f"  ... all are listed in {output}/scan/skipped.json")
    if arguments.crop:
        crop(arguments, output)
    else:
        print(f"next: scripts/crop_max_patches.py --scan {output}")


def crop(arguments: argparse.Namespace, output: Path) -> None:
    from deepvis.scan.layout import CropOrder, run_crops
    from deepvis.scan.report import write_report

    order = CropOrder(
        scan=output,
        output=output,
        modes=tuple(arguments.modes),
        device=arguments.device,
        where=where(arguments),
    )
    units = run_crops(order, Bar("unit"))
    print(f"{units} units have montages in {output}")
    print(f"report: {write_report(output)}")


if __name__ == "__main__":
    parsed = parser().parse_args()
    sys.exit(run_command(lambda: scan(parsed)))

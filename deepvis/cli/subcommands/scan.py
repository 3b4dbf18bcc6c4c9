"""``deepvis scan``: the images of a collection that excite each unit of a network most.

One pass over the images serves every layer that the window shows. With --crop the window shows the result.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from deepvis.cli.parser import Parser, whole
from deepvis.cli.scan_options import add_modes, add_scan_work, make_crops, where
from deepvis.cli.shared_options import add_network, add_output, add_overwrite
from deepvis.cli.subcommand import subcommand
from deepvis.core.program import program
from deepvis.core.types import Fit
from deepvis.jobs.progress import Bar
from deepvis.models.network_options import network_of

MOST_TOP = 10_000  # images of a unit, of all units in main memory
MOST_FAULTS = 5  # that are named on the terminal
AHEAD = "pictures decoded ahead, in whole passes of 16 (64 on a GPU); changes memory, never results"


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to scan")
    what.add_argument("--images", required=True, metavar="DIR|LIST", help="a folder of photos, or a file of paths")
    what.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that the window shows"
    )
    what.add_argument("--top", type=whole(1, MOST_TOP), default=9, metavar="K", help="images to keep for each unit")
    add_output(what, "none: where the window looks, the model's unit images")
    what.add_argument(
        "--fit", choices=[fit.value for fit in Fit], default="crop", help="crop as the window, or stretch"
    )
    what.add_argument("--crop", action="store_true", help="then make the montages of patches and deconv, and a report")
    add_modes(what, "with --crop: ")
    add_overwrite(what, "forget what an earlier run left in the output folder", "--fresh")
    add_scan_work(parser, AHEAD)


@subcommand(
    "scan",
    "find the images of a collection that excite each unit of a network most",
    "--images ~/Pictures --crop",
    "--model squeezenet --images photos.txt --output scans/squeezenet --workers 8",
    arguments=arguments,
    resumes=True,
)
def scan(arguments: argparse.Namespace) -> int:
    from deepvis.models.zoo import open_model
    from deepvis.scan.resumable_scan import ScanOrder, run_scan  # late: --help needs no torch

    network = network_of(vars(arguments))
    output = arguments.output or open_model(network).unit_image_dir
    order = ScanOrder(
        network=network,
        images=arguments.images,
        output=output,
        layers=tuple(arguments.layers),
        top=arguments.top,
        fit=Fit(arguments.fit),
        device=arguments.device,
        where=where(arguments),
        ahead=arguments.batch or 32,
        fresh=arguments.overwrite,
    )
    part = run_scan(order, Bar(" images"))
    short = f" ({len(part.cut)} of them cut short)" if part.cut else ""
    sys.stdout.write(
        f"{part.top_activations.seen} images{short}, {len(part.skipped)} skipped; the result is in {output}/scan\n"
    )
    faults = [image.reason for image in part.cut] + [f"skipped: {image.reason}" for image in part.skipped]
    for fault in faults[:MOST_FAULTS]:
        sys.stdout.write(f"  {fault}\n")
    if len(faults) > MOST_FAULTS:
        sys.stdout.write(f"  ... all are listed in {output}/scan/skipped.json\n")
    if arguments.crop:
        make_crops(arguments, output, output)
    else:
        sys.stdout.write(f"next: {program()} crops --scan {shlex.quote(str(output))}\n")
    return 0

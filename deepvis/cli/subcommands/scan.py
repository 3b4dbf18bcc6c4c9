"""``deepvis scan``: the images of a collection that excite each unit of a network most.

One pass over the images serves every layer that the window shows. With --crop the window shows the result.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from deepvis.cli.parser import Parser, whole
from deepvis.cli.progress import go_on_words, photo_words, say_photo_faults, say_place
from deepvis.cli.scan_options import add_modes, make_crops, where
from deepvis.cli.shared_options import PROCESSES, add_network, add_output, add_overwrite, add_work, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.program import program
from deepvis.core.types import Fit
from deepvis.jobs.progress import Bar
from deepvis.models.network_options import network_of

MOST_TOP = 10_000  # images of a unit, of all units in main memory
AHEAD = "so many pictures decoded ahead, in whole passes of 16 (64 on a GPU); changes memory, never results"


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to scan")
    what.add_argument("--images", required=True, metavar="DIR|LIST", help="a folder of photos, or a file of paths")
    what.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that the window shows"
    )
    what.add_argument("--top", type=whole(1, MOST_TOP), default=9, metavar="K", help="images to keep for each unit")
    add_output(what, "none: where the window looks, the model's unit images; a folder holds one scan")
    what.add_argument(
        "--fit", choices=[fit.value for fit in Fit], default="crop", help="crop as the window, or stretch"
    )
    what.add_argument("--crop", action="store_true", help="then make the montages of patches and deconv, and a report")
    add_modes(what, "with --crop: ")
    add_overwrite(what, "forget what an earlier run left in the output folder", "--fresh")
    add_work(parser, PROCESSES).add_argument("--ahead", "--batch", type=whole(1), metavar="N", help=AHEAD)


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
    from deepvis.scan.report import report_folder
    from deepvis.scan.resumable_scan import ScanOrder, images_done, run_scan  # late: --help needs no torch

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
        ahead=arguments.ahead or 32,
        fresh=arguments.overwrite,
    )
    if arguments.crop:
        report_folder(output, arguments.layers)  # before the work, not after it
    try_output(output)
    bar = Bar(" images")
    try:
        part = run_scan(order, bar)
    except KeyboardInterrupt as error:
        done, images = images_done(output)
        words = go_on_words(done, images, "images", overwrite=arguments.overwrite) if images else ""
        raise KeyboardInterrupt(words) from error
    cut, skipped = ([image.reason for image in images] for images in (part.cut, part.skipped))
    is_new = bar.total > 0
    summary = photo_words(part.top_activations.seen, "images", cut, skipped)
    say_photo_faults(cut, skipped, f"{output}/scan/skipped.json")
    if arguments.crop:
        sys.stderr.write(f"{summary}; the result is in {output}/scan\n")
        make_crops(arguments, output, output, is_new=is_new)
    else:
        sys.stderr.write(f"next: {program()} crops --scan {shlex.quote(str(output))}\n")
        say_place(f"{output}/scan", summary, is_new=is_new)
    return 0

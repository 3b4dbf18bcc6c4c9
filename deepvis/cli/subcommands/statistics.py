"""``deepvis statistics``: how the units of a network answer to photos, and section S1 of the paper measured."""

from __future__ import annotations

import argparse
import sys

from deepvis.cli.parser import Parser, whole
from deepvis.cli.progress import go_on_words, photo_words, say_photo_faults, say_place
from deepvis.cli.shared_options import THREADS, add_network, add_output, add_overwrite, add_work, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.types import Fit
from deepvis.jobs.progress import Bar
from deepvis.models.network_options import network_of

GRADIENT_PHOTOS = 32
MOST_GRADIENT_PHOTOS = 10_000


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to measure")
    what.add_argument("--images", required=True, metavar="DIR|LIST", help="a folder of photos, or a file of paths")
    what.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that the window shows"
    )
    add_output(what, "none: the model's unit images; the result goes into its folder statistics")
    what.add_argument(
        "--fit", choices=[fit.value for fit in Fit], default="crop", help="crop as the window, or stretch"
    )
    what.add_argument(
        *("--gradient-photos",), type=whole(1, MOST_GRADIENT_PHOTOS), default=GRADIENT_PHOTOS, metavar="N",
        help=f"photos for the spectrum of the gradient, evenly spread; none: {GRADIENT_PHOTOS}",
    )  # fmt: skip
    add_overwrite(what, "forget what an earlier run left in the output folder")
    add_work(parser, THREADS, has_cluster=False)


@subcommand(
    "statistics",
    "measure mean, deviation, maximum and correlation of all units on photos, and the paper's section S1",
    "--images ~/Pictures",
    "--model squeezenet --images photos.txt --output statistics/squeezenet",
    arguments=arguments,
    resumes=True,
)
def statistics(arguments: argparse.Namespace) -> int:
    from deepvis.models.zoo import open_model
    from deepvis.statistics.measuring import run_statistics  # late: --help needs no torch
    from deepvis.statistics.plots import check_matplotlib
    from deepvis.statistics.preparing import StatisticsOrder
    from deepvis.statistics.result_file import check_drawn
    from deepvis.statistics.statistics_plan import StatisticsFolder
    from deepvis.statistics.text_tables import printed

    check_matplotlib()
    network = network_of(vars(arguments))
    output = arguments.output or open_model(network).unit_image_dir
    order = StatisticsOrder(
        network=network,
        images=arguments.images,
        output=output,
        layers=tuple(arguments.layers),
        fit=Fit(arguments.fit),
        device=arguments.device,
        threads=arguments.workers or 0,
        gradient_photos=arguments.gradient_photos,
        overwrite=arguments.overwrite,
    )
    try_output(output)
    bar = Bar(" images")
    try:
        result, is_new = run_statistics(order, bar)
        is_new = check_drawn(result, StatisticsFolder(output)) or is_new
    except KeyboardInterrupt as error:
        words = go_on_words(bar.done, bar.total, "photos", overwrite=arguments.overwrite) if bar.total else ""
        raise KeyboardInterrupt(words) from error
    images = result["images"]
    cut, skipped = ([each["reason"] for each in images[which]] for which in ("cut", "skipped"))
    say_photo_faults(cut, skipped, f"{output}/statistics/statistics.json")
    sys.stdout.write(printed(result) + "\n")
    say_place(f"{output}/statistics", photo_words(images["used"], "photos", cut, skipped), is_new=is_new)
    return 0

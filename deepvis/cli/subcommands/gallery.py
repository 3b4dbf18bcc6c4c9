"""``deepvis gallery``: static pages of all units of a network, as the paper has on the web."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepvis.cli.guard import warn
from deepvis.cli.parser import Parser, folder
from deepvis.cli.progress import go_on_words
from deepvis.cli.shared_options import add_model, add_output, add_overwrite
from deepvis.cli.subcommand import subcommand
from deepvis.core.user_error import UsageError

NAME = "deepvis gallery"


def arguments(parser: Parser) -> None:
    add_model(parser)
    what = parser.add_argument_group("what to show")
    what.add_argument(
        *("--layers", "--push-layer"), nargs="+", default=(), metavar="LAYER", help="none: all that the window shows"
    )
    what.add_argument(
        *("--pictures", "--unit-images"), nargs="+", type=folder, default=(), metavar="DIR",
        help="outputs of optimize-layer, optimize, scan and crops, looked at before the model's own folder",
    )  # fmt: skip
    what.add_argument(
        "--statistics", type=Path, metavar="FILE", help="statistics.json; none: one that lies among the pictures"
    )
    add_output(what, "folder of the pages: an empty one, a new one, or a gallery of this network", required=True)
    add_overwrite(what, "begin anew where there is a gallery; nothing else is removed")


@subcommand(
    "gallery",
    "write static pages of all units: their pictures, top 9, statistics and nearest units, with a search",
    "--output gallery",
    "--model bvlc-googlenet --pictures googlenet_pictures scans/googlenet --output gallery",
    arguments=arguments,
    resumes=True,
)
def gallery(arguments: argparse.Namespace) -> int:
    from deepvis.gallery.build import GalleryOrder, build
    from deepvis.gallery.missing import closing_words
    from deepvis.jobs.progress import Bar
    from deepvis.live.unit_image_commands import commands_for
    from deepvis.models.network_options import network_of
    from deepvis.models.zoo import open_model

    for each in arguments.pictures:
        if not each.is_dir():
            raise UsageError(f"--pictures {each}: found no such folder, expected one with pictures of units")
    model = open_model(network_of(vars(arguments)))
    commands = commands_for(model, vars(arguments))
    order = GalleryOrder(
        arguments.output,
        tuple(arguments.pictures),
        tuple(arguments.layers),
        arguments.statistics,
        overwrite=arguments.overwrite,
    )
    bar = Bar(" units")
    try:
        built = build(model, commands, order, bar)
    except KeyboardInterrupt as error:
        words = go_on_words(bar.done, bar.total, "units", overwrite=arguments.overwrite) if bar.total else ""
        raise KeyboardInterrupt(words) from error
    warn(built.notes, NAME)
    missing = f"; missing: {closing_words(built.missing)}" if built.missing else ""
    layers = "1 layer" if built.layers == 1 else f"{built.layers} layers"
    place = f"{built.units} units of {layers}; the result is in {built.page}"
    sys.stdout.write(f"{place if built.is_new else f'already done: {built.page}'}{missing}\n")
    return 0

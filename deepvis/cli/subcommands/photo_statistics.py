"""``deepvis photo-statistics``: what photos have in common, for the parameterizations of preferred images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.guard import warn
from deepvis.cli.parser import Parser, whole
from deepvis.cli.photo_arguments import photos_below
from deepvis.cli.shared_options import add_overwrite, try_output
from deepvis.cli.subcommand import subcommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

NAME = "deepvis photo-statistics"
MOST = 2000  # photos: more change nothing


def arguments(parser: Parser) -> None:
    parser.add_argument("--images", type=Path, metavar="DIR", help="photos, those of sub-folders too; none: samples")
    parser.add_argument("--count", type=whole(1), default=MOST, metavar="N", help="at most so many, evenly spread")
    parser.add_argument("--output", type=Path, required=True, metavar="NPZ", help="the file to write")
    add_overwrite(parser, "overwrite statistics that are there; no other file is overwritten")


@subcommand(
    "photo-statistics",
    "measure how the colours of photos vary together and how strong each frequency is",
    "--images photos --output photos.npz",
    arguments=arguments,
)
def photo_statistics(args: argparse.Namespace) -> int:
    """For ``deepvis optimize --preset maco --photo-statistics photos.npz``."""
    from deepvis.optimize.photo_statistics import measured, write_statistics

    check_output(args.output, overwrite=args.overwrite)
    try_output(args.output.parent)
    used: list[Path] = []
    found = measured(squares(args.images, args.count, used))
    write_statistics(args.output, found)
    photos = "1 photo" if len(used) == 1 else f"{len(used)} photos"
    sys.stdout.write(f"the colours and the spectrum of {photos} ({found.photos} squares): {args.output}\n")
    return 0


def check_output(path: Path, *, overwrite: bool) -> None:
    """Before the work: may the file be written? Raises UsageError where something is there that is to stay."""
    from deepvis.core.user_error import UsageError
    from deepvis.optimize.optimize_error import OptimizeError
    from deepvis.optimize.photo_statistics import read_statistics

    if not path.exists():
        return
    try:
        read_statistics(path)
    except OptimizeError:
        raise UsageError(
            f"--output {path} is there already and holds no statistics of photos; it is left as it is, choose another "
            "--output"
        ) from None
    if not overwrite:
        raise UsageError(f"--output {path} is there already; give --overwrite to overwrite it, or another --output")


def squares(folder: Path | None, count: int, used: list[Path]) -> Iterator[np.ndarray]:
    """Squares of the photos, one after the other; what is no photo, or too small, is named and left out.

    used: the photos that are taken are added to it. Raises UsageError.
    """
    from deepvis.optimize.photo_statistics import SMALLEST, squares_of
    from deepvis.sources.photos import PhotoError, load_rgb
    from deepvis.sources.samples import LABELS, samples_folder

    if folder is None:
        paths = [Path(samples_folder()) / name for name in LABELS]
    else:
        paths = photos_below(folder)
    for n in range(min(count, len(paths))):
        path = paths[n * len(paths) // min(count, len(paths))]
        try:
            rgb = load_rgb(path)
        except PhotoError as error:
            warn([f"{error}; it is left out"], NAME)
            continue
        height, width = rgb.shape[:2]
        if min(height, width) < SMALLEST:
            warn(
                [f"{path} is {width} x {height} pixels, expected {SMALLEST} or more on each side; it is left out"], NAME
            )
            continue
        used.append(path)
        yield from squares_of(rgb)

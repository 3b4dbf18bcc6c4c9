"""``deepvis photo-statistics``: what photos have in common, for the parameterizations of preferred images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.guard import warn
from deepvis.cli.parser import Parser, whole
from deepvis.cli.shared_options import try_output
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


@subcommand(
    "photo-statistics",
    "measure how the colours of photos vary together and how strong each frequency is",
    "--images photos --output photos.npz",
    arguments=arguments,
)
def photo_statistics(args: argparse.Namespace) -> int:
    """For ``deepvis optimize --preset maco --photo-statistics photos.npz``."""
    from deepvis.optimize.photo_statistics import measured, write_statistics

    try_output(args.output.parent)
    found = measured(squares(args.images, args.count))
    write_statistics(args.output, found)
    sys.stdout.write(f"the colours and the spectrum of {found.photos} squares of photos: {args.output}\n")
    return 0


def squares(folder: Path | None, count: int) -> Iterator[np.ndarray]:
    """Squares of the photos, one after the other; what is no photo is named and left out. Raises UsageError."""
    from deepvis.core.user_error import UsageError
    from deepvis.optimize.photo_statistics import squares_of
    from deepvis.sources.photos import SUFFIXES, PhotoError, load_rgb
    from deepvis.sources.samples import LABELS, samples_folder

    if folder is None:
        paths = [Path(samples_folder()) / name for name in LABELS]
    else:
        if not folder.is_dir():
            raise UsageError(f"--images {folder} is no folder, expected one with photos")
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    for n in range(min(count, len(paths))):
        path = paths[n * len(paths) // min(count, len(paths))]
        try:
            yield from squares_of(load_rgb(path))
        except (PhotoError, OSError) as error:
            warn([f"{path}: {error}"], NAME)

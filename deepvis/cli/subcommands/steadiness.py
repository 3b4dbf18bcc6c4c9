"""``deepvis steadiness``: how much each layer changes from frame to frame, of a video or under a camera's noise."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.cli.parser import Parser, positive, whole
from deepvis.cli.photo_arguments import photo_rgb
from deepvis.cli.progress import say_place
from deepvis.cli.shared_options import add_network, add_output, add_overwrite, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.json_file import read_table
from deepvis.core.types import Fit
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    import numpy as np

    from deepvis.live.backend import Backend

FRAMES_OF_PHOTO = 60
INPUT = "input"  # the row of the picture itself, as the network is fed with it
FILES = ("steadiness.json", "steadiness.csv", "steadiness.png")  # in the order in which they are written


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to measure")
    source = what.add_mutually_exclusive_group(required=True)
    source.add_argument("--video", metavar="FILE", help="the frames of a video")
    source.add_argument("--image", type=Path, metavar="FILE", help="one photo, again and again, with --noise")
    what.add_argument(
        "--noise", type=positive, default=0.0, metavar="LEVELS",
        help="add normal noise of so many grey levels to every value of every frame, as a camera does (0)",
    )  # fmt: skip
    what.add_argument(
        "--frames", type=whole(2), metavar="N", help=f"the first N frames; none: all, of a photo {FRAMES_OF_PHOTO}"
    )
    what.add_argument("--seed", type=whole(), default=0, metavar="N", help="of the noise (0)")
    what.add_argument(
        "--fit", choices=[fit.value for fit in Fit], default="crop", help="crop as the window, or stretch"
    )
    add_output(what, "the folder for steadiness.json, steadiness.csv and steadiness.png", required=True)
    add_overwrite(what, "write over those of an earlier run")


@subcommand(
    "steadiness",
    "measure how much each layer changes from frame to frame of a video",
    "--video clip.mp4 --output steady",
    "--image photo.jpg --noise 2 --frames 60 --output steady-noise",
    arguments=arguments,
)
def steadiness(arguments: argparse.Namespace) -> int:
    from deepvis.live.backend import open_backend
    from deepvis.models.zoo import open_model
    from deepvis.statistics.layer_steadiness import LayerChanges, document, draw, table
    from deepvis.statistics.plots import check_matplotlib

    output = arguments.output
    if arguments.image is not None and not arguments.noise:
        raise UsageError("--image: a photo does not change by itself; give --noise LEVELS, as --noise 2")
    check_matplotlib()
    model = open_model(network_of(vars(arguments)))
    source = arguments.video or str(arguments.image)
    about = {"model": model.name, "identity": model.identity, "source": source, "noise": arguments.noise}
    about |= {"seed": arguments.seed, "fit": arguments.fit, "frames": arguments.frames}
    check_output(output, about, overwrite=arguments.overwrite)
    try_output(output)
    backend = open_backend("engine", model, arguments.device)
    found = LayerChanges().take(values_of(backend, model.data_blob, frames(arguments), Fit(arguments.fit)))
    if not found.seconds:
        raise UsageError(f"--video {arguments.video}: has one frame; steadiness needs two")
    values, rows, picture = (output / name for name in FILES)
    write(values, json.dumps(document(found, about), indent=1) + "\n")
    write(rows, table(found))
    draw(found, f"{model.name}, {Path(source).name}{noise_words(arguments.noise)}", picture)
    for fact in found.facts():
        sys.stdout.write(f"{fact['layer']:<32} {100 * fact['mean']:7.2f} %\n")
    say_place(output, f"{len(found.seconds)} pairs of frames, {len(found.changes)} layers")
    return 0


def check_output(folder: Path, about: Mapping[str, Any], *, overwrite: bool) -> None:
    """Before the work. Values of the same without a picture are of a run that was ended between the two.

    They are written again. Raises UsageError where anything else is there.
    """
    there = [name for name in FILES if (folder / name).exists()]
    if there and not overwrite and (FILES[-1] in there or not are_values_of(folder / FILES[0], about)):
        raise UsageError(f"--output {folder}: {there[0]} is there already; give another folder, or --overwrite")


def are_values_of(path: Path, about: Mapping[str, Any]) -> bool:
    """Does a file hold what this command writes of the same network and frames?"""
    from deepvis.statistics.layer_steadiness import FORMAT

    try:
        facts = read_table(path)
    except (OSError, ValueError):
        return False
    asked = {"format": FORMAT, **about}
    return "changes" in facts and {name: facts.get(name) for name in asked} == asked


def noise_words(levels: float) -> str:
    return f", noise {levels:g}" if levels else ""


def write(path: Path, text: str) -> None:
    from deepvis.core.files import write_file

    write_file(path, text.encode())


def frames(arguments: argparse.Namespace) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds, rgb) of each frame, with its noise. Raises UsageError."""
    from itertools import islice, repeat

    import numpy as np

    from deepvis.sources.video_frames import frames_of, with_noise

    random = np.random.default_rng(arguments.seed)
    found: Iterator[tuple[float, np.ndarray]]
    if arguments.video:
        found = islice(frames_of(arguments.video), arguments.frames)
    else:
        rgb = photo_rgb(arguments.image)
        number = arguments.frames or FRAMES_OF_PHOTO
        found = ((index / 25, each) for index, each in enumerate(repeat(rgb, number)))  # as a camera's 25 a second
    for seconds, rgb in found:
        yield seconds, with_noise(rgb, arguments.noise, random) if arguments.noise else rgb


def values_of(
    backend: Backend, data_blob: str, found: Iterator[tuple[float, np.ndarray]], fit: Fit
) -> Iterator[tuple[float, Mapping[str, np.ndarray]]]:
    """Seconds of each frame with the values of every layer of the list, the input's first."""
    import numpy as np

    from deepvis.core.types import NetRequest
    from deepvis.sources.base import new_frame

    for seconds, rgb in found:
        snapshot = backend.run(NetRequest(new_frame(np.array(rgb)), fit=fit))
        layers = {each.name: snapshot.activations[each.name] for each in backend.info.listed}
        yield seconds, {INPUT: snapshot.activations[data_blob], **layers}

"""What the command lines of the scan, the crops and the report share: arguments, a progress bar, errors."""

from __future__ import annotations

import argparse
import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from deepvis.models.network_options import add_network_options
from deepvis.network.errors import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.scan.errors import ScanError
from deepvis.scan.executor import Where
from deepvis.scan.results import back_folders


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """The model's arguments, named as the window's."""
    net = parser.add_argument_group("network")
    net.add_argument("--model", metavar="NAME|DIR", help="a model's name, or a folder with a model.yaml")
    add_network_options(net)


def add_modes_argument(parser: argparse.ArgumentParser, when: str = "") -> None:
    """--modes, checked by the crops. when: what the option goes with."""
    modes = ", ".join(back_folders())
    parser.add_argument("--modes", nargs="+", default=["deconv"], metavar="MODE", help=f"{when}{modes}")


def add_where_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the work is done."""
    work = parser.add_argument_group("work")
    work.add_argument("--device", default="auto", metavar="DEVICE", help="auto (the default), cpu, cuda or cuda:N")
    work.add_argument(
        "--workers",
        type=_count,
        default=0,
        metavar="N",
        help="so many processes; 0 (the default): threads of this one",
    )
    work.add_argument("--scheduler", metavar="tcp://...", help="a Dask cluster whose machines see the same files")


def where(arguments: argparse.Namespace) -> Where:
    return Where(arguments.workers, arguments.scheduler)


class Bar:
    """A Progress on the terminal: done of all, per second, time left, skipped. unit: "image", "unit"."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: tqdm | None = None
        self._skipped = 0

    def begin(self, images: int, done: int) -> None:
        self._bar = tqdm(total=images, initial=done, unit=f" {self._unit}s", dynamic_ncols=True, smoothing=0.1)
        self._bar.set_postfix_str(f"skipped {self._skipped}", refresh=False)

    def advance(self, images: int, skipped: int) -> None:
        if self._bar is None:
            return
        if skipped:
            self._skipped += skipped
            self._bar.set_postfix_str(f"skipped {self._skipped}", refresh=False)
        self._bar.update(images)

    def note(self, sentence: str) -> None:
        tqdm.write(sentence, file=sys.stderr)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def run_command(command: Callable[[], None]) -> int:
    """Run it; the exit code. What the user can put right becomes one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):  # file names may be no text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        command()
    except (ScanError, ModelError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what was finished is kept: the same command goes on from there\n")
        return 130
    return 0


def output_folder(given: Path | None, network: NetworkRef) -> Path:
    """Where to write: as given, or where the window looks for this model's unit images. Raises ModelError."""
    if given is not None:
        return given
    from deepvis.models.zoo import open_model

    return open_model(network).unit_image_dir


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected 0 or more")
    return int(text)

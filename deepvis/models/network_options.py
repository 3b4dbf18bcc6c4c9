"""Which network, and what its pictures are: the options that every command has, and what they name."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepvis.network.ref import LAYOUTS, NetworkRef, absolute

# of a NetworkRef, each as an option of its name
OPTIONS = ("channel_order", "input_scale", "input_size", "data_blob", "std", "channels", "layout", "inputs")
FLAGS = ("fill", "trust_file")
NETWORK = (
    "your own network: FILE.py:NAME or package.module:NAME, code of yours that makes a torch.nn.Module and is run; "
    "torchvision:NAME, timm:NAME; FILE.pt2; or deploy.prototxt"
)


def add_network_options(group: Any, aliases: Mapping[str, Sequence[str]] | None = None) -> None:
    """Enter the options into a parser or a group of it. aliases: option -> further names of it."""

    def add(option: str, **words: Any) -> None:
        group.add_argument(option, *(aliases or {}).get(option, ()), **words)

    add("--network", metavar="NAME|FILE", help=NETWORK)
    add("--prototxt", metavar="FILE", help="the same, as it is called for Caffe's networks")
    add("--weights", metavar="FILE", help="its weights: .caffemodel; .pth, .pt or .safetensors for a module")
    add("--fill", action="store_true", default=None, help="layers without weights keep their initial values")
    add(
        "--trust-file", action="store_true", default=None, help="run what a .pt2 brings along to be run when it is read"
    )
    add("--mean", type=mean_of, metavar="FILE|M,M,M", help=".npy, .binaryproto or one number per channel")
    add("--std", type=_numbers, metavar="S,S,S", help="one number per channel; x = (pixel / 255 * scale - mean) / std")
    add("--input-scale", type=positive, metavar="X", help="value of white before mean and std: 255 for Caffe, else 1")
    add("--channel-order", choices=("BGR", "RGB"), help="order of the input's channels: BGR for Caffe, else RGB")
    add("--input-size", type=input_size, metavar="HxW", help="input size, where it is not the file's")
    add("--channels", type=_count, metavar="N", help="channels of the input, where the network does not tell")
    add("--layout", choices=LAYOUTS, help="how a module takes pictures; found where it is not said")
    add("--data-blob", metavar="BLOB", help="the input that takes the picture")
    add("--input", dest="inputs", action="append", type=_input, metavar="NAME=FILE.npy",
        help="values of another input; zeros where nothing is said")  # fmt: skip
    add("--labels", metavar="FILE", help="a class name per line")


def network_of(arguments: argparse.Namespace, said: Mapping[str, Any] | None = None) -> NetworkRef:
    """The network that the arguments name; files by their absolute paths, which other processes and folders find too.

    said: further options of a NetworkRef; None values are as if absent.
    """
    given = vars(arguments)
    model, named = given.get("model"), given.get("network") or given.get("prototxt")
    inputs = given.get("inputs")
    options = {name: given.get(name) for name in OPTIONS}
    options["inputs"] = None if not inputs else tuple(map(_with_absolute_file, inputs))
    options.update({name: True for name in FLAGS if given.get(name)})
    options.update({name: value for name, value in (said or {}).items() if value is not None})
    mean = given.get("mean")
    return NetworkRef(
        model=os.path.abspath(model) if model and os.path.isdir(model) else model,
        network=absolute(named) if named else None,
        weights=_absolute(given.get("weights")),
        mean=_absolute(mean) if isinstance(mean, str) else mean,
        labels=_absolute(given.get("labels")),
        options=tuple((name, value) for name, value in options.items() if value is not None),
    )


def mean_of(text: str) -> str | tuple[float, ...]:
    """A file's name, or numbers with commas between them."""
    bare = text.strip("()[] ")
    if Path(text).exists() or not re.fullmatch(r"[-+.\deE]+(?:[ ,]+[-+.\deE]+)*,?", bare):
        return text
    return _parsed(text, bare)


def input_size(text: str) -> tuple[int, int]:
    """ "227", "HxW" or "(H,W)" -> (height, width)."""
    parts = text.lower().strip("()[] ").replace(",", "x").replace(" ", "").split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts) or len(parts) > 2:
        raise bad(text, "an input size, as 227 or HEIGHTxWIDTH")
    return int(parts[0]), int(parts[-1])


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise bad(text, "a number above 0")
    return value


def bad(text: str, expected: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{text!r} is not {expected}")


def _numbers(text: str) -> tuple[float, ...]:
    return _parsed(text, text.strip("()[] "))


def _parsed(text: str, bare: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in bare.replace(",", " ").split())
    except ValueError:
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        raise bad(text, "one number per channel, with commas between them")
    return numbers


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise bad(text, "a whole number, 1 or more")
    return int(text)


def _input(text: str) -> str:
    name, _, file = text.partition("=")
    if not name or not file:
        raise bad(text, "NAME=FILE.npy, the input's name and a file of its values")
    return text


def _with_absolute_file(text: str) -> str:
    name, _, file = text.partition("=")
    return f"{name}={os.path.abspath(file)}"


def _absolute(path: str | None) -> str | None:
    return os.path.abspath(path) if path else path

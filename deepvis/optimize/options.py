"""The command lines' common options: the network, what to push and how; from words to checked values.

The original's names are kept. Values are read as values (numbers, lists, YAML), never evaluated.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from deepvis.models import network_options
from deepvis.models.network_options import add_network_options
from deepvis.network.device import device_of
from deepvis.network.ref import NetworkRef
from deepvis.optimize.errors import OptimizeError
from deepvis.optimize.objective import CENTRE, WHOLE
from deepvis.optimize.presets import preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.regularizers import SETTINGS
from deepvis.optimize.start import LARGEST_SEED, STARTS
from deepvis.optimize.steps import STEPS
from deepvis.optimize.tasks import Setup

DEFAULT_RECIPE = Recipe()
# the names that the original has for the network's options
ORIGINAL = {"--prototxt": ["--deploy-proto"], "--weights": ["--net-weights"], "--input-size": ["--data-size"]}


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Tells those defaults that are values."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False) else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """Complains in one sentence, without the usage text."""

    def __init__(self, **words: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Help, **words)

    def error(self, message: str) -> NoReturn:
        raise OptimizeError(f"{message} (--help lists all options)")


def add_network(parser: argparse.ArgumentParser) -> None:
    """Options that say which network."""
    net = parser.add_argument_group("network")
    net.add_argument(
        "--model", default=None, metavar="NAME|DIR", help="a model's name or folder; none: the embedded one"
    )
    add_network_options(net, ORIGINAL)
    net.add_argument(
        "--channel-swap-to-rgb", metavar="(2,1,0)", help="the channel order in the original's way: (0,1,2) for RGB"
    )
    net.add_argument("--caffe-root", metavar="DIR", help="taken and ignored: no Caffe is needed")
    net.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """Options that say how to climb; those given override the preset."""
    how = parser.add_argument_group("how to climb")
    how.add_argument(
        "--preset", metavar="NAME", help="1 to 4: a row of the paper's Table 1; or a name of --presets-file"
    )
    how.add_argument("--presets-file", type=Path, metavar="YAML", help="your own presets")
    for setting in (SETTINGS[name] for name in SETTINGS):
        how.add_argument(
            f"--{setting.name.replace('_', '-')}", metavar="X", help=setting.help, default=argparse.SUPPRESS
        )
    how.add_argument("--lr-policy", help=f"one of {', '.join(STEPS)}", default=argparse.SUPPRESS)
    how.add_argument(
        "--lr-params", metavar="'{lr: 1}'", default=argparse.SUPPRESS,
        help="; ".join(f"{name} needs {', '.join(STEPS[name].needs)}" for name in STEPS),
    )  # fmt: skip
    how.add_argument("--max-iter", metavar="N", help="iterations", default=argparse.SUPPRESS)


def add_start(parser: argparse.ArgumentParser, seeds: str = "0") -> None:
    start = parser.add_argument_group("where to start")
    start.add_argument("--start-at", default="mean_plus_rand", metavar="START", help=f"one of {', '.join(STARTS)}")
    start.add_argument("--start-image", type=Path, metavar="FILE", help="a photo to start from")
    start.add_argument("--rand-seed", nargs="+", default=[seeds], metavar="N", help="0, 0-8, or several")


def add_units(parser: argparse.ArgumentParser, channels: str | None) -> None:
    what = parser.add_argument_group("what to push")
    what.add_argument("--push-layer", nargs="+", metavar="LAYER", help="one layer or several; none: the classes")
    what.add_argument(
        "--push-channel",
        nargs="+",
        default=[channels] if channels else None,
        metavar="N",
        help="12, 0-31, several, a class's name, or all",
    )
    what.add_argument("--push-spatial", metavar="(R,C)", help="place in the map, or whole; none: the centre")
    what.add_argument("--push-dir", default="1", metavar="X", help="1 to raise the unit, -1 to lower it")


def add_work(parser: argparse.ArgumentParser) -> None:
    work = parser.add_argument_group("work")
    work.add_argument("--batch", type=int, metavar="N", help="images that climb together; none: 4, on a GPU 64")
    work.add_argument("--workers", type=int, metavar="N", help="batches at a time in this process; none: one a core")
    work.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="run on the Dask cluster of this scheduler")


# --- from words to values -------------------------------------------------------------------------


def setup_of(args: argparse.Namespace) -> Setup:
    """The network that the options name, and the device. Raises ModelError for a device that is not there."""
    return Setup(network_of(args), str(device_of(args.device)))


def network_of(args: argparse.Namespace) -> NetworkRef:
    """The network that the options name, paths absolute so that other machines and folders find them."""
    order = args.channel_order or _order(args.channel_swap_to_rgb)
    return network_options.network_of(args, {"channel_order": order})


def recipe_of(args: argparse.Namespace) -> Recipe:
    """The preset's recipe, or the original's defaults, with the options given in place of its values."""
    given = vars(args)
    base = preset(args.preset, args.presets_file) if args.preset else DEFAULT_RECIPE
    values = base.as_dict()
    values.update({name: number(f"--{name.replace('_', '-')}", given[name]) for name in SETTINGS if name in given})
    if "max_iter" in given:
        values["max_iter"] = whole("--max-iter", given["max_iter"])
    if "lr_policy" in given:
        values["lr_policy"] = given["lr_policy"]
    if "lr_params" in given:
        values["lr_params"] = table("--lr-params", given["lr_params"])
    return Recipe.from_dict(values)


def numbers(option: str, words: Sequence[str], count: int | None = None) -> list[int]:
    """["0-3", "7,9"] -> 0 1 2 3 7 9, each once, in order; "all": the first ``count``. Raises OptimizeError.

    count: how many channels there are; None: the numbers are seeds.
    """
    found: dict[int, None] = {}
    for word in ",".join(words).replace(",", " ").split():
        if word == "all" and count is not None:
            found.update(dict.fromkeys(range(count)))
            continue
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            hint = "a number, a range such as 0-31, or all" if count is not None else "a number or a range such as 0-8"
            raise OptimizeError(f"{option} is {word!r}; expected {hint}")
        if count is None and last > LARGEST_SEED:
            raise OptimizeError(f"{option} is {word!r}; expected seeds of 0 to {LARGEST_SEED}")
        if last - first > 10**6:
            raise OptimizeError(f"{option} is {word!r}; expected at most a million")
        found.update(dict.fromkeys(range(first, last + 1)))
    if not found:
        raise OptimizeError(f"{option} names nothing; give a number or a range")
    return list(found)


def number(option: str, word: Any) -> float:
    try:
        return float(word)
    except (TypeError, ValueError):
        raise OptimizeError(f"{option} is {word!r}; expected a number") from None


def whole(option: str, word: Any, low: int | None = None, high: int | None = None) -> int:
    """The word as a whole number from low to high, both included (high only beside low). Raises OptimizeError."""
    try:
        found = int(word)
    except (TypeError, ValueError):
        raise OptimizeError(f"{option} is {word!r}; expected a whole number") from None
    if (low is not None and found < low) or (high is not None and found > high):
        ends = f"of {low} or more" if high is None else f"from {low} to {high}"
        raise OptimizeError(f"{option} is {word!r}; expected a whole number {ends}")
    return found


def table(option: str, text: str) -> dict[str, Any]:
    """'{"lr": 100}', '{lr: 1e8}', 'dict(lr=100)' or 'lr=100,max_lr=3' -> a dict of words and numbers."""
    bare = re.sub(r"^dict\((.*)\)$", r"\1", text.strip())
    if "{" not in bare and "=" in bare:
        bare = "{" + bare.replace("=", ": ") + "}"
    try:
        found = yaml.safe_load(bare)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise OptimizeError(f"{option} is {text!r}; expected a table of names and numbers such as '{{lr: 100}}'")
    return {str(name): value for name, value in found.items()}


def place_of(word: str | None) -> tuple[int, ...] | str:
    """The original's --push-spatial: "None" for the centre, "(6,6)"; and "whole" for the whole channel."""
    if word is None or word.strip().lower() == "none":
        return CENTRE
    if word.strip().lower() == WHOLE:
        return WHOLE
    return _pair("--push-spatial", word) or CENTRE


def _pair(option: str, word: str | None) -> tuple[int, int] | None:
    if word is None:
        return None
    parts = word.strip("()[] ").replace("x", ",").replace(",", " ").split()
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise OptimizeError(f"{option} is {word!r}; expected two whole numbers such as (6,6)")
    return int(parts[0]), int(parts[1])


def _order(swap: str | None) -> str | None:
    if swap is None:
        return None
    orders = {"2,1,0": "BGR", "0,1,2": "RGB"}
    bare = swap.strip("()[] ").replace(" ", "")
    if bare not in orders:
        raise OptimizeError(f"--channel-swap-to-rgb is {swap!r}; expected (2,1,0) for BGR networks or (0,1,2) for RGB")
    return orders[bare]

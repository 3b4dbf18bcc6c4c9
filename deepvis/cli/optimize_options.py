"""The arguments of the subcommands that optimize: what to push, where to start, how to climb.

The names are those of the toolbox of 2015. Their words become values in ``deepvis.optimize.recipe_options``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deepvis.cli.parser import Parser, whole
from deepvis.optimize import transforms  # noqa: F401  (enters its settings)
from deepvis.optimize.defaults import DEFAULT_CHANNEL
from deepvis.optimize.parameterization import COLOURS, PARAMETERIZATIONS
from deepvis.optimize.presets import BEYOND_2015
from deepvis.optimize.regularizers import SETTINGS
from deepvis.optimize.start import STARTS
from deepvis.optimize.steps import STEPS
from deepvis.optimize.terms import OF_A_UNIT


def add_layers(group: Any, help: str) -> None:
    group.add_argument("--push-layer", "--layers", nargs="+", metavar="LAYER", help=help)


def add_units(parser: Parser) -> None:
    what = parser.add_argument_group("what to push")
    add_layers(what, "one layer or several; none: the classes")
    what.add_argument(
        *("--push-channel", "--units"), nargs="+", metavar="N",
        help=f"12, 0-31, several, a class's name, or all; none: {DEFAULT_CHANNEL}, or 0 of a layer with fewer",
    )  # fmt: skip
    what.add_argument("--push-spatial", metavar="(R,C)", help="place in the map, or whole; none: the centre")
    what.add_argument("--push-dir", default="1", metavar="X", help="1 to raise the unit, -1 to lower it")
    what.add_argument(
        "--objective",
        metavar="WORDS",
        help=f"one of {', '.join(OF_A_UNIT)}, of the units named; or a sum: 'unit(fc8, 3) - 0.5*channel(conv5, 7)'",
    )
    what.add_argument("--photo", type=Path, metavar="FILE", help="the photo whose values match looks for")


def add_start(parser: Parser) -> None:
    start = parser.add_argument_group("where to start")
    start.add_argument("--start-at", default="mean_plus_rand", metavar="START", help=f"one of {', '.join(STARTS)}")
    start.add_argument("--start-image", type=Path, metavar="FILE", help="a photo to start from")
    start.add_argument("--rand-seed", nargs="+", default=["0"], metavar="N", help="0, 0-8, or several")


def add_recipe(parser: Parser) -> None:
    """How to climb; what is given overrides the preset."""
    how = parser.add_argument_group("how to climb")
    how.add_argument(
        "--preset",
        metavar="NAME",
        help="1 to 4: a row of the paper's Table 1; 1+ to 4+: the same regularizers with even steps, for any network; "
        f"later ones: {', '.join(BEYOND_2015)}; or a name of --presets-file",
    )
    add_presets_file(how)
    for setting in (SETTINGS[name] for name in SETTINGS):
        how.add_argument(
            f"--{setting.name.replace('_', '-')}", metavar="X", help=setting.help, default=argparse.SUPPRESS
        )
    needs = "; ".join(f"{name} needs {', '.join(STEPS[name].needs)}" for name in STEPS)
    how.add_argument("--lr-policy", metavar="NAME", help=f"one of {', '.join(STEPS)}", default=argparse.SUPPRESS)
    how.add_argument("--lr-params", metavar="'{lr: 1}'", help=needs, default=argparse.SUPPRESS)
    how.add_argument("--max-iter", type=whole(1), metavar="N", help="iterations", default=argparse.SUPPRESS)
    how.add_argument(
        "--parameterization",
        metavar="NAME",
        help=f"what is changed: {', '.join(PARAMETERIZATIONS)}",
        default=argparse.SUPPRESS,
    )
    how.add_argument(
        "--colours",
        metavar="NAME",
        help=f"{' or '.join(COLOURS)}: change red, green, blue, or colours that do not correlate over photos",
        default=argparse.SUPPRESS,
    )
    how.add_argument(
        "--photo-statistics",
        type=Path,
        metavar="NPZ",
        help="colours and spectrum of your own photos (deepvis photo-statistics); none: of sample photos",
        default=argparse.SUPPRESS,
    )


def add_presets_file(group: Any, help: str = "your own presets") -> None:
    group.add_argument("--presets-file", type=Path, metavar="YAML", help=help)

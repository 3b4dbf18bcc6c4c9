"""``deepvis dictionary``: directions of a layer's channel space, as a further layer of the network.

The file that it writes is opened with --dictionary, by the window and by every command that opens a network.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from deepvis.cli.parser import Parser, whole
from deepvis.cli.progress import photo_words, say_photo_faults, say_place
from deepvis.cli.shared_options import add_network, add_overwrite, try_output
from deepvis.cli.subcommand import subcommand
from deepvis.core.program import program
from deepvis.core.unit_files import file_name
from deepvis.core.user_error import UsageError
from deepvis.jobs.progress import Bar
from deepvis.models.network_options import network_of

MOST_ATOMS, MOST_POSITIONS = 4096, 4096


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to learn")
    what.add_argument("--layer", required=True, metavar="LAYER", help="the layer whose channels are looked at")
    what.add_argument("--images", required=True, metavar="DIR|LIST", help="a folder of photos, or a file of paths")
    what.add_argument("--atoms", type=whole(1, MOST_ATOMS), default=64, metavar="N", help="how many directions")
    what.add_argument(
        "--method", choices=("nmf", "dictionary"), help="none: nmf where no value is below 0, else dictionary learning"
    )
    what.add_argument(
        "--positions", type=whole(1, MOST_POSITIONS), default=32, metavar="N", help="places drawn from each photo"
    )
    what.add_argument(
        "--count", type=whole(2), default=2000, metavar="N", help="photos at most, evenly spread over all"
    )
    what.add_argument("--seed", type=whole(0, 2**31 - 2), default=0, metavar="N", help="of the places and the start")
    what.add_argument("--output", type=Path, metavar="NPZ", help="the file to write; none: LAYER~N.npz here")
    add_overwrite(what, "overwrite a dictionary that is there; no other file is overwritten")


@subcommand(
    "dictionary",
    "learn directions of a layer's channels from photos, to look at as a further layer",
    "--layer conv3 --images ~/Pictures --atoms 16",
    "--model bvlc-googlenet --layer inception_4c/output --images photos --output 4c.npz",
    arguments=arguments,
    resumes=True,
)
def dictionary(args: argparse.Namespace) -> int:
    from deepvis.scan.dictionary import DictionaryOrder, json_of, learn  # late: --help needs no torch

    if args.dictionary is not None and "dictionary" not in args.from_settings:
        raise UsageError(
            "--dictionary adds atoms to a network, and a dictionary is learned from its own layers; leave it out"
        )
    output = args.output or Path(f"{file_name(args.layer)}~{args.atoms}.npz")
    if output.suffix != ".npz":
        raise UsageError(f"--output {output}: the name must end in .npz")
    try_output(output.parent)
    network = network_of({**vars(args), "dictionary": None})
    found = learn(
        DictionaryOrder(
            network, args.layer, args.images, output, args.atoms, args.method, args.positions,
            args.count, args.seed, args.device, args.overwrite,
        ),
        Bar(" photos"),
    )  # fmt: skip
    cut, skipped = ([reason for _, reason in found.facts.get(which, ())] for which in ("cut", "skipped"))
    say_photo_faults(cut, skipped, json_of(output))
    sys.stdout.write("".join(f"{line}\n" for line in report(found.facts)))
    say_place(output, photo_words(found.facts["photos_used"], "photos", cut, skipped), is_new=found.is_new)
    sys.stderr.write(f"next: {program()} --dictionary {shlex.quote(str(output))}, with the same network\n")
    return 0


def report(facts: dict[str, Any]) -> list[str]:
    """What the figures of a dictionary say."""
    used, places = facts["photos_used"], facts["places_learned_from"]
    return [
        f"{facts['name']}: {facts['atoms']} atoms of {facts['channels']} channels by {facts['method']}, from "
        f"{places:,} places of {used - facts['photos_held_out']} photos",
        f"of the variance in {facts['photos_held_out']} other photos {facts['explained']:.1%} is explained; by what "
        f"the layer shows {facts['explained_by_linear_code']:.1%}, by as many principal components "
        f"{facts['explained_by_principal_components']:.1%}",
        f"what the layer shows correlates with the best code by {facts['correlation_with_code']:.3f} "
        f"(the least by {facts['least_correlation_with_code']:.3f})",
        f"two seeds agree by a mean cosine of {facts['agreement']:.3f} (the least {facts['least_agreement']:.3f}; the "
        f"nearest other atom of the same seed {facts['nearest_other_atom']:.3f})",
    ]

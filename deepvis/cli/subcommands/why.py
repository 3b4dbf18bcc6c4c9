"""``deepvis why``: the units of a layer by what they contribute to a class or unit, for one photo (docs/why.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.cli.parser import Parser, whole
from deepvis.cli.photo_arguments import class_unit, photo_rgb, unit_named
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    from deepvis.core.types import Contributions, NetInfo, Snapshot


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to ask")
    what.add_argument("--image", type=Path, required=True, metavar="FILE", help="the photo")
    asked = what.add_mutually_exclusive_group()
    asked.add_argument(
        "--class", dest="class_name", metavar="NAME|N", help="why this class; none: the most probable one"
    )
    asked.add_argument("--unit", type=unit_named, metavar="LAYER:N", help="why this unit")
    what.add_argument(
        *("--through", "--via"), type=unit_named, nargs="+", default=[], metavar="LAYER:N",
        help="only what goes through these units, each in an earlier layer than the one before",
    )  # fmt: skip
    what.add_argument("--layer", required=True, metavar="LAYER", help="the units of this earlier layer")
    what.add_argument(
        "--top", type=whole(1), default=20, metavar="N", help="so many for it, and so many against it (20)"
    )
    what.add_argument("--stretch", action="store_true", help="stretch the photo instead of its centre crop")
    what.add_argument("--json", action="store_true", help="print JSON")


@subcommand(
    "why",
    "rank the units of a layer by what they contribute to a class or unit",
    "--image photo.jpg --class pizza --layer conv5",
    "--image photo.jpg --unit conv5:151 --layer conv3 --top 10 --json",
    "--image photo.jpg --class pizza --through conv5:151 --layer conv3",
    arguments=arguments,
)
def why(arguments: argparse.Namespace) -> int:
    """Prints those most for it, the largest first, and those most against it, the largest last."""
    from deepvis.core.types import Fit, NetRequest
    from deepvis.live.backend import open_backend
    from deepvis.models.zoo import open_model
    from deepvis.sources.base import new_frame

    model = open_model(network_of(vars(arguments)))
    frame = new_frame(photo_rgb(arguments.image))
    backend = open_backend("engine", model, arguments.device)
    fit, info = Fit.STRETCH if arguments.stretch else Fit.CROP, backend.info
    first = arguments.unit or class_unit(info, arguments.class_name, lambda: backend.run(NetRequest(frame, fit=fit)))
    chain = (first, *arguments.through)
    shown = frozenset({arguments.layer} & {layer.name for layer in info.layers})
    snapshot = backend.run(NetRequest(frame, fit=fit, shown=shown or None, why=chain))
    facts = facts_of(info, snapshot, arguments.layer, arguments.top)
    facts = {"model": model.name, "image": str(arguments.image), **facts}
    sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n" if arguments.json else table(facts))
    return 0


def facts_of(info: NetInfo, snapshot: Snapshot, layer: str, top: int) -> dict[str, Any]:
    """What is printed, as JSON has it. Raises UsageError for a layer that does not contribute."""
    import numpy as np

    found = snapshot.contributions
    for unit, above in zip(found.chain[1:], found.chain, strict=False) if found is not None else ():
        if found is not None and unit.layer not in found.links:
            raise UsageError(
                f"--through {unit.layer}:{unit.channel} is not on the way to {above.layer}:{above.channel}"
            )
    sums = None if found is None else found.of(layer)
    if found is None or sums is None:
        raise UsageError(no_contributions(info, found, layer))
    values = snapshot.activations[layer]
    largest = values.reshape(len(values), -1).max(axis=1)
    sizes = float(np.abs(sums).sum())
    order = np.argsort(-sums, kind="stable").tolist()
    rank = {channel: place for place, channel in enumerate(order, start=1)}

    def fact(channel: int) -> dict[str, Any]:
        share = float(sums[channel]) / sizes if sizes else None
        of = {"rank": rank[channel], "unit": channel, "contribution": float(sums[channel]), "share": share}
        return {**of, "largest_activation": float(largest[channel])}

    return {
        "chain": [{"layer": unit.layer, "unit": unit.channel, "label": info.class_of(unit)} for unit in found.chain],
        "value": found.value,
        "is_score": is_score(snapshot, found),
        "layer": layer,
        "units_in_layer": len(sums),
        "total": float(sums.sum()),
        "for": float(sums[sums > 0].sum()),
        "against": float(sums[sums < 0].sum()),
        "units": [fact(channel) for channel in order[:top]],
        "most_against": [fact(channel) for channel in order[::-1][:top] if sums[channel] < 0],
    }


def is_score(snapshot: Snapshot, found: Contributions) -> bool:
    """True where the value is not the unit's own but the score that its softmax takes."""
    first = found.chain[0]
    own = float(snapshot.activations[first.layer][first.channel].sum())
    return abs(own - found.value) > 1e-3 * max(abs(own), abs(found.value))


def no_contributions(info: NetInfo, found: Contributions | None, layer: str) -> str:
    """Why a layer has none, in one sentence."""
    links = found.links if found is not None else {}
    last = f"{found.chain[-1].layer}:{found.chain[-1].channel}" if found is not None else "it"
    if layer in {each.name for each in info.layers}:
        return f"--layer {layer} is not on the way from the input to {last}; on it are: {listed(info, links)}"
    names = [each.name for each in info.layers if each.name in links]
    hint = nearest(layer, names, f"there are: {listed(info, links)}")
    return f"--layer {layer}: {info.name} has no such layer; {hint}"


def listed(info: NetInfo, links: Sequence[str] | Any) -> str:
    return ", ".join(each.name for each in info.listed if each.name in links) or "none"


def table(facts: dict[str, Any]) -> str:
    """The same for people."""
    chain = " > ".join(f"{each['layer']}:{each['unit']} {each['label']}".strip() for each in facts["chain"])
    lines = [
        f"{facts['model']}, {facts['image']}",
        f"contribution of the units of {facts['layer']} to {chain}",
        f"for {facts['for']:.4g}, against {facts['against']:.4g}, total {facts['total']:.4g}; "
        f"{'score before the softmax' if facts['is_score'] else 'value'} {facts['value']:.4g}",
        f"{'rank':>5} {'unit':>6} {'contribution':>13} {'share':>8} {'largest activation':>19}",
    ]
    against = [unit for unit in facts["most_against"] if unit not in facts["units"]]
    for unit in (*facts["units"], *reversed(against)):
        share = "" if unit["share"] is None else f"{100 * abs(unit['share']):.1f} %"
        if against and unit is against[-1]:
            lines.append("  ...")
        lines.append(
            f"{unit['rank']:>5} {unit['unit']:>6} {unit['contribution']:>+13.4g} {share:>8} "
            f"{unit['largest_activation']:>19.4g}"
        )
    return "\n".join(lines) + "\n"

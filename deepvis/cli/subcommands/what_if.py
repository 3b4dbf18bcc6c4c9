"""``deepvis what-if``: a photo's classes with units switched off, clamped or scaled (docs/what-if.md)."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.cli.parser import Parser, bad, whole
from deepvis.cli.photo_arguments import photo_rgb, unit_named
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    from deepvis.core.interventions import Intervention
    from deepvis.core.types import NetInfo, Snapshot, Unit


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to change")
    what.add_argument("--image", type=Path, required=True, metavar="FILE", help="the photo")
    what.add_argument(
        "--off",
        type=unit_named,
        nargs="+",
        action="extend",
        default=[],
        metavar="LAYER:N",
        help="switch these units off",
    )
    what.add_argument(
        "--scale",
        type=unit_with_number,
        nargs="+",
        action="extend",
        default=[],
        metavar="LAYER:N=X",
        help="multiply units by a number",
    )
    what.add_argument(
        "--clamp",
        type=unit_with_number,
        nargs="+",
        action="extend",
        default=[],
        metavar="LAYER:N=X",
        help="give units a fixed value",
    )
    what.add_argument("--layer", metavar="LAYER", help="list the units of this layer that change most, too")
    what.add_argument("--top", type=whole(1), default=10, metavar="N", help="so many classes, and so many units (10)")
    what.add_argument("--stretch", action="store_true", help="stretch the photo instead of its centre crop")
    what.add_argument("--json", action="store_true", help="print JSON")


@subcommand(
    "what-if",
    "compare a photo's classes before and after units are switched off, clamped or scaled",
    "--image photo.jpg --off conv5:151",
    "--image photo.jpg --off conv5:151 conv5:7 --scale conv4:3=2 --clamp fc6:7=0 --layer fc7",
    "--image photo.jpg --off conv5:151 --json",
    arguments=arguments,
)
def what_if(arguments: argparse.Namespace) -> int:
    """Prints the classes before and after, and the units of a layer that change most."""
    from deepvis.core.types import Fit, NetRequest
    from deepvis.live.backend import open_backend
    from deepvis.models.zoo import open_model
    from deepvis.sources.base import new_frame

    interventions = interventions_of(arguments)
    model = open_model(network_of(vars(arguments)))
    frame = new_frame(photo_rgb(arguments.image))
    backend = open_backend("engine", model, arguments.device)
    info, fit = backend.info, Fit.STRETCH if arguments.stretch else Fit.CROP
    check(info, interventions, arguments.layer)
    snapshot = backend.run(NetRequest(frame, fit=fit, interventions=interventions))
    facts = facts_of(info, snapshot, arguments.layer or "", arguments.top)
    facts = {"model": model.name, "image": str(arguments.image), **facts}
    sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n" if arguments.json else table(facts))
    return 0


def unit_with_number(words: str) -> tuple[Unit, float]:
    """ "conv4:3=2". Raises ArgumentTypeError."""
    from deepvis.core.interventions import LARGEST

    unit, _, number = words.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not unit or not abs(value) <= LARGEST:
        raise bad(words, "a layer, the number of a unit and a number, LAYER:N=X")
    return unit_named(unit), value


def interventions_of(arguments: argparse.Namespace) -> tuple[Intervention, ...]:
    """Raises UsageError where there are none, or a unit is named twice."""
    from deepvis.core.interventions import clamped, each_once, scaled, switched_off

    found = [*map(switched_off, arguments.off), *(scaled(*each) for each in arguments.scale)]
    found += [clamped(*each) for each in arguments.clamp]
    if not found:
        raise UsageError("found no unit to change, expected some of --off, --scale, --clamp")
    try:
        return each_once(found)
    except ValueError as error:
        raise UsageError(str(error)) from None


def check(info: NetInfo, interventions: tuple[Intervention, ...], layer: str | None) -> None:
    """Raises UsageError for layers and units that are not there."""
    layers = {each.name: each for each in info.layers}
    for name in [each.unit.layer for each in interventions] + ([layer] if layer else []):
        if name not in layers:
            names = [each.name for each in info.listed]
            hint = nearest(name, layers, f"there are: {', '.join(names)}")
            raise UsageError(f"{info.name} has no layer {name!r}; {hint}")
        if layers[name].missing:
            raise UsageError(f"there are no values of {layers[name].missing_words}")
    for each in interventions:
        if each.unit.layer == info.prob_layer:
            raise UsageError(
                f"nothing follows {info.prob_layer}, so nothing would change; name a unit of an earlier layer"
            )
        count = layers[each.unit.layer].channels
        if each.unit.channel >= count:
            raise UsageError(
                f"layer {each.unit.layer} has the units 0 to {count - 1}, there is no unit {each.unit.channel}"
            )
    if not layer and not info.prob_layer:
        raise UsageError(f"{info.name} has no layer of probabilities; name a layer, --layer LAYER")


def facts_of(info: NetInfo, snapshot: Snapshot, layer: str, top: int) -> dict[str, Any]:
    """What is printed, as JSON has it."""
    from deepvis.core.before_after import by_magnitude, changed_classes, largest_changes
    from deepvis.core.interventions import extreme

    after, before = snapshot.activations, snapshot.before or snapshot.activations
    facts: dict[str, Any] = {
        "interventions": [
            {"layer": each.unit.layer, "unit": each.unit.channel, "kind": each.kind.value, "number": each.number}
            for each in snapshot.request.interventions
        ]
    }
    if info.prob_layer:
        facts["classes"] = [
            {"unit": unit, "label": info.class_title(unit), "before": was, "after": now}
            for unit, was, now in changed_classes(before[info.prob_layer], after[info.prob_layer], top)
        ]
    if layer:
        was, now = before[layer], after[layer]
        changes = largest_changes(now - was)
        order = by_magnitude(changes)
        facts |= {"layer": layer, "units_in_layer": len(changes), "units_changed": len(order)}
        facts["units"] = [
            {"unit": c, "before": extreme(was[c]), "after": extreme(now[c]), "change": float(changes[c])}
            for c in order[:top]
        ]
        if not order:
            facts["none_because"] = why_none(info, [each.unit.layer for each in snapshot.request.interventions], layer)
    return facts


def why_none(info: NetInfo, changed: Sequence[str], layer: str) -> str:
    """Why no unit of a layer changes where units of others are changed."""
    names = [each.name for each in info.layers]
    first = min(changed, key=names.index)
    if names.index(layer) < names.index(first):
        return f"it comes before {first}; name a later layer, --layer LAYER"
    return "what is done leaves all values as they were" if layer in changed else f"nothing of {first} reaches it"


def table(facts: dict[str, Any]) -> str:
    """The same for people."""
    words = {"off": "off", "clamp": "= {:g}", "scale": "x {:g}"}
    done = ", ".join(
        f"{each['layer']}:{each['unit']} {words[each['kind']].format(each['number'])}"
        for each in facts["interventions"]
    )
    lines = [f"{facts['model']}, {facts['image']}", f"what if: {done}"]
    if "classes" in facts:
        lines.append(f"{'before':>9} {'after':>9}   class")
        for each in facts["classes"]:
            lines.append(f"{100 * each['before']:>7.2f} % {100 * each['after']:>7.2f} %   {each['label']}")
    if "units" in facts:
        count = f"{facts['units_changed']} of {facts['units_in_layer']} units of {facts['layer']} change"
        if not facts["units"]:
            return "\n".join([*lines, f"{count}: {facts['none_because']}"]) + "\n"
        lines += [count, f"{'unit':>6} {'before':>10} {'after':>10} {'largest change':>15}"]
        for each in facts["units"]:
            lines.append(f"{each['unit']:>6} {each['before']:>10.4g} {each['after']:>10.4g} {each['change']:>+15.4g}")
    return "\n".join(lines) + "\n"

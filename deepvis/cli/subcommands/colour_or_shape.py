"""``deepvis colour-or-shape``: a unit's values for photos gray, blurred, shuffled ... (docs/colour-or-shape.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.cli.parser import Parser, bad, whole
from deepvis.cli.photo_arguments import class_unit, photo_rgb, photos_below, unit_named, with_bar
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.cli.subcommands.accuracy import labelled
from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    from deepvis.core.changed_pictures import ChangedPictures
    from deepvis.core.colour_or_shape import UnitAnswer
    from deepvis.core.types import Fit, NetInfo, Snapshot, Unit
    from deepvis.live.backend import Backend
    from deepvis.models.model import Model

NAME = "deepvis colour-or-shape"


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to ask")
    photos = what.add_mutually_exclusive_group(required=True)
    photos.add_argument("--image", type=Path, metavar="FILE", help="one photo")
    photos.add_argument(
        *("--images",), type=Path, metavar="DIR",
        help="the mean over photos of this folder and below: those of the class, by the names of files or folders, "
        "else those with the unit's largest values",
    )  # fmt: skip
    asked = what.add_mutually_exclusive_group()
    asked.add_argument(
        "--class", dest="class_name", metavar="NAME|N", help="this class; none: the most probable of the photo"
    )
    asked.add_argument("--unit", type=unit_named, metavar="LAYER:N", help="this unit")
    what.add_argument("--top", type=whole(1), default=9, metavar="N", help="of a folder, so many photos at most (9)")
    what.add_argument("--stretch", action="store_true", help="stretch a photo instead of its centre crop")
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print JSON")
    out.add_argument("--output", type=_png, metavar="SHEET.png", help="write the chart with its pictures as well")


@subcommand(
    "colour-or-shape",
    "compare a unit's values for photos gray, with turned hue, blurred, as edges, shuffled, rotated",
    "--image photo.jpg",
    "--image photo.jpg --unit conv5:151 --output sheet.png",
    "--images photos --class pizza --json",
    arguments=arguments,
)
def colour_or_shape(arguments: argparse.Namespace) -> int:
    from deepvis.core.colour_or_shape import mean_answers, unit_answers
    from deepvis.core.types import Fit
    from deepvis.live.backend import open_backend
    from deepvis.models.zoo import open_model

    fit = Fit.STRETCH if arguments.stretch else Fit.CROP
    model = open_model(network_of(vars(arguments)))
    backend = open_backend("engine", model, arguments.device)
    if arguments.image is not None:
        unit = unit_asked(arguments, backend, fit)
        photos, chosen = [arguments.image], "the photo"
    else:
        if arguments.unit is None and arguments.class_name is None:
            raise UsageError("--images needs a class or a unit to look at, --class NAME or --unit LAYER:N")
        unit = unit_asked(arguments, backend, fit)
        photos, chosen = photos_for(arguments, model, backend, unit, fit)
    first: ChangedPictures | None = None
    found: list[PhotoAnswers] = []
    for path, changed in changed_photos(backend, unit, photos, fit, is_one=arguments.image is not None):
        first = first or changed
        found.append(PhotoAnswers(path, unit_answers(changed.pictures, unit)))
    if first is None:
        raise UsageError(f"--images {arguments.images}: none of the photos could be read")
    mean = found[0].answers if len(found) == 1 else mean_answers([each.answers for each in found])
    facts = facts_of(backend.info, unit, found, mean, chosen)
    sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n" if arguments.json else table(facts))
    if arguments.output is not None:
        write_sheet(arguments.output, facts, first, mean)
    return 0


@dataclass(frozen=True)
class PhotoAnswers:
    """What the unit makes of one photo and of its changes."""

    path: Path
    answers: tuple[UnitAnswer, ...]


def unit_asked(arguments: argparse.Namespace, backend: Backend, fit: Fit) -> Unit:
    """Raises UsageError for a unit or class that is not there."""
    if arguments.unit is not None:
        unit: Unit = arguments.unit
        layers = {layer.name: layer for layer in backend.info.layers}
        if unit.layer not in layers:
            hint = nearest(unit.layer, layers, f"deepvis layers --model {backend.info.name} lists them")
            raise UsageError(f"--unit: {backend.info.name} has no layer {unit.layer!r}; {hint}")
        if layers[unit.layer].missing:
            raise UsageError(f"--unit {layers[unit.layer].missing_words}")
        check_number(f"--unit {unit.layer}:{unit.channel}", unit, backend)
        return unit
    unit = class_unit(backend.info, arguments.class_name, lambda: passed(backend, arguments.image, None, fit))
    check_number(f"--class {unit.channel}", unit, backend)
    return unit


def check_number(option: str, unit: Unit, backend: Backend) -> None:
    last = backend.info.layer(unit.layer).channels - 1
    if unit.channel > last:
        raise UsageError(f"{option}: found {unit.channel}, expected a number of 0 to {last}")


def passed(backend: Backend, path: Path, layer: str | None, fit: Fit) -> Snapshot:
    """The pass of a photo. layer: all that is asked for; None: the layer of the classes. Raises UsageError."""
    from deepvis.core.types import NetRequest
    from deepvis.sources.base import new_frame

    frame = new_frame(photo_rgb(path))
    asked = layer or backend.info.prob_layer or backend.info.class_layer("")
    return backend.run(NetRequest(frame, fit=fit, shown=frozenset({asked})))


def photos_for(
    arguments: argparse.Namespace, model: Model, backend: Backend, unit: Unit, fit: Fit
) -> tuple[list[Path], str]:
    """The photos of the folder to look at, and in words which they are. Raises UsageError."""
    folder, top = arguments.images, arguments.top
    paths = photos_below(folder)
    if unit.layer in backend.info.label_layers:
        try:
            of_class = [path for path, place in labelled(model, folder, None) if place == unit.channel]
        except UsageError:  # none is named by a class
            of_class = []
        if of_class:
            return of_class[:top], "photos of the class, by their names"
    values: list[tuple[float, Path]] = []
    for path, snapshot in with_bar(paths, lambda path: passed(backend, path, unit.layer, fit), NAME):
        values.append((float(snapshot.activations[unit.layer][unit.channel].max()), path))
    best = sorted(values, key=lambda each: -each[0])[:top]
    return [path for _, path in best], f"photos of {len(values):,} with its largest values"


def changed_photos(
    backend: Backend, unit: Unit, photos: Sequence[Path], fit: Fit, *, is_one: bool
) -> Iterator[tuple[Path, ChangedPictures]]:
    """Each photo with all its changes passed. is_one: what cannot be read is an error, not a warning."""
    from deepvis.live.changing import Changing

    def changed(path: Path) -> ChangedPictures:
        changing = Changing(backend, passed(backend, path, unit.layer, fit))
        while not changing.is_done:
            changing.go_on(lambda: False)
        if changing.newest.error:
            raise UsageError(changing.newest.error)
        return changing.newest

    if is_one:
        yield photos[0], changed(photos[0])
        return
    yield from with_bar(photos, changed, NAME)


def facts_of(
    info: NetInfo, unit: Unit, found: Sequence[PhotoAnswers], mean: Sequence[UnitAnswer], chosen: str
) -> dict[str, Any]:
    """What is printed, as JSON has it."""
    from deepvis.core.colour_or_shape import conclusion

    is_probability = unit.layer == info.prob_layer
    return {
        "model": info.name,
        "layer": unit.layer,
        "unit": unit.channel,
        "label": info.class_of(unit),
        "units_in_layer": info.layer(unit.layer).channels,
        "value": "probability" if is_probability else "largest value of the unit's map",
        "photos": [str(each.path) for each in found],
        "chosen": chosen,
        "pictures": [_fact(each) for each in mean],
        "conclusion": conclusion(mean, is_probability=is_probability),
        "each_photo": [
            {"photo": str(each.path), "values": {_fact(one)["change"]: one.value for one in each.answers}}
            for each in found
        ],
    }


def _fact(answer: UnitAnswer) -> dict[str, Any]:
    from deepvis.core.colour_or_shape import title_of_change

    name = answer.change or "unchanged"
    title = title_of_change(answer.change)
    return {"change": name, "title": title, "value": answer.value, "rank": answer.rank, "percent": answer.percent}


def table(facts: dict[str, Any]) -> str:
    """The same for people."""
    from deepvis.core.colour_or_shape import percent_words

    count = len(facts["photos"])
    of = facts["photos"][0] if count == 1 else f"mean of {count} {facts['chosen']}"
    lines = [
        f"{facts['model']}, {facts['layer']}:{facts['unit']} {facts['label']}".rstrip(),
        f"{of}; {facts['value']}",
        f"{'picture':24} {'value':>11} {'rank':>8} {'change':>9}",
    ]
    for each in facts["pictures"]:
        change = "" if each["change"] == "unchanged" else percent_words(each["percent"])
        rank = f"{each['rank']:.0f}" if count == 1 else f"{each['rank']:.1f}"
        lines.append(f"{each['title']:24} {each['value']:>11.4g} {rank:>8} {change:>9}".rstrip())
    if facts["conclusion"]:
        lines.append(facts["conclusion"])
    return "\n".join(lines) + "\n"


def write_sheet(path: Path, facts: dict[str, Any], changed: ChangedPictures, mean: Sequence[UnitAnswer]) -> None:
    """The chart as a picture; of several photos the first one's pictures stand for all. Raises UsageError."""
    from deepvis.window.screenshots import save_picture
    from deepvis.window.ui.change_chart import Chart, ChartRow
    from deepvis.window.ui.change_sheet import sheet

    count = len(facts["photos"])
    of = Path(facts["photos"][0]).name if count == 1 else f"mean of {count} {facts['chosen']}; pictures of the first"
    title = "   ".join(filter(None, (facts["model"], f"{facts['layer']} · {facts['unit']}", facts["label"], of)))
    rows = [ChartRow(each.change, each.rgb, answer) for each, answer in zip(changed.pictures, mean, strict=True)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_picture(path, sheet(title, Chart(rows, facts["conclusion"])))
    except OSError as error:
        raise UsageError(f"--output {path} could not be written: {error.strerror or error}") from error


def _png(words: str) -> Path:
    if not words.lower().endswith(".png"):
        raise bad(words, "the name of a picture, SHEET.png")
    return Path(words)

"""What of each network can be shown; of one network all that is known of it before it is shown (``deepvis check``).

A line a network: opened, opened in part, or refused and why.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import prod
from pathlib import Path

from deepvis.cli.listings import layer_lines
from deepvis.core.program import program
from deepvis.core.user_error import UsageError
from deepvis.core.words import printable
from deepvis.live.backend import BackendError
from deepvis.live.fields import open_fields
from deepvis.live.showing import bad_weights, net_info
from deepvis.models.card import CARD_NAME
from deepvis.models.model import Model
from deepvis.models.network_options import network_of
from deepvis.models.zoo import model_names, open_model
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.network.ref import SUFFIXES, NetworkRef, format_of, is_name

NETWORKS = tuple(suffix for suffix in SUFFIXES if suffix != ".py")  # that a folder is searched for
WEIGHTS = (".caffemodel", ".h5", ".hdf5", ".pth", ".ckpt", ".safetensors")
MOST_NAMED = 6
FLOAT_BYTES = 4
# what a file, or a user's own module, may do wrong beside what is foreseen
FAULTS = (ModelError, BackendError, OSError, ValueError, RuntimeError, MemoryError, ImportError, TypeError, LookupError)


class OpenOutcome(Enum):
    """How far a network was opened."""

    OPENED = "opened"
    IN_PART = "opened in part"
    REFUSED = "refused"


@dataclass(frozen=True)
class Asked:
    """A network to look at: as named, and the file of its weights, "" without one."""

    name: str
    weights: str = ""


@dataclass(frozen=True, eq=False)
class Found:
    """What came of it. said: a sentence. model, shapes: of a network that was opened."""

    outcome: OpenOutcome
    said: str
    model: Model | None = None
    shapes: Mapping[str, tuple[int, ...]] | None = None


def report(files: Sequence[str], arguments: argparse.Namespace) -> int:
    """Say what of the networks can be shown: 0 if all were opened, in part too; else 2. Raises UsageError."""
    asked = [*networks_in(files), *filter(None, [_by_option(arguments)])]
    if not asked:
        raise UsageError(f"found no network to look at, expected at least one: {program()} check deploy.prototxt")
    wide = max(len(each.name) for each in asked)
    outcomes = []
    for each in asked:
        found = looked_at(each, arguments)
        outcomes.append(found.outcome)
        line = f"{found.outcome.value:14}  {each.name:{wide}}  {found.said}"
        sys.stdout.write(printable_line(line) + "\n")
        if len(asked) == 1 and found.model is not None:
            for more in details(found.model, found.shapes or {}):
                sys.stdout.write(printable_line(more) + "\n")
        sys.stdout.flush()
    return 2 if OpenOutcome.REFUSED in outcomes else 0


# --- what is asked for ------------------------------------------------------------------------------


def networks_in(names: Sequence[str]) -> list[Asked]:
    """The networks that are named; weights belong to the network before them, or else to the one behind them."""
    found: list[Asked] = []
    early = ""  # weights that wait for their network
    for name in names:
        if Path(name).suffix.lower() in WEIGHTS:
            if found and not found[-1].weights and Path(found[-1].name).parent == Path(name).parent:
                found[-1] = replace(found[-1], weights=name)
            else:
                found += [Asked(early)] if early else []
                early = name
            continue
        folder = Path(name)
        if not (name in model_names() or is_name(name) or (folder / CARD_NAME).is_file()) and folder.is_dir():
            found += [*([Asked(early)] if early else []), *_networks_below(folder)]
            early = ""
            continue
        mine = early if early and Path(early).parent == Path(name).parent else ""
        found += [Asked(early)] if early and not mine else []
        found.append(Asked(name, mine))
        early = ""
    return [*found, *([Asked(early)] if early else [])]


def _networks_below(folder: Path) -> list[Asked]:
    """The networks of a folder and those within it, in order; each with the weights of its name, or the only ones."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    networks = [path for path in files if path.suffix.lower() in NETWORKS]
    weights = [path for path in files if path.suffix.lower() in (".caffemodel", ".h5")]
    found = []
    for path in networks:
        beside = [each for each in weights if each.parent == path.parent and path.suffix == ".prototxt"]
        alone = sum(each.parent == path.parent for each in networks) == 1
        own = [each for each in beside if each.name.startswith(f"{path.stem}.")] or (beside if alone else [])
        found.append(Asked(str(path), str(own[0]) if len(own) == 1 else ""))
    return found or [Asked(str(folder))]


def _by_option(arguments: argparse.Namespace) -> Asked | None:
    """The network of --network, --prototxt or --model."""
    named = arguments.network or arguments.prototxt or arguments.model
    return Asked(named, arguments.weights or "") if named else None


def reference(asked: Asked, arguments: argparse.Namespace) -> NetworkRef:
    """How ``open_model`` finds it. A Caffe network without weights gets made-up ones. Raises ModelError."""
    weights = asked.weights or (arguments.weights if len(arguments.files) < 2 else None)
    path = Path(asked.name)
    is_card = (asked.name in model_names() and not path.is_file()) or (path / CARD_NAME).is_file()
    if path.suffix.lower() in WEIGHTS and not is_name(asked.name):
        raise ModelError("holds weights alone; name its network before it: deploy.prototxt net.caffemodel")
    if not is_card and not is_name(asked.name) and path.is_dir():
        raise ModelError(f"is a folder without any network ({', '.join(NETWORKS)})")
    given = {**vars(arguments), "model": None, "network": None, "prototxt": None, "weights": weights}
    given["model" if is_card else "network"] = asked.name
    if not is_card and not weights and format_of(asked.name) == "caffe":
        given["fill"] = True
    return network_of(given)


# --- what is found ----------------------------------------------------------------------------------


def looked_at(asked: Asked, arguments: argparse.Namespace) -> Found:
    """Open the network, with its weights, and work all shapes out; no picture goes through."""
    from deepvis.network.shapes import infer_shapes  # late: --help needs no torch

    try:
        model = open_model(reference(asked, arguments))
        graph = model.graph
        if graph.refusal is not None:
            raise graph.refusal
        shapes = infer_shapes(graph, graph.inputs)
    except FAULTS as error:
        return Found(OpenOutcome.REFUSED, _sentence(error, asked))
    made_up = "" if asked.weights or model.weights or has_weights(graph) else ", with made-up weights"
    size = " x ".join(map(str, model.preprocessor.input_shape))
    said = f"{size}, {len(graph.nodes)} layers{made_up}"
    if graph.unavailable:
        return Found(OpenOutcome.IN_PART, f"{said}; without {_without(graph)}", model, shapes)
    return Found(OpenOutcome.OPENED, said, model, shapes)


def has_weights(graph: Graph) -> bool:
    """True unless they were made up."""
    return all(node.has_own_weights for node in graph.nodes)


def _sentence(error: BaseException, asked: Asked) -> str:
    """Why, in one line, without the file's name at its beginning, which stands before it."""
    said = printable(str(error)) or type(error).__name__
    for name in (asked.name, str(Path(asked.name).absolute())):
        said = said.removeprefix(f"{name}: ").removeprefix(f"{name}, ")
    return said if isinstance(error, (ModelError, BackendError)) else f"{type(error).__name__}: {said}"


def _without(graph: Graph) -> str:
    """What cannot be had: the causes, and how much needs them."""
    causes = [name for name, each in graph.unavailable.items() if not each.why.startswith("needs ")]
    named = [f"{name} ({graph.unavailable[name].why})" for name in causes[:MOST_NAMED]]
    more = len(causes) - len(named)
    others = len(graph.unavailable) - len(causes)
    words = ", ".join(named) + (f" and {more} more" if more else "")
    needs = f"{others} value{'s that need' if others > 1 else ' that needs'} {'them' if len(causes) > 1 else 'it'}"
    return words + (f", and {needs}" if others and words else needs if others else "")


# --- one network ------------------------------------------------------------------------------------


def details(model: Model, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """All that is known of one network: what it is fed with, weights, memory, notes, what is missing, its layers."""
    graph = model.graph
    held = {id(array): prod(array.shape) * array.dtype.itemsize for node in graph.nodes for array in node.weights}
    values = FLOAT_BYTES * sum(prod(shape) for shape in shapes.values())
    weights = str(model.weights) if model.weights else "its own" if has_weights(graph) else "made up"
    yield f"input     {model.data_blob}: {model.input_words}"
    yield f"weights   {weights}"
    yield f"memory    {size_words(sum(held.values()))} of weights, {size_words(values)} of values of one picture"
    yield f"classes   {_classes(model)}"
    for note in (*model.notes, *bad_weights(model)):
        yield f"note      {note}"
    for name, each in graph.unavailable.items():
        yield f"unknown   {name}: {each.why}"
    info = net_info(model, shapes, "", unavailable=graph.unavailable)
    yield from (f"layer     {line}" for line in layer_lines(info, open_fields(model)))


def _classes(model: Model) -> str:
    if not model.prob_layer:
        return "none are known (--prob-layer names the layer of their probabilities)"
    named = f"named by {model.labels_file}" if model.labels else "without names (--labels FILE)"
    return f"in layer {model.prob_layer}, {named}"


def size_words(count: int) -> str:
    """Bytes as a person reads them."""
    if count < 1e6:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e6:.1f} MB" if count < 1e8 else f"{count / 1e6:,.0f} MB"


def printable_line(line: str) -> str:
    """One line, its spaces kept."""
    return "".join(
        letter if letter.isprintable() else " " for letter in line.encode("utf-8", "replace").decode()
    ).rstrip()

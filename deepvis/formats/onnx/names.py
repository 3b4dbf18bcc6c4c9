"""Names for what an ONNX file computes, as a person knows them.

In order: the modules that torch's exporters write down (``pkg.torch.onnx.name_scopes``, or a node's name with slashes),
the names that the file gives its values or nodes, the stem of a weight's name, the operator's type with a number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import onnx

from deepvis.network.node_names import Calls, names_of, unique

SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_MADE_UP = re.compile(
    r"[a-zA-Z]?\d+|(node|val|tensor|output|input|onnx::\w+|Op|op)[_:]?\d*|node_\w*?_?\d+|getitem(_\d+)?", re.ASCII
)
_WEIGHT = re.compile(
    r"(?<=.)([._/:](weights?|kernel|W|w|w_0|filter|bn_w|s|scale|gamma|rm|riv)(_0|_quantized)?(:0)?)+$", re.ASCII
)
_BETWEEN = re.compile(r"^(gpu_\d+|cpu_\d+|StatefulPartitionedCall)/", re.ASCII)


@dataclass(frozen=True)
class Made:
    """One operator that runs: its node, the names of the outputs that are taken, and of the weights that it takes."""

    node: onnx.NodeProto
    tops: Sequence[str]
    weights: Sequence[str] = ()


def names_for(made: Sequence[Made], taken: Collection[str], initializers: Collection[str]) -> list[list[str]]:
    """The names of each one's outputs. taken: names that are in use already, of the inputs."""
    scopes = _scopes(made, initializers)
    used = set(taken)
    numbers: Counter[str] = Counter()
    plain = {index: _own_name(each, numbers) for index, each in enumerate(made) if scopes[index] is None}
    scoped = [(index, scope) for index, scope in enumerate(scopes) if scope is not None]
    named = dict(zip([i for i, _ in scoped], names_of([scope for _, scope in scoped], taken), strict=True))
    used.update(named.values())
    found = []
    for index, each in enumerate(made):
        first = named[index] if index in named else unique(plain[index], used)
        more = [unique(_other(name, first, place), used) for place, name in enumerate(each.tops[1:], 1)]
        found.append([first, *more])
    return found


def _other(name: str, first: str, place: int) -> str:
    clean = _clean(name)
    return f"{first}.{place}" if _is_made_up(clean) or "/" in name[:1] else clean


def _is_made_up(name: str) -> bool:
    return not name or _MADE_UP.fullmatch(name) is not None


def _clean(name: str) -> str:
    """Without what exporters add: ":0" of TensorFlow, the device of Caffe2."""
    return _BETWEEN.sub("", re.sub(r":\d+$", "", name)).strip("/")


def _own_name(each: Made, numbers: Counter[str]) -> str:
    """Of a node without modules. numbers: how many of each type there were."""
    numbers[each.node.op_type] += 1
    typed = re.compile(rf"{re.escape(each.node.op_type)}_?\d*(_output_\d+|_Y|__\d+)?")
    for name in (each.tops[0] if each.tops else "", each.node.name):
        clean = _clean(name)
        if not _is_made_up(clean) and typed.fullmatch(clean) is None:
            return clean
    for weight in each.weights[:1]:
        stem = _WEIGHT.sub("", weight)
        if stem != weight and not _is_made_up(_clean(stem)):
            return _clean(stem)
    return f"{each.node.op_type}_{numbers[each.node.op_type]}"


# --- modules --------------------------------------------------------------------------------------

Scope = tuple[Calls, str]  # the calls of modules, and the operator's word


def _scopes(made: Sequence[Made], initializers: Collection[str]) -> list[Scope | None]:
    """Of each node the modules within which it was made, where the file says so."""
    metadata = [{entry.key: entry.value for entry in each.node.metadata_props} for each in made]
    if sum(SCOPES in each for each in metadata) * 2 > len(made):
        return _by_metadata(made, metadata)
    slashed = [each.node.name.startswith("/") for each in made]
    if sum(slashed) * 2 > len(made):
        return _by_slashes(made, initializers)
    return [None] * len(made)


def _by_metadata(made: Sequence[Made], metadata: Sequence[dict[str, str]]) -> list[Scope | None]:
    """By name_scopes: the paths of the modules, outermost first, then the operator. Nodes without take those before."""
    found: list[Scope | None] = []
    listed = [tuple(_listed(entries.get(SCOPES, ""))) for entries in metadata]
    last = {scopes: index for index, scopes in enumerate(listed)}
    calls_of: dict[tuple[str, str], list[str]] = {}  # (module, operator) -> its calls
    outer: Calls = ()
    for index, (each, entries, scopes) in enumerate(zip(made, metadata, listed, strict=True)):
        if not scopes:
            found.append((outer, each.node.op_type))
            continue
        outer, op = tuple(scope for scope in scopes[:-1] if scope), _without_number(scopes[-1])
        calls, classes = outer, _listed(entries.get(CLASSES, ""))
        is_single = bool(outer) and len(classes) > 1 and _is_single(classes[-2])
        if is_single:
            calls_of_module = calls_of.setdefault((outer[-1], op), [])
            if scopes[-1] not in calls_of_module:
                calls_of_module.append(scopes[-1])
            call = calls_of_module.index(scopes[-1])
            calls = (*outer[:-1], f"{outer[-1]}@{call}") if call else outer
        if last[scopes] != index:  # one operator of torch's, several here: the last has its name
            op = each.node.op_type if is_single else f"{op}.{each.node.op_type}"
        found.append((calls, op))
    return found


def _is_single(name: str) -> bool:
    """A module of torch.nn that does one thing: the same operator once more is a second call of it."""
    return name.startswith("torch.nn.modules.") and not re.search(r"container|transformer|Attention|\.rnn\.", name)


def _listed(text: str) -> list[str]:
    """The texts of "['', 'layer1', 'relu']"."""
    return [a or b for a, b in _QUOTED.findall(text[:20_000])]


def _without_number(op: str) -> str:
    return re.sub(r"_\d+$", "", op)


def _by_slashes(made: Sequence[Made], initializers: Collection[str]) -> list[Scope | None]:
    """By names such as ``/layer1/layer1.0/conv1/Conv``; ``/layer1/layer1.0/relu_1/Relu`` is a second call of relu."""
    parts = [each.node.name.strip("/").split("/") for each in made]
    paths = [_module_path(p[:-1]) for p in parts]
    weights: dict[str, set[tuple[str, ...]]] = {}
    for path, each in zip(paths, made, strict=True):
        if path:
            weights.setdefault(path[-1], set()).add(tuple(each.weights[:1]))
    owners = {name.rpartition(".")[0] for name in initializers}
    found: list[Scope | None] = []
    for path, part, each in zip(paths, parts, made, strict=True):
        again = re.fullmatch(r"(.+)_(\d+)", path[-1], re.DOTALL) if path else None
        if again and again[1] in weights and path[-1] not in owners and weights[path[-1]] <= weights[again[1]]:
            path = (*path[:-1], f"{again[1]}@{again[2]}")
        op = part[-1] if part[-1] else each.node.op_type
        found.append((path, _without_number(op)))
    return found


def _module_path(parts: Sequence[str]) -> Calls:
    """("layer1", "layer1.0", "conv1") -> ("layer1", "layer1.0", "layer1.0.conv1"): a part that goes on replaces."""
    path, found = "", []
    last = ""
    for part in parts:
        if last and part.startswith(f"{last}."):
            path = path[: len(path) - len(last)] + part
        else:
            path = f"{path}.{part}" if path else part
        last = part
        found.append(path)
    return tuple(found)

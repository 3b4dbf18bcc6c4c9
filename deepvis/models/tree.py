"""The layer list of a module as a tree: stages and blocks, which open, by the paths of the modules.

"layer4.1.conv2" lies in the block "layer4.1", which stands in the list for all that is in it, with its last value.
Names with slashes have paths too (``slash_paths``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from deepvis.models.slash_paths import Path, slash_paths, stage_of
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import HANDED_ON, Kind
from deepvis.network.views import OUTPUT, RAW, TOKEN

FEWEST, MOST = 6, 40  # names that the list shows before anything is opened: more, and fewer, where the network allows
_WEIGHTED = frozenset((Kind.CONVOLUTION, Kind.TRANSPOSED_CONVOLUTION, Kind.LINEAR, Kind.RECURRENT, Kind.EMBEDDING))
_MOVING_MODULES = frozenset(
    ("Flatten", "Unflatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Permute", "Expand", "Rearrange")
)
_SILENT = frozenset((Kind.IDENTITY, Kind.SINK, Kind.RESHAPE, Kind.DETECTION, Kind.SCALE))
# operators that hand their numbers on in another order, and pieces of others
_MOVES = frozenset(
    (
        *("permute", "transpose", "t", "expand", "repeat", "select", "slice", "split", "split_with_sizes", "chunk"),
        *("unbind", "squeeze", "unsqueeze", "flatten", "roll", "flip", "clone", "contiguous", "detach", "to_copy"),
    )
)
_RECTIFIES = frozenset((Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.ACTIVATION))


@dataclass(frozen=True)
class TreeEntry:
    """A layer of the list, in its place."""

    name: str
    inside: tuple[str, ...] = ()  # blocks that must be open for it to be shown, outermost first
    folds: tuple[str, ...] = ()  # blocks that it stands for, outermost first
    is_minor: bool = False  # shown only with all operators
    group: str = ""  # layers of one group stand together
    short: str = ""  # its short name
    missing: str = ""  # why its values cannot be computed here, "" where they can


def is_module(graph: Graph) -> bool:
    """Made of a module, whose values have dotted paths."""
    return any(node.is_view for node in graph.nodes)


def path_of(name: str) -> Path:
    """ "layer4.1.conv2" -> ("layer4", "1", "conv2"); a token beside the grid is a part of its value."""
    token = TOKEN.match(name)
    return (*path_of(token[1]), f"[{token[2]}]") if token else tuple(name.split("."))


def is_dotted(names: Sequence[str]) -> bool:
    """Paths of modules are among them."""
    return any("." in name and "/" not in name for name in names)


def shown_by(graph: Graph, name: str) -> Node | None:
    """The node of the network whose value a name shows."""
    node = graph.first_maker(name)
    while node is not None and node.is_view and node.kind is not Kind.SOFTMAX and node.bottoms:
        below = graph.maker[node.bottoms[0]]
        node = graph.nodes[below] if below >= 0 else None
    return node


def tree(graph: Graph) -> list[TreeEntry]:
    """All values of a module's graph as a tree, in the order in which they are made."""
    names = _listable(graph)
    majors = [name for name in names if not _is_minor(graph, name)]
    paths = {**{name: path_of(name) for name in names}, **slash_paths(names, majors)}
    opened = _opened_at_first(graph, [name for name in majors if TOKEN.match(name) is None], paths)
    entries = {name: TreeEntry(name, is_minor=True, group="") for name in names}
    _place(graph, majors, paths, (), (), opened, entries)
    placed = [_with_block_of(entries[name], paths, entries) for name in names]
    short = short_names({entry.name: entry.group for entry in placed}, paths)
    return [replace(entry, short=short[entry.name]) for entry in placed]


def _listable(graph: Graph) -> list[str]:
    """Every value once: by the name that shows it, and modules' paths only where blocks need them (``_place``)."""
    names = [name for node in graph.nodes for name in graph.tops_of(node) if name not in graph.added]
    has_maps = {name[: -len(RAW)] for name in names if name.endswith(RAW)}
    return [name for name in dict.fromkeys(names) if not (name.endswith(RAW) and name[: -len(RAW)] in has_maps)]


def _is_path_only(graph: Graph, name: str) -> bool:
    """The path of a module that shows a value which has a name of its own."""
    maker, shown = graph.first_maker(name), shown_by(graph, name)
    if maker is None or not maker.is_view or maker.kind is Kind.SOFTMAX or shown is None or maker.type == OUTPUT:
        return False
    token = TOKEN.match(name)
    return (token[1] if token else name) not in {each.removesuffix(RAW) for each in graph.tops_of(shown)}


def _is_minor(graph: Graph, name: str) -> bool:
    node, maker = shown_by(graph, name), graph.first_maker(name)
    if node is None or not node.bottoms or _is_path_only(graph, name):
        return True
    if (maker is not None and maker.type == OUTPUT) or _is_end(graph, node, name):
        return False
    if is_beside(graph, name) or has_bias_behind(graph, node):
        return True
    if is_bias_of_product(graph, node):
        return False
    is_module = node.type[:1].isupper() and node.type not in _MOVING_MODULES  # it ends in what moves its numbers alone
    if node.type in _MOVES or (node.kind in _SILENT and not (node.kind is Kind.RESHAPE and is_module)):
        return True
    token = TOKEN.match(name)
    if token is not None and node.kind is Kind.CONCAT:
        return True
    if node.kind is Kind.NORMALIZATION and "BatchNorm" in node.type:
        takers = [each for each in graph.nodes if graph.last(graph.tops_of(node)[0]) in each.bottoms]
        return bool(takers) and all(each.kind in _RECTIFIES for each in takers)
    if node.type[:1].islower() and _is_returned(graph, node):
        return True
    is_attention = maker is not None and maker.type.startswith("attention")
    return is_attention and node.kind is not Kind.SOFTMAX  # scores, which the softmax after them shows better


def _is_end(graph: Graph, node: Node, name: str) -> bool:
    """An output of the network, of which nothing else shows the numbers."""
    is_moved = node.type[:1].islower() and node.kind in HANDED_ON
    return not {name, name + RAW}.isdisjoint(graph.outputs) and not is_moved and not _is_returned(graph, node)


def is_beside(graph: Graph, name: str) -> bool:
    """A second value of a pooling: where in the input the largest were."""
    node = graph.first_maker(name)
    return node is not None and node.kind is Kind.POOLING and not node.is_view and name != graph.tops_of(node)[0]


def is_bias_of_product(graph: Graph, node: Node) -> bool:
    """The Add of a constant that ONNX files have behind a MatMul: together they are a layer of weights."""
    if node.kind is not Kind.SCALE or node.type != "Add" or len(node.bottoms) != 1:
        return False
    below = graph.maker[node.bottoms[0]]
    return below >= 0 and has_bias_behind(graph, graph.nodes[below])


def has_bias_behind(graph: Graph, node: Node) -> bool:
    """A MatMul with weights whose one taker is the Add of its bias."""
    if node.kind is not Kind.LINEAR or node.type != "MatMul":
        return False
    takers = [each for each in graph.nodes if not each.is_view and node.tops[0] in each.bottoms]
    return len(takers) == 1 and takers[0].kind is Kind.SCALE and takers[0].type == "Add"


def _is_returned(graph: Graph, node: Node) -> bool:
    """One of its values is shown by the name under which the network returns it."""
    return any(graph.nodes[view].type == OUTPUT for value in node.tops for view in graph.views.get(value, ()))


def _children(names: Sequence[str], paths: Mapping[str, Path], prefix: Path) -> dict[str, list[str]]:
    """The next part of the path -> the names below it, of those below ``prefix``."""
    found: dict[str, list[str]] = {}
    for name in names:
        path = paths[name]
        if path[: len(prefix)] == prefix and len(path) > len(prefix):
            found.setdefault(path[len(prefix)], []).append(name)
    return found


def _opened_at_first(graph: Graph, majors: Sequence[str], paths: Mapping[str, Path]) -> set[Path]:
    """The modules that are shown by what is in them: stages, which hold blocks, down to the blocks themselves."""
    opened: set[Path] = {()}
    while True:
        count, folded = _count(majors, paths, opened)
        stages = {prefix for prefix in folded if _leads_to_blocks(graph, majors, paths, prefix)}
        more = stages or (folded if count < FEWEST else set())
        if not more or _count(majors, paths, opened | more)[0] > MOST:
            return opened
        opened |= more


def _count(majors: Sequence[str], paths: Mapping[str, Path], opened: set[Path]) -> tuple[int, set[Path]]:
    """How many names are seen, and the modules that are folded."""
    folded, single = set(), 0
    for prefix in opened:
        for part, names in _children(majors, paths, prefix).items():
            child = (*prefix, part)
            if child in opened:
                continue
            single += 1
            if len(names) > 1:
                folded.add(child)
    return single, folded


def _leads_to_blocks(graph: Graph, majors: Sequence[str], paths: Mapping[str, Path], prefix: Path) -> bool:
    """A stage, or what holds stages: most of its numbered parts are blocks, with two layers with weights at least."""
    children = {part: names for part, names in _children(majors, paths, prefix).items() if len(names) > 1}
    numbered = [names for part, names in children.items() if re.search(r"\d$", part)]
    blocks = [names for names in numbered if sum(_has_weights(graph, name) for name in names) > 1]
    if len(blocks) * 2 > len(numbered):
        return True
    others = [part for part in children if not re.search(r"\d$", part)]
    return any(_leads_to_blocks(graph, majors, paths, (*prefix, part)) for part in others)


def _has_weights(graph: Graph, name: str) -> bool:
    node = shown_by(graph, name)
    return node is not None and node.kind in _WEIGHTED


def _place(
    graph: Graph,
    majors: Sequence[str],
    paths: Mapping[str, Path],
    prefix: Path,
    inside: tuple[str, ...],
    opened: set[Path],
    entries: dict[str, TreeEntry],
) -> None:
    """Enter the names below a module: those that it shows, and the blocks that they stand for."""
    for part, names in _children(majors, paths, prefix).items():
        child, title = (*prefix, part), ".".join((*prefix, part))
        group = inside[-1] if inside else ".".join(prefix) or stage_of(part)
        if child in opened:
            _place(graph, majors, paths, child, inside, opened, entries)
            continue
        if len(names) == 1:
            _enter(entries, replace(entries[names[0]], inside=inside, is_minor=False, group=group))
            continue
        within = [name for name in names if TOKEN.match(name) is None]
        last = title if title in entries else (within or names)[-1]
        _enter(entries, replace(entries[last], inside=inside, is_minor=False, group=group))
        entries[last] = replace(entries[last], folds=(title, *entries[last].folds))
        shown = shown_by(graph, last)
        same = {last, *(graph.tops_of(shown) if shown and _is_path_only(graph, last) else ())}
        same |= {name.removesuffix(RAW) for name in same}
        rest = [name for name in names if name not in same]
        _place(graph, rest, paths, _narrowed(rest, paths, child), (*inside, title), opened, entries)


def _narrowed(names: Sequence[str], paths: Mapping[str, Path], prefix: Path) -> Path:
    """The module within which all the names lie: a block that holds one other is opened with it."""
    children = _children(names, paths, prefix)
    while len(children) == 1 and len(names) > 1:
        (part,) = children
        prefix = (*prefix, part)
        children = _children(names, paths, prefix)
    return prefix


def _enter(entries: dict[str, TreeEntry], entry: TreeEntry) -> None:
    entries[entry.name] = entry


def _with_block_of(entry: TreeEntry, paths: Mapping[str, Path], entries: Mapping[str, TreeEntry]) -> TreeEntry:
    """Of an operator that is seen with all operators alone: the group of its module."""
    return replace(entry, group=".".join(paths[entry.name][:-1])) if entry.is_minor else entry


def short_names(groups: Mapping[str, str], paths: Mapping[str, Path] = MappingProxyType({})) -> dict[str, str]:
    """Name -> a short one: the last parts, as many as tell it apart in its group, and no bare number.

    groups: name -> its group. paths: of names whose paths are others than ``path_of`` says.
    """
    members: dict[str, list[str]] = {}
    for name, group in groups.items():
        members.setdefault(group, []).append(name)
    short = {}
    for names in members.values():
        for name in names:
            path, depth = paths.get(name) or path_of(name), 1
            rivals = [paths.get(other) or path_of(other) for other in names if other != name]
            while depth < len(path) and (
                not re.search(r"[A-Za-z]", _tail(path, depth).partition("[")[0])
                or any(_tail(rival, depth) == _tail(path, depth) for rival in rivals)
            ):
                depth += 1
            short[name] = _tail(path, depth)
    return short


def _tail(path: Path, depth: int) -> str:
    return ".".join(path[-depth:]).replace(".[", " [")

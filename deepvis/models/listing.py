"""What a window shows of a network that nobody described: found from the graph alone.

Layers here are the names of values, as everywhere in the window.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from deepvis.models import tree
from deepvis.models.slash_paths import block_of, rooted_paths
from deepvis.models.tree import TreeEntry
from deepvis.network.graph import Graph, Node
from deepvis.network.kinds import HANDED_ON, Kind
from deepvis.network.unavailable import Unavailable

_JOINS = frozenset((Kind.CONCAT, Kind.ADD))
# nodes whose channel c is channel c of their bottom, and grows with it
_SAME_UNITS = frozenset(
    {
        *(Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.ACTIVATION, Kind.SIGMOID, Kind.SOFTMAX),
        *(Kind.POOLING, Kind.NORMALIZATION, Kind.NORMALIZATION_DECONV_IGNORES, Kind.IDENTITY),
    }
)
NO_MAPS = "boxes, no maps"  # why detections are in no list
MANY_LAYERS = 32  # above, the inside of blocks is left out of the list


def shown_layers(graph: Graph) -> tuple[str, ...]:
    """The values worth a place in the layer list, in the order in which they are made.

    Without inputs, dropout, reshapes and boxes; in long networks without the inside of blocks, which end in a
    concatenation or a sum: GoogLeNet shows inception_3a/output, not its six convolutions. Of a module the stages'
    blocks.
    """
    if tree.is_module(graph):
        return tuple(each.name for each in tree.tree(graph) if not each.inside and not each.is_minor)
    boxes, ends = _boxes(graph), set(graph.outputs)
    names = list(
        dict.fromkeys(
            name
            for node in graph.nodes
            if node.bottoms
            for name in graph.tops_of(node)
            if name not in graph.bottoms_of(node) and (name in ends or _is_worth(graph, node, name, boxes))
            if name not in graph.added
        )
    )
    if len(names) > MANY_LAYERS:
        hidden = _inside_blocks(graph, names) - ends
        names = [name for name in names if name not in hidden] or names
    return tuple(names)


def _is_worth(graph: Graph, node: Node, name: str, boxes: set[int]) -> bool:
    if node.kind in HANDED_ON or node.index in boxes:
        return False
    return not tree.is_beside(graph, name) and not tree.has_bias_behind(graph, node)


def left_out(graph: Graph) -> dict[str, list[str]]:
    """Why -> the values that a list of layers would have, were they maps, or could they be had here."""
    found: dict[str, list[str]] = {}
    boxes = _boxes(graph)
    for node in graph.nodes:
        if node.index in boxes:
            found.setdefault(NO_MAPS, []).extend(graph.tops_of(node))
    for name, each in graph.unavailable.items():
        if not each.is_minor:
            found.setdefault(each.why, []).append(name)
    return {why: list(dict.fromkeys(names)) for why, names in found.items()}


def _boxes(graph: Graph) -> set[int]:
    """Indices of the nodes that make boxes, or join and move nothing but boxes: SSD's priors together."""
    found: set[int] = set()
    values: set[int] = set()
    for node in graph.nodes:
        if node.kind is Kind.DETECTION or (node.bottoms and values.issuperset(node.bottoms)):
            found.add(node.index)
            values.update(node.tops)
    return found


def entries(graph: Graph, layers: Sequence[str]) -> list[TreeEntry]:
    """All values in their place in the list, of which ``layers`` are seen before anything is opened.

    Of a module as a tree; of others, and where somebody named the layers, all else is seen with all operators alone.
    """
    own = tuple(name for name in layers if name not in graph.added)
    if tree.is_module(graph) and own == shown_layers(graph):
        beside = {layer: TreeEntry(name) for name, layer in graph.added.items() if name in layers}
        return [each for entry in tree.tree(graph) for each in (entry, beside.get(entry.name)) if each is not None]
    names = [name for node in graph.nodes for name in graph.tops_of(node) if node.bottoms]
    others = [name for name in dict.fromkeys(names) if name not in layers]
    place = {name: index for index, name in enumerate(dict.fromkeys(names))}
    found = [TreeEntry(name) for name in layers] + [TreeEntry(name, is_minor=True) for name in others]
    in_order = sorted(layers, key=lambda name: place.get(name, 0)) == list(layers)
    return sorted(found, key=lambda each: place.get(each.name, 0)) if in_order else found


def with_unavailable(
    graph: Graph, found: Sequence[TreeEntry], unavailable: Mapping[str, Unavailable]
) -> list[TreeEntry]:
    """The entries with those of values that cannot be had here, each after the value that the file makes before it.

    found: those of the graph, in order; where one of them turned out to be unavailable it says so. Of the others those
    are seen at first that would be, were they there.
    """
    new = {name: each for name, each in unavailable.items() if name not in {entry.name for entry in found}}
    worth = [name for name, each in new.items() if not each.is_minor]
    if len(worth) + sum(not entry.is_minor for entry in found) > MANY_LAYERS:
        joins = [name for name, each in new.items() if each.kind in _JOINS]
        worth = [name for name in worth if name not in _inside_blocks(graph, worth, joins)] or worth
    behind: dict[str, list[TreeEntry]] = {}
    for name, each in new.items():
        behind.setdefault(each.after, []).append(TreeEntry(name, is_minor=name not in worth, missing=each.why))
    marked = [
        replace(entry, missing=unavailable[entry.name].why) if entry.name in unavailable else entry for entry in found
    ]
    return _inserted(graph, marked, behind)


def _inserted(graph: Graph, found: Sequence[TreeEntry], behind: dict[str, list[TreeEntry]]) -> list[TreeEntry]:
    """The entries, each followed by those ``behind`` it; of what is not among them: behind the one made before."""
    listed = {entry.name for entry in found} | {entry.name for each in behind.values() for entry in each}
    last = ""
    for name in dict.fromkeys(name for node in graph.nodes for name in graph.tops_of(node)):
        if name not in listed and name in behind:
            behind[last] = [*behind.get(last, ()), *behind.pop(name)]
        last = name if name in listed else last
    inputs = [each for name in graph.inputs for each in behind.pop(name, ())]
    result: list[TreeEntry] = []
    pending = [*reversed(found), *reversed([*behind.pop("", ()), *inputs])]
    while pending:
        entry = pending.pop()
        result.append(entry)
        pending += reversed(behind.pop(entry.name, ()))
    return [*result, *(each for rest in behind.values() for each in rest)]


def _inside_blocks(graph: Graph, names: Sequence[str], more_joins: Sequence[str] = ()) -> set[str]:
    """Those whose names say that they lie inside a block: "block/..." or "block_..." where the block ends in a join."""
    joins = [graph.names[node.tops[0]] for node in graph.nodes if node.kind in _JOINS and node.tops]
    joins += more_joins
    prefixes = {top.rsplit("/", 1)[0] + "/" if "/" in top else top + "_" for top in joins} - {"/"}
    return {name for name in names if name not in joins and any(name.startswith(prefix) for prefix in prefixes)}


def groups(layers: Sequence[str]) -> tuple[int, ...]:
    """Index of the group of each layer; a new one starts where the number in the name, or the block, changes."""
    if tree.is_dotted(layers):
        return _changes([".".join(tree.path_of(name)[:-1]) for name in layers])
    if paths := rooted_paths(layers):
        return _changes([block_of(paths[name]) for name in layers])
    indices: list[int] = []
    index, before = 0, None
    for name in layers:
        block, slash, _ = name.strip("/").partition("/")
        number = re.search(r"\d+", block)
        key = number.group() if number else block if slash else before
        if before is not None and key != before:
            index += 1
        before = key
        indices.append(index)
    return tuple(indices)


def _changes(blocks: Sequence[str]) -> tuple[int, ...]:
    return tuple(accumulate((a != b for a, b in pairwise(blocks)), initial=0))


def short_names(layers: Sequence[str]) -> dict[str, str]:
    """Name -> a short one for the list: the whole name where it is short or where two would look the same."""
    if tree.is_dotted(layers):
        return tree.short_names({name: ".".join(tree.path_of(name)[:-1]) for name in layers})
    if paths := rooted_paths(layers):
        short = tree.short_names(dict.fromkeys(layers, ""), paths)
        is_bare = {name: len(paths[name]) > 1 and "." not in short[name] for name in layers}  # of a block unnamed
        return {name: ".".join(paths[name][-2:]) if is_bare[name] else short[name] for name in layers}
    shorter = {name: short_name(name) for name in layers}
    all_short = list(shorter.values())
    return {name: short if all_short.count(short) == 1 else name for name, short in shorter.items()}


def short_name(name: str) -> str:
    """inception_3a/output -> 3a, conv1/7x7_s2 -> conv1, pool1/norm1 -> norm1, loss3/classifier -> classifier."""
    short = re.sub(r"^inception_", "", name.strip("/"))
    short = re.sub(r"/(output|concat|eltwise|sum|axpy)$", "", short)
    short = re.sub(r"/\d+x\d+(_s\d+)?$", "", short)
    short = re.sub(r"/\d+x\d+_reduce$", "r", short)
    if len(short) > 8 and "/" in short:
        short = short.rsplit("/", 1)[1]
    return short


def probability_layer(graph: Graph) -> str:
    """The value of class probabilities: "prob" if a softmax or sigmoid makes it, else the last softmax; "" if none."""
    ends = [graph.names[node.tops[0]] for node in graph.nodes if node.kind is Kind.SOFTMAX and node.tops]
    sigmoids = [graph.names[node.tops[0]] for node in graph.nodes if node.kind is Kind.SIGMOID and node.tops]
    if "prob" in ends or "prob" in sigmoids:
        return "prob"
    return ends[-1] if ends else ""


def class_layers(graph: Graph, prob: str) -> tuple[str, ...]:
    """Values whose channels are the classes: the probabilities back to the layer with weights that scores them.

    Without a probability layer: the last fully connected layer, if nothing reads it.
    """
    if not prob:
        return _last_scores(graph)
    found, name = [prob], prob
    for _ in range(8):
        below = _same_units(graph, name) or _reshaped(graph, name)
        if below is None:
            break
        name = below
        found.append(name)
    return tuple(each for value in reversed(found) for each in (value, *_paths_to(graph, value)))


def _paths_to(graph: Graph, name: str) -> list[str]:
    """The modules' paths by which a value is found too."""
    views = [graph.nodes[index] for index in graph.views.get(graph.last(name), ())]
    return [graph.names[node.tops[0]] for node in views if node.kind is Kind.IDENTITY]


def _last_scores(graph: Graph) -> tuple[str, ...]:
    read = {name for node in graph.nodes for name in graph.bottoms_of(node) if name not in graph.tops_of(node)}
    linear = [graph.names[node.tops[0]] for node in graph.nodes if node.kind is Kind.LINEAR and node.tops]
    return tuple([name for name in linear if name not in read][-1:])


def _same_units(graph: Graph, name: str) -> str | None:
    """The value whose units are those of this one, channel by channel and with the same sign; None where none is.

    Weights may turn a sign around, as the scale of a batch normalization does.
    """
    maker = graph.first_maker(name)
    if maker is None or maker.kind not in _SAME_UNITS or maker.weights or len(maker.bottoms) != 1:
        return None
    return graph.names[maker.bottoms[0]]


def _reshaped(graph: Graph, name: str) -> str | None:
    """The value that was reshaped to make this one, unless it is known to have another number of channels."""
    maker = graph.first_maker(name)
    if maker is None or maker.kind is not Kind.RESHAPE or len(maker.bottoms) != 1:
        return None
    below = graph.names[maker.bottoms[0]]
    before = graph.first_maker(below)
    if before is None or (None not in (maker.outputs, before.outputs) and maker.outputs != before.outputs):
        return None
    return below


def class_count(graph: Graph, layers: Sequence[str]) -> int | None:
    """How many classes the layer with weights among the class layers scores, None where the graph does not tell."""
    makers = (graph.first_maker(name) for name in layers)
    return next((maker.outputs for maker in makers if maker is not None and maker.outputs is not None), None)


def borrowed_images(graph: Graph, layers: Collection[str]) -> dict[str, str]:
    """Layer -> the layer whose unit images it shows: pooled and normalised ones borrow from where they come from."""
    borrowed: dict[str, str] = {}
    for layer in layers:
        name = layer
        while (below := _same_units(graph, name)) is not None:
            name = below
            maker = graph.first_maker(name)
            if maker is not None and maker.kind not in HANDED_ON:
                borrowed[layer] = name
    return borrowed

"""Names of values besides their own: of the modules that end with them, and of what the network returns."""

from __future__ import annotations

from deepvis.network.graph import Graph


def modules_ends(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Value -> the paths of the modules that end with it and have no value of their own name, innermost first.

    A block that ends in a module of its own, as ResNet's in its second call of ``relu``, is found by its path too.
    """
    last: dict[str, str] = {}
    for node in graph.nodes:
        for name in graph.tops_of(node):
            parts = name.split(".")
            last.update({".".join(parts[:depth]): name for depth in range(len(parts) - 1, 0, -1)})
    several = {name for node in graph.nodes if len(node.tops) > 1 for name in (node.name, *graph.tops_of(node))}
    ends: dict[str, tuple[str, ...]] = {}
    for path, name in sorted(last.items(), key=lambda pair: -len(pair[0])):
        if path not in graph and path not in several and name not in several:
            ends[name] = (*ends.get(name, ()), path)
    return ends


def output_names(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Value -> the names under which the network returns it, where these are no names of its values already."""
    found: dict[str, tuple[str, ...]] = {}
    taken = {*graph.versions, *(path for paths in modules_ends(graph).values() for path in paths)}
    for name, key in zip(graph.outputs, graph.output_keys, strict=True):
        same = key == name or key in modules_ends(graph).get(name, ())
        if name and key and not same:
            found[name] = (*found.get(name, ()), key if key not in taken else f"{key} [output]")
    return found

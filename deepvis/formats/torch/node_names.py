"""Names for what an exported program computes: by the modules, not by the exported nodes.

Exported nodes are numbered anew by each version of torch; a module's path stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

Calls = tuple[str, ...]  # of modules, outermost first, the root left out: ("layer4", "layer4.1", "layer4.1.conv2")


def module_calls(stack: dict[str, tuple[str, Any]] | None) -> Calls:
    """The calls of modules within which a node was made; "conv@1" is the second call of conv.

    stack: the node's ``meta["nn_module_stack"]``: key -> (path, class); of a second call the key ends in "@1".
    """
    calls = []
    for key, (path, _) in (stack or {}).items():
        if path and not path.startswith("_empty_nn_module_stack"):  # a placeholder of torch's for sizes
            _, at, number = key.rpartition("@")
            calls.append(f"{path}@{number}" if at and number.isdecimal() else path)
    return tuple(calls)


def module_class(stack: dict[str, tuple[str, Any]] | None) -> str:
    """The class of the innermost module: "BatchNorm2d"; "" for the root and where none is known."""
    entries = [(path, kind) for path, kind in (stack or {}).values() if not path.startswith("_empty_nn_module_stack")]
    path, kind = entries[-1] if entries else ("", "")
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    return name.rpartition(".")[2] if path else ""


def names_of(makers: Sequence[tuple[Calls, str]], taken: Collection[str] = ()) -> list[str]:
    """A name for each node: that of the module whose last node it is, or else the operator's, under its module's path.

    makers: (calls, operator's name) in order. taken: names that are in use already, of the inputs.
    ``Linear`` "fc" gives "fc"; the sum in a block "layer4.1" gives "layer4.1.add", the ReLU after it, with which the
    block ends, "layer4.1". A second node of the same name gets "@1", as a second call of a module does.
    """
    last = {call: index for index, (calls, _) in enumerate(makers) for call in calls}
    found: dict[int, str] = {}
    used = set(taken)
    for index, (calls, _) in enumerate(makers):  # modules' names go first: those who wrote them know them
        if calls and last[calls[-1]] == index:
            found[index] = unique(calls[-1], used)
    for index, (calls, op) in enumerate(makers):
        if index not in found:
            found[index] = unique(".".join([*calls[-1:], op.strip("_")]), used)
    return [found[index] for index in range(len(makers))]


def unique(name: str, used: set[str]) -> str:
    """The name, or the first of "name@1", "name@2", ... that is free; enters it into ``used``."""
    number, free = 0, name
    while free in used:
        number += 1
        free = f"{name}@{number}"
    used.add(free)
    return free

"""Names for what a network computes, by the modules that its author wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Calls = tuple[str, ...]  # of modules, outermost first, the root left out: ("layer4", "layer4.1", "layer4.1.conv2")


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

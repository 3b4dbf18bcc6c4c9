"""Tensors by name, those that are not there yet made when they are first read."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping

from torch import Tensor

from deepvis.network.graph import Graph, Node


class LazyBlobs(Mapping[str, Tensor]):
    """Tensors by name, in the order of ``names``. read: name -> the tensor, called for each at every access."""

    def __init__(self, names: Collection[str], read: Callable[[str], Tensor]) -> None:
        self._names, self._read = names, read

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def made_once(names: Collection[str], make: Callable[[str], Tensor]) -> LazyBlobs:
    """Tensors that are held once they have been read."""
    found: dict[str, Tensor] = {}

    def read(name: str) -> Tensor:
        if name not in found:
            found[name] = make(name)
        return found[name]

    return LazyBlobs(names, read)


def with_views(
    tensors: Mapping[str, Tensor], views: Mapping[str, Node], show: Callable[[Node], Tensor]
) -> Mapping[str, Tensor]:
    """The tensors, and those that show others; views: none of them has the name of a tensor."""
    if not views:
        return tensors
    return ChainMap(made_once(views, lambda name: show(views[name])), tensors)  # type: ignore[arg-type]  # only read


def views_over(graph: Graph, values: Collection[int]) -> dict[str, Node]:
    """Name -> the node that shows one of ``values``, in the order in which they are made."""
    indices = sorted(index for value, nodes in graph.views.items() if value in values for index in nodes)
    return {graph.names[graph.nodes[index].tops[0]]: graph.nodes[index] for index in indices}

"""Tensors by name, those that are not there yet made when they are first read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from torch import Tensor

from deepvis.network.graph import Graph, Node


class Blobs(Mapping[str, Tensor]):
    """Blobs by name, in the order in which they are made."""

    def __init__(self, values: Mapping[str, int], value_of: Callable[[int], Tensor]) -> None:
        self._values, self._value_of = values, value_of

    def __getitem__(self, name: str) -> Tensor:
        return self._value_of(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values


class WithViews(Mapping[str, Tensor]):
    """Tensors by name; those that show others are made when they are first read."""

    def __init__(
        self, tensors: Mapping[str, Tensor], views: Mapping[str, Node], show: Callable[[Node], Tensor]
    ) -> None:
        """views: none of them has the name of a tensor."""
        self._tensors, self._views, self._show = tensors, views, show
        self._shown: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._views:
            return self._tensors[name]
        if name not in self._shown:
            self._shown[name] = self._show(self._views[name])
        return self._shown[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._tensors
        yield from self._views

    def __len__(self) -> int:
        return len(self._tensors) + len(self._views)

    def __contains__(self, name: object) -> bool:
        return name in self._tensors or name in self._views


def views_over(graph: Graph, values: Collection[int]) -> dict[str, Node]:
    """Name -> the node that shows one of ``values``, in the order in which they are made."""
    indices = sorted(index for value, nodes in graph.views.items() if value in values for index in nodes)
    return {graph.names[graph.nodes[index].tops[0]]: graph.nodes[index] for index in indices}

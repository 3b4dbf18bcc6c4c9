"""Concatenation without a copy gives the numbers of one that copies, and gives way where it cannot be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from deepvis.network.convolution import convolution_op
from deepvis.network.graph import Graph, GraphBuilder
from deepvis.network.kinds import Kind
from deepvis.network.net import GraphNet
from deepvis.network.op import Op, Weights, relu_into

ONE = (1, 1)


def two_branches(*, axis: int = 1, is_taken_twice: bool = False) -> Graph:
    """data -> a, b (1 x 1 and 3 x 3 convolutions, each with a rectifier of its own name) -> joined."""
    weights = torch.Generator().manual_seed(0)
    build = GraphBuilder("net", {"data": (1, 3, 6, 5)})
    tops = []
    for name, kernel in (("a", 1), ("b", 3)):
        w = torch.randn(4, 3, kernel, kernel, generator=weights)
        pad = (kernel // 2, kernel // 2)

        def convolution(held: Weights, pad: tuple[int, int] = pad) -> Op:
            return convolution_op(held[0], None, ONE, pad, ONE, 1)

        (made,) = build.add(name, Kind.CONVOLUTION, [0], [name], convolution, weights=(w,))
        (top,) = build.add(
            f"{name}_relu", Kind.RELU, [made], [f"{name}_relu"], lambda _: Op(torch.relu, into=relu_into)
        )
        tops.append(top)
    build.add("joined", Kind.CONCAT, tops, ["joined"], lambda _: Op(lambda *x: torch.cat(x, axis)))
    if is_taken_twice:
        build.add("again", Kind.OTHER, tops[:1], ["again"], lambda _: Op(lambda x: x + 1))
    return build.graph()


def shares(blobs: Mapping[str, torch.Tensor], part: str) -> bool:
    return blobs[part].untyped_storage().data_ptr() == blobs["joined"].untyped_storage().data_ptr()


@pytest.mark.parametrize("shape", [(1, 3, 6, 5), (2, 3, 9, 4), (1, 3, 1, 1)])
def test_parts_are_views_of_the_whole(shape: tuple[int, ...]) -> None:
    network, x = GraphNet(two_branches()), torch.randn(shape, generator=torch.Generator().manual_seed(1))
    blobs = network.forward({"data": x}, shown=["a", "b"]).blobs
    for part in ("a", "b"):
        assert torch.equal(blobs[f"{part}_relu"], torch.relu(blobs[part]))
        assert shares(blobs, f"{part}_relu")
    assert torch.equal(blobs["joined"], torch.cat([blobs["a_relu"], blobs["b_relu"]], 1))


@pytest.mark.parametrize("facts", [{"axis": 2}, {"is_taken_twice": True}])
def test_others_are_copied(facts: dict[str, object]) -> None:
    graph = two_branches(**facts)  # type: ignore[arg-type]
    blobs = GraphNet(graph).forward({"data": torch.ones(1, 3, 6, 5)}, shown=["a", "b"]).blobs
    assert not shares(blobs, "a_relu")
    parts = [torch.relu(blobs[part]) for part in "ab"]
    assert torch.equal(blobs["joined"], torch.cat(parts, int(str(facts.get("axis", 1)))))


def test_the_way_back_is_that_of_separate_values() -> None:
    network, x = GraphNet(two_branches()), torch.randn(1, 3, 6, 5)
    seed = torch.randn(1, 8, 6, 5)
    joined, copied = (network.forward({"data": x}, shown=shown) for shown in (["a", "b"], []))
    found, wanted = (tape.backward("joined", seed)["data"] for tape in (joined, copied))
    assert torch.allclose(found, wanted, atol=1e-5)

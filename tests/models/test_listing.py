"""What a window shows of a network that nobody described."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.models import listing
from deepvis.models.zoo import models_folder
from deepvis.network.graph import Graph, GraphBuilder
from deepvis.network.inputs import picture_input, picture_shape
from deepvis.network.kinds import Kind
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op
from deepvis.network.unavailable import Unavailable


def net(*layers: str, inputs: str = 'input: "data" input_shape { dim: [1, 3, 8, 8] }') -> Graph:
    """Layers as "name:Type:bottom" or "name:Type:bottom+bottom:top"."""
    text = inputs + "\n"
    for layer in layers:
        name, kind, bottoms, *top = layer.split(":")
        reads = " ".join(f'bottom: "{blob}"' for blob in bottoms.split("+"))
        param = "convolution_param { num_output: 4 }" if kind == "Convolution" else ""
        param = "inner_product_param { num_output: 5 }" if kind == "InnerProduct" else param
        text += f'layer {{ name: "{name}" type: "{kind}" {reads} top: "{top[0] if top else name}" {param} }}\n'
    return graph_of(load_net(text))


SMALL = net(
    *("conv1:Convolution:data", "relu1:ReLU:conv1:conv1", "pool1:Pooling:conv1", "norm1:LRN:pool1"),
    *("conv2:Convolution:norm1", "flat:Flatten:conv2", "drop:Dropout:flat:flat", "fc3:InnerProduct:flat"),
    *("drop3:Dropout:fc3", "prob:Softmax:drop3"),
)


def test_data_dropout_reshapes_and_in_place_layers_are_not_listed() -> None:
    assert listing.shown_layers(SMALL) == ("conv1", "pool1", "norm1", "conv2", "fc3", "prob")


def test_classes_and_probabilities() -> None:
    assert listing.probability_layer(SMALL) == "prob"
    assert listing.class_layers(SMALL, "prob") == ("fc3", "drop3", "prob")
    assert listing.class_count(SMALL, ("fc3", "prob")) == 5
    without = net("conv1:Convolution:data", "fc:InnerProduct:conv1")
    assert listing.probability_layer(without) == "" and listing.class_layers(without, "") == ("fc",)
    assert listing.probability_layer(net("a:Softmax:data", "prob:Sigmoid:a", "b:Softmax:prob")) == "prob"


def test_pooled_and_normalised_layers_borrow_images() -> None:
    found = listing.borrowed_images(SMALL, listing.shown_layers(SMALL))
    assert found == {"pool1": "conv1", "norm1": "conv1", "prob": "fc3"}


def test_no_images_are_borrowed_where_units_may_be_others() -> None:
    """Through no operation that nobody has said of that channel c above is channel c below, with the same sign."""
    found = {}
    for kind in Kind:
        for weights in ((), (1.0,)):
            builder = GraphBuilder("net", {"data": (1, 3, 8, 8)})
            (below,) = builder.add("below", Kind.CONVOLUTION, [0], ["below"], unused)
            builder.add("above", kind, [below], ["above"], unused, weights=weights)
            graph = builder.graph()
            found[kind, bool(weights)] = listing.borrowed_images(graph, ["above"]) == {"above": "below"}
    assert {kind for (kind, _), is_borrowed in found.items() if is_borrowed} == {
        *(Kind.RELU, Kind.LEAKY_RELU, Kind.CAPPED_RELU, Kind.ACTIVATION, Kind.SIGMOID, Kind.SOFTMAX, Kind.POOLING),
        *(Kind.NORMALIZATION, Kind.NORMALIZATION_DECONV_IGNORES, Kind.IDENTITY),
    }
    assert not any(is_borrowed for (_, has_weights), is_borrowed in found.items() if has_weights)


def unused(weights: object) -> Op:
    raise NotImplementedError


def test_class_layers_reach_through_a_reshape_that_keeps_the_channels() -> None:
    def classes(channels: int | None) -> tuple[str, ...]:
        builder = GraphBuilder("net", {"data": (1, 3, 8, 8)})
        (conv,) = builder.add("conv", Kind.CONVOLUTION, [0], ["conv"], unused, outputs=5)
        (flat,) = builder.add("flat", Kind.RESHAPE, [conv], ["flat"], unused, outputs=channels)
        builder.add("prob", Kind.SOFTMAX, [flat], ["prob"], unused)
        assert listing.borrowed_images(builder.graph(), ["prob"]) == {}
        return listing.class_layers(builder.graph(), "prob")

    assert classes(5) == classes(None) == ("conv", "flat", "prob")
    assert classes(20) == ("flat", "prob")


def test_groups_and_short_names() -> None:
    names = ("conv1/7x7_s2", "pool1/norm1", "conv2/3x3_reduce", "inception_3a/output", "inception_3b/output", "prob")
    assert listing.groups(names) == (0, 0, 1, 2, 2, 2)
    assert list(listing.short_names(names).values()) == ["conv1", "norm1", "conv2r", "3a", "3b", "prob"]
    assert listing.groups(("mix_a/1x1", "mix_a/3x3", "mix_b/1x1")) == (0, 0, 1)
    assert listing.short_names(("a/1x1", "a/3x3")) == {"a/1x1": "a/1x1", "a/3x3": "a/3x3"}


def test_inputs() -> None:
    shapes = "shape { dim: [1, 3] } shape { dim: [1, 1, 4, 6] }"
    two = f'layer {{ type: "Input" top: "info" top: "im" input_param {{ {shapes} }} }}'
    spec = net("p:Power:im", inputs=two)
    assert picture_input(spec.name, spec.inputs) == "im"
    assert picture_shape(spec.name, "im", spec.inputs["im"]) == (1, 4, 6)
    assert picture_input(spec.name, spec.inputs, "info") == "info"
    with pytest.raises(ModelError, match="has no input 'x', expected one of its inputs: 'info', 'im'"):
        picture_input(spec.name, spec.inputs, "x")
    with pytest.raises(ModelError, match=r"found the shape 1x3 of the input 'info', expected .batch, channels"):
        picture_shape(spec.name, "info", spec.inputs["info"])
    with pytest.raises(ModelError, match="found the inputs none, expected one that takes a picture"):
        picture_input("none", load_net("layer { name: 'd' type: 'DummyData' top: 'd' }").inputs)


def test_long_networks_show_their_blocks() -> None:
    googlenet = graph_of(load_net(models_folder() / "bvlc-googlenet" / "deploy.prototxt"))
    shown = listing.shown_layers(googlenet)
    assert shown[:3] == ("conv1/7x7_s2", "pool1/3x3_s2", "pool1/norm1") and len(shown) == 21
    assert "inception_4c/output" in shown and "inception_4c/3x3" not in shown
    squeezenet = graph_of(load_net(models_folder() / "squeezenet" / "deploy.prototxt"))
    assert listing.shown_layers(squeezenet)[2:5] == ("fire2/concat", "fire3/concat", "pool3")
    residual = net(
        "conv1:Convolution:data",
        *(
            f"res{i}_{part}"
            for i in range(9)
            for part in (
                f"a:Convolution:{f'res{i - 1}' if i else 'conv1'}",
                f"b:Convolution:res{i}_a",
                f"c:Convolution:res{i}_b",
                f"sum:Eltwise:res{i}_c+res{i}_a:res{i}",
            )
        ),
    )
    assert listing.shown_layers(residual) == ("conv1", *(f"res{i}" for i in range(9)))


@pytest.mark.shared
def test_real_networks(shared: Path) -> None:
    for path in sorted((shared / "models").glob("*/*.prototxt")):
        spec = graph_of(load_net(path))
        shown = listing.shown_layers(spec)
        assert 5 < len(shown) <= 32, path
        blob = picture_input(spec.name, spec.inputs)
        assert len(picture_shape(spec.name, blob, spec.inputs[blob])) == 3


# --- what cannot be had ------------------------------------------------------------------------


def in_list(graph: Graph) -> list[str]:
    """The names of the list in their order, those that cannot be had with a mark."""
    found = listing.entries(graph, listing.shown_layers(graph))
    entries = listing.with_unavailable(graph, found, graph.unavailable)
    return [f"{each.name}{'?' if each.missing else ''}" for each in entries if not each.is_minor]


def test_what_cannot_be_had_stands_where_the_file_has_it() -> None:
    graph = net(
        *("conv1:Convolution:data", "w:Warp:conv1", "relu:ReLU:w:w", "flat:Flatten:w", "conv2:Convolution:conv1"),
        *("fc:InnerProduct:flat", "drop:Dropout:conv2", "end:Convolution:drop"),
    )
    assert in_list(graph) == ["conv1", "w?", "conv2", "fc?", "end"]
    why = {each.name: each.missing for each in listing.with_unavailable(graph, [], graph.unavailable)}
    assert why["w"] == "its type Warp is unknown" and why["fc"] == "needs layer 'w' of unknown type Warp"


def test_what_cannot_be_had_at_the_beginning_and_at_the_end() -> None:
    assert in_list(net("w:Warp:data", "v:Convolution:w", "c:Convolution:data")) == ["w?", "v?", "c"]
    assert in_list(net("c:Convolution:data", "w:Warp:c", "v:Pooling:w")) == ["c", "w?", "v?"]


def test_the_inside_of_blocks_that_cannot_be_had_is_left_out_of_a_long_list() -> None:
    layers, below = ["conv1:Convolution:data", "w:Warp:conv1"], "w"
    for number in range(14):
        layers += [f"b{number}/a:Convolution:{below}", f"b{number}/b:Convolution:{below}"]
        layers.append(f"b{number}/output:Concat:b{number}/a+b{number}/b")
        below = f"b{number}/output"
    assert in_list(net(*layers)) == ["conv1", "w?", *(f"b{number}/output?" for number in range(14))]


def test_a_layer_that_turned_out_not_to_fit_keeps_its_place() -> None:
    graph = net("conv1:Convolution:data", "fc:InnerProduct:conv1", "conv2:Convolution:conv1")
    found = listing.entries(graph, listing.shown_layers(graph))
    entries = listing.with_unavailable(graph, found, {"fc": Unavailable("does not fit", after="conv1")})
    assert [(each.name, each.missing) for each in entries] == [("conv1", ""), ("fc", "does not fit"), ("conv2", "")]

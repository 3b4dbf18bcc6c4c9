"""Running networks: what is kept, what is run, other shapes, the way back, whole-graph autograd."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.unknown import UnsupportedLayers
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from tests.helpers.nets import conv, data, filled, layer, net, noise, relu

# data -> c1 (ReLU in place) -> two branches -> sum -> c4 -> fc
BRANCHING = (
    data(1, 3, 12, 14)
    + conv("c1", "data", "num_output: 4 kernel_size: 3 pad: 1")
    + relu("c1")
    + conv("a", "c1", "num_output: 5 kernel_size: 1")
    + relu("a")
    + conv("b", "c1", "num_output: 5 kernel_size: 3 pad: 1")
    + layer("TanH", "b_tanh", "b")
    + layer("Eltwise", "sum", "a b_tanh")
    + layer("Pooling", "pool", "sum", "pooling_param { kernel_size: 3 stride: 2 }")
    + conv("c4", "pool", "num_output: 6 kernel_size: 3")
)
WITH_CLASSES = BRANCHING + layer(
    "InnerProduct", "fc", "c4", "inner_product_param { num_output: 3 weight_filler { type: 'xavier' } }"
)


def by_autograd(network: GraphNet, x: np.ndarray, blob: str, seed: torch.Tensor) -> torch.Tensor:
    leaf = torch.from_numpy(x).requires_grad_()
    return torch.autograd.grad(functional(network.spec, leaf, network.parameters(), until=blob), leaf, seed)[0]


def test_until_and_keep() -> None:
    network, x = net(WITH_CLASSES), {"data": noise(1, 3, 12, 14)}
    everything = network.forward(x).blobs
    assert list(everything) == ["data", "c1", "a", "b", "b_tanh", "sum", "pool", "c4", "fc"]
    assert list(network.forward(x, until="a").blobs) == ["data", "c1", "a"]
    only = network.forward(x, keep={"a", "pool"}).blobs
    assert set(only) == {"a", "pool"}
    for blob, value in only.items():
        torch.testing.assert_close(value, everything[blob])


def test_blobs_as_made() -> None:
    network, x = net(WITH_CLASSES), {"data": noise(1, 3, 12, 14)}
    everything = network.forward(x).blobs
    for names in (list(everything), ["pool", "a"], ["data"], []):
        made = dict(network.iter_values(x, names))
        assert sorted(made) == sorted(names)
        for blob, value in made.items():
            torch.testing.assert_close(value, everything[blob])


def test_blobs_as_made_holds_no_blob_longer_than_needed() -> None:
    seen = []
    for _, blob in net(WITH_CLASSES).iter_values({"data": noise(1, 3, 12, 14)}, ["c1", "a", "b", "pool", "fc"]):
        seen.append(weakref.ref(blob))
        assert sum(ref() is not None for ref in seen) < 4
        del blob
    assert not any(ref() is not None for ref in seen)


def test_blobs_show_the_last_in_place_layer() -> None:
    tape = net(BRANCHING).forward({"data": noise(1, 3, 12, 14)}, until="a")
    assert float(tape.blobs["c1"].min()) == 0.0


def test_batches_and_other_sizes() -> None:
    network = net(BRANCHING)
    both = noise(2, 3, 20, 17)
    tape = network.forward({"data": both})
    assert tape.blobs["c4"].shape[0] == 2
    seed = torch.randn(tape.blobs["c4"].shape, generator=torch.Generator().manual_seed(0))
    diff = tape.backward("c4", seed)["data"]
    for i in range(2):
        alone = network.forward({"data": both[i : i + 1]})
        torch.testing.assert_close(alone.blobs["c4"], tape.blobs["c4"][i : i + 1], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone.backward("c4", seed[i : i + 1])["data"], diff[i : i + 1], rtol=1e-4, atol=1e-5)
    assert network.shapes["c4"] == (1, 6, 4, 5)


def test_backward_is_the_gradient_on_branches() -> None:
    network, x = net(WITH_CLASSES), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    for blob in ("fc", "c4", "pool", "sum", "b_tanh", "b"):
        seed = torch.randn(tape.blobs[blob].shape, generator=torch.Generator().manual_seed(1))
        got = tape.backward(blob, seed)["data"]
        torch.testing.assert_close(got, by_autograd(network, x, blob, seed), rtol=1e-4, atol=1e-5)


def test_backward_starts_before_the_units_own_relu() -> None:
    network, x = net(BRANCHING), noise(1, 3, 12, 14)
    tape = network.forward({"data": x})
    seed = torch.zeros_like(tape.blobs["a"])
    dead = (tape.blobs["a"] == 0).nonzero()[0]
    seed[tuple(dead)] = 1
    assert tape.backward("a", seed)["data"].abs().max() > 0
    assert tape.gradients("a", seed, to="data")["data"].abs().max() == 0


def test_backward_goes_only_between_its_ends() -> None:
    network = net(BRANCHING)
    tape = network.forward({"data": noise(1, 3, 12, 14)})
    seed = torch.ones_like(tape.blobs["c4"])
    assert list(sorted(tape.backward("c4", seed, to="sum"))) == ["c4", "pool", "sum"]
    whole = tape.backward("c4", seed)
    torch.testing.assert_close(tape.backward("c4", seed, to="c1")["c1"], whole["c1"])
    # an end that the start does not depend on
    assert tape.backward("a", torch.ones_like(tape.blobs["a"]), to="b")["b"].abs().max() == 0
    # the input itself
    x = torch.ones(1, 3, 12, 14)
    torch.testing.assert_close(tape.backward("data", x)["data"], x)


INCEPTION = (
    data(1, 3, 9, 9)
    + conv("c1", "data", "num_output: 4 kernel_size: 3 pad: 1")
    + relu("c1")
    + conv("a", "c1", "num_output: 2 kernel_size: 1")
    + relu("a")
    + conv("b_reduce", "c1", "num_output: 3 kernel_size: 1")
    + relu("b_reduce")
    + conv("b", "b_reduce", "num_output: 3 kernel_size: 3 pad: 1")
    + relu("b")
    + layer("Concat", "cat", "a b c1")
)


@pytest.mark.parametrize("mode", ["gradient", "deconv", "guided"])
def test_branches_that_a_unit_does_not_lie_in_get_zeros(mode: str) -> None:
    network = net(INCEPTION)
    tape = network.forward({"data": noise(2, 3, 9, 9)})
    plan = network.graph
    for channels in ((0, 0), (3, 3), (6, 8), (1, 4)):  # of the two images: alike in the first three
        seed = torch.zeros_like(tape.blobs["cat"])
        for image, channel in enumerate(channels):
            seed[image, channel] = tape.blobs["cat"][image, channel] + 1
        got = tape.backward("cat", seed, mode, to="data")
        nodes = sorted(plan.between(plan.start("cat"), [plan.first("data")]))
        whole = tape._named(tape._walk({plan.start("cat"): seed.clone()}, nodes, mode))
        assert list(got) == list(whole)
        for blob, diff in whole.items():
            assert got[blob].shape == diff.shape
            torch.testing.assert_close(got[blob], diff)
    assert got["data"].abs().max() > 0


def test_constant_branches_are_not_walked() -> None:
    text = (
        data(1, 2, 4, 4)
        + layer(
            "DummyData", "k", "", "dummy_data_param { shape { dim: 1 dim: 2 dim: 4 dim: 4 } data_filler { value: 2 } }"
        )
        + layer("Threshold", "t", "k")
        + layer("Eltwise", "p", "data t", "eltwise_param { operation: PROD }")
    )
    tape = net(text).forward({"data": noise(1, 2, 4, 4)})
    diffs = tape.backward("p", torch.ones(1, 2, 4, 4))
    assert "k" not in diffs
    torch.testing.assert_close(diffs["data"], torch.ones(1, 2, 4, 4))


def test_functional_with_a_hook_and_in_training() -> None:
    network, x = net(WITH_CLASSES), torch.from_numpy(noise(2, 3, 12, 14))
    plain = functional(network.spec, x, network.parameters(), until="fc")
    torch.testing.assert_close(plain, network.forward({"data": x}).blobs["fc"], rtol=1e-4, atol=1e-5)
    doubled = functional(network.spec, x, network.parameters(), until="fc", after={"c4": lambda y: 2 * y})
    bias = network.parameters()["fc"][1]
    torch.testing.assert_close(doubled - bias, 2 * (plain - bias), rtol=1e-3, atol=1e-4)
    # the hook acts before the in-place layers of the file
    negative = functional(network.spec, x, network.parameters(), until="c1", after={"c1": lambda y: -y.abs()})
    assert negative.abs().max() == 0
    drops = net(data(1, 1000) + layer("Dropout", "d", "data", "dropout_param { dropout_ratio: 0.25 }"))
    ones = torch.ones(1, 1000)
    dropped = functional(drops.spec, ones, {}, training=True)["d"]
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    torch.testing.assert_close(functional(drops.spec, ones, {})["d"], ones)


def test_weights_get_gradients_in_functional() -> None:
    network = net(WITH_CLASSES)
    weights = {name: [w.clone().requires_grad_() for w in blobs] for name, blobs in network.parameters().items()}
    functional(network.spec, torch.from_numpy(noise(2, 3, 12, 14)), weights, until="fc").square().sum().backward()
    assert all(w.grad is not None and w.grad.abs().max() > 0 for blobs in weights.values() for w in blobs)


def test_nets_over_one_specification_share_everything() -> None:
    spec = filled(BRANCHING)
    one, two = caffe_net(spec), caffe_net(spec)
    assert one.parameters()["c1"][0].data_ptr() == two.parameters()["c1"][0].data_ptr()
    assert one.parameters()["c1"][0].data_ptr() == spec.layers[0].blobs[0].ctypes.data
    gone = weakref.ref(spec)
    del spec, one, two
    gc.collect()
    assert gone() is None


def test_inputs_are_checked() -> None:
    network = net(BRANCHING)
    with pytest.raises(ModelError, match="found the inputs image, expected data"):
        network.forward({"image": noise(1, 3, 12, 14)})
    with pytest.raises(ModelError, match=r"'c1' \(Convolution\).*4x2x3x3, expected|'c1' \(Convolution\).*weights of"):
        network.forward({"data": noise(1, 2, 12, 14)})
    with pytest.raises(ModelError, match=r"no blob named 'c44'.*did you mean 'c4'"):
        network.forward({"data": noise(1, 3, 12, 14)}, until="c44")


def test_seeds_are_checked() -> None:
    tape = net(BRANCHING).forward({"data": noise(1, 3, 12, 14)}, until="sum")
    with pytest.raises(
        ModelError, match=r"seed for blob 'sum' has shape \(1, 5\), expected the blob's, \(1, 5, 12, 14\)"
    ):
        tape.backward("sum", torch.ones(1, 5))
    with pytest.raises(ModelError, match="did not keep"):
        tape.backward("c4", torch.ones(1, 6, 3, 4))
    with pytest.raises(KeyError, match="no back mode is named 'deconf'; did you mean 'deconv'"):
        tape.backward("sum", torch.ones_like(tape.blobs["sum"]), "deconf")
    scan = net(BRANCHING).forward({"data": noise(1, 3, 12, 14)}, keep={"sum"})
    with pytest.raises(ModelError, match="keep='all'"):
        scan.backward("sum", torch.ones_like(scan.blobs["sum"]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_said() -> None:
    with pytest.raises(ModelError, match="the device 'cuda' is not there"):
        caffe_net(filled(BRANCHING), "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_gives_the_same_and_keeps_it() -> None:
    spec, x = filled(WITH_CLASSES), {"data": noise(1, 3, 12, 14)}
    here, there = caffe_net(spec).forward(x), caffe_net(spec, "cuda").forward(x)
    seed = torch.ones_like(here.blobs["c4"])
    for blob, value in here.blobs.items():
        assert there.blobs[blob].is_cuda
        torch.testing.assert_close(there.blobs[blob].cpu(), value, rtol=1e-4, atol=1e-4)
    diff = there.backward("c4", seed)["data"]
    assert diff.is_cuda
    torch.testing.assert_close(diff.cpu(), here.backward("c4", seed)["data"], rtol=1e-4, atol=1e-4)


def test_unknown_types_are_named_at_once() -> None:
    text = (
        data(1, 3, 8, 8)
        + layer("Warp", "w1", "data")
        + relu("w1")
        + layer("Warp", "w2", "w1")
        + layer("Fold", "f", "w2")
        + layer("Python", "p", "f", "python_param { module: 'rpn.proposal' layer: 'ProposalLayer' }")
    )
    with pytest.raises(UnsupportedLayers) as caught:
        caffe_net(load_net(text))
    assert "Warp (layer 'w1', 'w2'); Fold (layer 'f'); Python rpn.proposal.ProposalLayer (layer 'p')" in str(
        caught.value
    )
    assert caught.value.layers == [("w1", "Warp"), ("w2", "Warp"), ("f", "Fold"), ("p", "Python")]


def test_a_python_layer_can_be_stood_in_for() -> None:
    from deepvis.formats.caffe.layers.python import PYTHON_LAYERS

    PYTHON_LAYERS.put("test_net.Double", lambda spec, weights: lambda x: 2 * x)
    text = data(1, 3) + layer("Python", "p", "data", "python_param { module: 'test_net' layer: 'Double' }")
    tape = caffe_net(load_net(text)).forward({"data": np.ones((1, 3))})
    torch.testing.assert_close(tape.blobs["p"], torch.full((1, 3), 2.0))
    torch.testing.assert_close(tape.backward("p", torch.ones(1, 3))["data"], torch.full((1, 3), 2.0))


def test_a_tape_is_let_go_of_with_its_last_reference() -> None:
    """Not when the collector of cycles comes by: until then each pass would take new memory."""
    network = net(BRANCHING)
    tape = network.forward({"data": noise(1, 3, 12, 14)})
    tape.backward("c4", torch.ones_like(tape.blobs["c4"]))
    value, gone = weakref.ref(tape.blobs["pool"]), weakref.ref(tape)
    gc.disable()
    try:
        del tape
        assert gone() is None
        assert value() is None
    finally:
        gc.enable()

"""caffe.Net: what pycaffe's own test-suite promises of inference, and more."""

from collections import OrderedDict

import numpy as np
import pytest

import deepvis.caffe as caffe
from deepvis.formats.caffe.weights import write_weights

SIMPLE = """name: 'testnet' force_backward: true
layer { type: 'DummyData' name: 'data' top: 'data' top: 'label'
  dummy_data_param { num: 5 channels: 2 height: 3 width: 4
    num: 5 channels: 1 height: 1 width: 1
    data_filler { type: 'gaussian' std: 1 }
    data_filler { type: 'constant' } } }
layer { type: 'Convolution' name: 'conv' bottom: 'data' top: 'conv'
  convolution_param { num_output: 11 kernel_size: 2 pad: 3
    weight_filler { type: 'gaussian' std: 1 }
    bias_filler { type: 'constant' value: 2 } }
    param { decay_mult: 1 } param { decay_mult: 0 } }
layer { type: 'InnerProduct' name: 'ip' bottom: 'conv' top: 'ip_blob'
  inner_product_param { num_output: 13
    weight_filler { type: 'gaussian' std: 2.5 }
    bias_filler { type: 'constant' value: -3 } } }
layer { type: 'SoftmaxWithLoss' name: 'loss' bottom: 'ip_blob' bottom: 'label' top: 'loss' }"""


def write(tmp_path, text, name="net.prototxt"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


@pytest.fixture
def net(tmp_path):
    caffe.set_random_seed(0)  # one draw in some hundreds gives no gradient at all: every label is right
    net = caffe.Net(write(tmp_path, SIMPLE), caffe.TRAIN)
    net.blobs["label"].data[...] = np.random.randint(13, size=net.blobs["label"].data.shape)
    return net


def test_blobs_and_params_outlive_the_net(net):
    params = [blob for blobs in net.params.values() for blob in blobs]
    blobs = list(net.blobs.values())
    del net
    assert np.isfinite(sum(b.data.sum() + b.diff.sum() for b in params + blobs))


def test_layer_dict_names_every_layer(net):
    assert list(net.layer_dict) == list(net._layer_names)
    for i, name in enumerate(net._layer_names):
        assert net.layer_dict[name].type == net.layers[i].type


def test_forward_and_backward_give_a_loss_and_diffs(net):
    assert net.forward()["loss"] > 0
    net.backward()
    assert abs(net.blobs["data"].diff).max() > 0


def test_forward_from_a_layer_uses_what_the_user_wrote(net):
    sample = np.random.uniform(size=net.blobs["conv"].data.shape).astype(np.float32)
    net.blobs["conv"].data[:] = sample
    out = net.forward(start="ip", end="ip")
    assert "ip_blob" in out
    weight, bias = (blob.data for blob in net.params["ip"])
    np.testing.assert_allclose(out["ip_blob"], sample.reshape(5, -1) @ weight.T + bias, rtol=1e-3, atol=1e-3)


def test_backward_of_one_layer_without_a_forward(net):
    sample = np.random.uniform(size=net.blobs["ip_blob"].data.shape).astype(np.float32)
    net.blobs["ip_blob"].diff[:] = sample
    out = net.backward(start="ip", end="ip")
    assert "conv" in out
    weight = net.params["ip"][0].data
    np.testing.assert_allclose(out["conv"].reshape(5, -1), sample @ weight, rtol=1e-3, atol=1e-3)


def test_clear_param_diffs(net):
    net.forward()
    net.backward()
    diff = net.params["conv"][0].diff
    assert diff.max() > 0
    net.clear_param_diffs()
    assert (net.params["conv"][0].diff == 0).all()


def test_param_diffs_are_the_numeric_gradient(net):
    net.params["ip"][0].data[...] *= 0.01  # far from saturation, where the loss is smooth
    net.forward()
    net.backward()
    weight = net.params["ip"][0]
    index, step = (3, 7), 1e-2
    losses = []
    for sign in (1, -1):
        weight.data[index] += sign * step
        losses.append(float(net._forward(1, 3)))
        weight.data[index] -= sign * step
    assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(weight.diff[index], rel=0.05, abs=1e-3)


def test_inputs_and_outputs(net):
    assert net.inputs == []
    assert net.outputs == ["loss"]


def test_top_and_bottom_names(net):
    assert net.top_names == OrderedDict(
        [("data", ["data", "label"]), ("conv", ["conv"]), ("ip", ["ip_blob"]), ("loss", ["loss"])]
    )
    assert net.bottom_names == OrderedDict(
        [("data", []), ("conv", ["data"]), ("ip", ["conv"]), ("loss", ["ip_blob", "label"])]
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_save_and_read_in_both_argument_orders(net, tmp_path):
    path = str(tmp_path / "w.caffemodel")
    net.save(path)
    file = write(tmp_path, SIMPLE)
    for other in (
        caffe.Net(file, path, caffe.TRAIN),
        caffe.Net(file, caffe.TRAIN, weights=path),
        caffe.Net(network_file=file, phase=caffe.TEST, weights=path),
    ):
        for name in net.params:
            for a, b in zip(net.params[name], other.params[name], strict=True):
                np.testing.assert_array_equal(a.data, b.data)


def test_save_and_load_hdf5(net, tmp_path):
    pytest.importorskip("h5py")
    path = str(tmp_path / "any.name")
    net.save_hdf5(path)
    other = caffe.Net(write(tmp_path, SIMPLE), caffe.TRAIN)
    other.load_hdf5(path)
    np.testing.assert_array_equal(net.params["ip"][0].data, other.params["ip"][0].data)


def test_share_with_uses_one_memory(net, tmp_path):
    other = caffe.Net(write(tmp_path, SIMPLE), caffe.TRAIN)
    other.share_with(net)
    net.params["conv"][1].data[...] = 5
    assert (other.params["conv"][1].data == 5).all()


LEVELS = """
layer { name: 'data' type: 'DummyData' top: 'data' dummy_data_param { shape { dim: 1 dim: 1 dim: 10 dim: 10 } } }
layer { name: 'NoLevel' type: 'InnerProduct' bottom: 'data' top: 'NoLevel' inner_product_param { num_output: 1 } }
layer { name: 'Level0Only' type: 'InnerProduct' bottom: 'data' top: 'Level0Only'
  include { min_level: 0 max_level: 0 } inner_product_param { num_output: 1 } }
layer { name: 'Level1Only' type: 'InnerProduct' bottom: 'data' top: 'Level1Only'
  include { min_level: 1 max_level: 1 } inner_product_param { num_output: 1 } }
layer { name: 'Level>=0' type: 'InnerProduct' bottom: 'data' top: 'Level>=0'
  include { min_level: 0 } inner_product_param { num_output: 1 } }
layer { name: 'Level>=1' type: 'InnerProduct' bottom: 'data' top: 'Level>=1'
  include { min_level: 1 } inner_product_param { num_output: 1 } }"""

STAGES = """
layer { name: 'data' type: 'DummyData' top: 'data' dummy_data_param { shape { dim: 1 dim: 1 dim: 10 dim: 10 } } }
layer { name: 'A' type: 'InnerProduct' bottom: 'data' top: 'A' include { stage: 'A' }
  inner_product_param { num_output: 1 } }
layer { name: 'B' type: 'InnerProduct' bottom: 'data' top: 'B' include { stage: 'B' }
  inner_product_param { num_output: 1 } }
layer { name: 'AorB' type: 'InnerProduct' bottom: 'data' top: 'AorB' include { stage: 'A' } include { stage: 'B' }
  inner_product_param { num_output: 1 } }
layer { name: 'AandB' type: 'InnerProduct' bottom: 'data' top: 'AandB' include { stage: 'A' stage: 'B' }
  inner_product_param { num_output: 1 } }"""


@pytest.mark.parametrize(
    ("level", "blobs"),
    [
        (0, ["data", "NoLevel", "Level0Only", "Level>=0"]),
        (1, ["data", "NoLevel", "Level1Only", "Level>=0", "Level>=1"]),
    ],
)
def test_levels(tmp_path, level, blobs):
    net = caffe.Net(write(tmp_path, LEVELS), caffe.TEST, level=level)
    assert [name for name in net.blobs if "_split_" not in name] == blobs


def test_the_level_asked_for_overrides_that_of_the_file(tmp_path):
    text = "state { level: 5 } layer { name: 'a' type: 'DummyData' top: 'a' include { min_level: 3 } }"
    text += " layer { name: 'b' type: 'DummyData' top: 'b' dummy_data_param { shape { dim: 1 } } }"
    assert list(caffe.Net(write(tmp_path, text), caffe.TEST).blobs) == ["b"]


@pytest.mark.parametrize(
    ("stages", "blobs"),
    [
        (["A"], ["data", "A", "AorB"]),
        (["B"], ["data", "B", "AorB"]),
        (["A", "B"], ["data", "A", "B", "AorB", "AandB"]),
    ],
)
def test_stages(tmp_path, stages, blobs):
    net = caffe.Net(write(tmp_path, STAGES), caffe.TEST, stages=stages)
    assert [name for name in net.blobs if "_split_" not in name] == blobs


BRANCHES = """force_backward: true input: 'data' input_shape { dim: 2 dim: 3 dim: 6 dim: 6 }
layer { name: 'a' type: 'Convolution' bottom: 'data' top: 'a'
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' } } }
layer { name: 'a_relu' type: 'ReLU' bottom: 'a' top: 'a' }
layer { name: 'b' type: 'Convolution' bottom: 'a' top: 'b'
  convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: 'xavier' } } }
layer { name: 'c' type: 'Pooling' bottom: 'a' top: 'c' pooling_param { kernel_size: 3 stride: 1 pad: 1 } }
layer { name: 'sum' type: 'Eltwise' bottom: 'b' bottom: 'c' top: 'sum' }
layer { name: 'flat' type: 'Flatten' bottom: 'sum' top: 'flat' }"""


@pytest.fixture
def branches(tmp_path):
    net = caffe.Net(write(tmp_path, BRANCHES), caffe.TEST)
    net.blobs["data"].data[...] = np.random.RandomState(0).normal(size=(2, 3, 6, 6))
    net.forward()
    return net


def test_implicit_splits_are_layers_with_caffes_names(branches):
    assert "a_a_relu_0_split" in branches._layer_names
    assert {"a_a_relu_0_split_0", "a_a_relu_0_split_1"} <= set(branches.blobs)
    assert branches.layer_dict["a_a_relu_0_split"].type == "Split"


def test_tops_that_share_memory_show_what_is_written_to_their_bottom(branches):
    branches.blobs["a"].data[...] = 1
    assert (branches.blobs["a_a_relu_0_split_1"].data == 1).all()
    branches.forward(start="b")
    np.testing.assert_array_equal(branches.blobs["flat"].data.ravel(), branches.blobs["sum"].data.ravel())


def test_backward_from_layer_is_the_true_gradient_whatever_ran_before(branches):
    seed = np.zeros_like(branches.blobs["b"].data)
    seed[0, 1] = 1
    first = branches.backward_from_layer("b", seed, zero_higher=True)["data"].copy()
    branches.blobs["sum"].diff[...] = 9
    branches.blobs["c"].diff[...] = 9
    branches.blobs["a_a_relu_0_split_1"].diff[...] = 9
    again = branches.backward_from_layer("b", seed)["data"]
    np.testing.assert_array_equal(first, again)
    assert abs(first[0]).max() > 0 and (first[1] == 0).all()
    assert all((blob.diff == 0).all() for blob in branches.params["a"])


def test_deconv_from_layer_and_its_kinds(branches):
    seed = np.random.RandomState(1).normal(size=branches.blobs["sum"].data.shape).astype(np.float32)
    kinds = [branches.backward_from_layer("sum", seed, zero_higher=True)["data"].copy()]
    for kind in ("Zeiler & Fergus", "Guided Backprop"):
        kinds.append(branches.deconv_from_layer("sum", seed, zero_higher=True, deconv_type=kind)["data"].copy())
    assert all(abs(kinds[i] - kinds[j]).max() > 1e-4 for i, j in ((0, 1), (0, 2), (1, 2)))
    with pytest.raises(ValueError, match="Guided Backprop"):
        branches.deconv_from_layer("sum", seed, deconv_type="guided")
    with pytest.raises(Exception, match="Expected start_diff of shape"):
        branches.backward_from_layer("sum", seed[0])


def test_deconv_of_the_whole_net_and_zero(branches):
    out = branches.deconv(flat=np.ones_like(branches.blobs["flat"].data))
    assert abs(out["data"]).max() > 0
    branches.zero()
    assert all((blob.diff == 0).all() for blob in branches.blobs.values())


def test_forward_takes_inputs_and_checks_them(branches):
    x = np.zeros((2, 3, 6, 6), np.float32)
    out = branches.forward(data=x, blobs=["b"])
    assert set(out) == {"flat", "b"}
    with pytest.raises(Exception, match="do not match net inputs"):
        branches.forward(image=x)
    with pytest.raises(Exception, match="not batch sized"):
        branches.forward(data=x[:1])


def test_reshape_carries_through(branches):
    branches.blobs["data"].reshape(1, 3, 8, 7)
    branches.reshape()
    assert branches.blobs["sum"].data.shape == (1, 4, 6, 5)
    assert branches.forward()["flat"].shape == (1, 120)


def test_forward_all_pads_the_last_batch(branches):
    x = np.random.normal(size=(5, 3, 6, 6)).astype(np.float32)
    outs = branches.forward_all(data=x)
    assert outs["flat"].shape == (5, 64)
    single = branches.forward(data=np.stack([x[4], x[4]]))["flat"][0]
    np.testing.assert_allclose(outs["flat"][4], single, rtol=1e-5, atol=1e-5)
    data, diffs = branches.forward_backward_all(data=x, flat=np.ones((5, 64), np.float32), blobs=["sum"])
    assert data["sum"].shape[0] == 5 and diffs["data"].shape == x.shape and abs(diffs["data"][4]).max() > 0


def test_legacy_names_of_a_blobs_axes(branches):
    blob = branches.blobs["data"]
    assert (blob.num, blob.channels, blob.height, blob.width, blob.count) == (2, 3, 6, 6, 216)


class Tenfold(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = 10 * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 10 * top[0].diff


class Weighted(Tenfold):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = float(self.param_str)

    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data[0] + self.phase


def python_net(tmp_path, layer="Tenfold", param="", module=__name__):
    one = (
        "layer {{ type: 'Python' name: '{0}' bottom: '{1}' top: '{0}' "
        "python_param {{ module: '{2}' layer: '{3}' param_str: '{4}' }} }}"
    )
    text = "input: 'data' input_shape { dim: 10 dim: 9 dim: 8 }\n" + "\n".join(
        one.format(top, bottom, module, layer, param)
        for bottom, top in (("data", "one"), ("one", "two"), ("two", "three"))
    )
    return caffe.Net(write(tmp_path, text), caffe.TEST)


def test_python_layers_run_forward_backward_and_reshape(tmp_path):
    net = python_net(tmp_path)
    net.blobs["data"].data[...] = 8
    net.forward()
    assert (net.blobs["three"].data == 8000).all()
    net.blobs["three"].diff[...] = 7
    net.backward()
    assert (net.blobs["data"].diff == 7000).all()
    net.blobs["data"].reshape(4, 4, 4, 4)
    net.forward()
    assert all(blob.data.shape == (4, 4, 4, 4) for blob in net.blobs.values())


def test_python_layers_have_params_and_a_phase(tmp_path):
    net = python_net(tmp_path, "Weighted", "2.5")
    net.forward()
    assert list(net.params) == ["one", "two", "three"]
    assert (net.blobs["one"].data == 2.5 + caffe.TEST).all()


def test_a_python_layer_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no_such_module.*expected a subclass of caffe\.Layer"):
        python_net(tmp_path, module="no_such_module")


def test_training_is_out():
    with pytest.raises(caffe.TrainingIsOut, match="does not train"):
        caffe.SGDSolver("solver.prototxt")
    with pytest.raises(NotImplementedError, match="does not train"):
        caffe.get_solver("solver.prototxt")


def test_layer_type_list_has_the_usual_types():
    usual = {"Data", "Convolution", "InnerProduct", "Python", "LSTMUnit", "HDF5Data", "MemoryData", "HDF5Output"}
    assert usual <= set(caffe.layer_type_list())


def test_modes_and_seed(tmp_path):
    caffe.set_mode_cpu()
    with pytest.raises(RuntimeError):
        caffe.set_device(10_000)
    weights = []
    for _ in range(2):
        caffe.set_random_seed(3)
        weights.append(caffe.Net(write(tmp_path, SIMPLE), caffe.TRAIN).params["conv"][0].data.copy())
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("file", ["missing.prototxt", "net.prototxt"])
def test_files_that_are_not_there_are_named(tmp_path, file):
    write(tmp_path, SIMPLE)
    with pytest.raises(ValueError, match=r"missing\.(prototxt|caffemodel)"):
        caffe.Net(str(tmp_path / file), caffe.TEST, weights=str(tmp_path / "missing.caffemodel"))


@pytest.mark.parametrize("kind", ["LSTM", "RNN"])
def test_a_recurrent_layer_goes_on_from_the_last_forward(tmp_path, kind):
    """A sequence step by step, cont 1 after the first, gives what it gives at once; cont 0 starts anew."""

    def made(steps):
        shapes = {"x": f"dim: {steps} dim: 2 dim: 3", "cont": f"dim: {steps} dim: 2"}
        text = "".join(
            f"layer {{ name: '{name}' type: 'Input' top: '{name}' input_param {{ shape {{ {dims} }} }} }}\n"
            for name, dims in shapes.items()
        )
        text += f"layer {{ name: 'y' type: '{kind}' bottom: 'x' bottom: 'cont' top: 'y' recurrent_param {{ "
        text += "num_output: 4 weight_filler { type: 'uniform' min: -1 max: 1 } } }"
        return caffe.Net(write(tmp_path, text, f"{steps}.prototxt"), caffe.TEST)

    whole, single = made(3), made(1)
    single.share_with(whole)
    x, cont = np.random.default_rng(0).normal(size=(3, 2, 3)), np.array([[0, 0], [1, 1], [1, 1]])
    wanted = whole.forward(x=x, cont=cont)["y"]
    for step in range(3):
        got = single.forward(x=x[step : step + 1], cont=cont[step : step + 1])["y"]
        np.testing.assert_allclose(got[0], wanted[step], atol=1e-6)
    np.testing.assert_allclose(single.forward(x=x[:1], cont=cont[:1])["y"][0], wanted[0], atol=1e-6)
    single.backward(y=np.ones((1, 2, 4)))
    assert abs(single.params["y"][0].diff).max() > 0


def test_save_writes_layers_that_other_readers_of_caffemodels_understand(branches, tmp_path):
    path = tmp_path / "saved.caffemodel"
    branches.save(path)
    message = caffe.proto.caffe_pb2.NetParameter.FromString(path.read_bytes())
    assert message.name == branches.name
    written = [(x.name, x.type, list(x.bottom), list(x.top), len(x.blobs)) for x in message.layer]
    assert written == [(x.name, x.type, list(x.bottoms), list(x.tops), len(x.blobs)) for x in branches.layers]


def test_save_hdf5_with_diffs(net, tmp_path):
    h5py = pytest.importorskip("h5py")
    net.forward()
    net.backward()
    net.save_hdf5(tmp_path / "net.h5", True)
    with h5py.File(tmp_path / "net.h5") as file:
        np.testing.assert_array_equal(file["diff/conv/1"][()], net.params["conv"][1].diff)
        np.testing.assert_array_equal(file["data/conv/1"][()], net.params["conv"][1].data)


def test_places_of_inputs_and_outputs(branches):
    names = list(branches.blobs)
    assert [names[i] for i in branches._inputs] == branches.inputs
    assert [names[i] for i in branches._outputs] == branches.outputs


def test_copy_from_refuses_another_order(net, tmp_path):
    other = SIMPLE.replace("num_output: 11 kernel_size: 2 pad: 3", "num_output: 2 kernel_h: 11 kernel_w: 2 pad: 8")
    caffe.Net(write(tmp_path, other, "other.prototxt"), caffe.TRAIN).save(tmp_path / "other.caffemodel")
    with pytest.raises(ValueError, match=r"'conv'.*\(2, 2, 11, 2\), expected \(11, 2, 2, 2\)"):
        net.copy_from(tmp_path / "other.caffemodel")


def test_params_shared_permissively_keep_their_own_shapes(tmp_path):
    text = "input: 'data' input_shape { dim: 1 dim: 4 dim: 3 dim: 3 }\n"
    for name, kernel, share in (
        ("one", "kernel_size: 1", ""),
        ("two", "kernel_h: 2 kernel_w: 1 group: 2", "PERMISSIVE"),
    ):
        mode = f"share_mode: {share}" if share else ""
        text += (
            f"layer {{ name: '{name}' type: 'Convolution' bottom: 'data' top: '{name}' param {{ name: 'w' {mode} }} "
        )
        text += f"convolution_param {{ num_output: 6 bias_term: false {kernel} }} }}\n"
    weights = tmp_path / "w.caffemodel"
    values = np.arange(24, dtype=np.float32)
    write_weights(weights, {"one": [values.reshape(6, 4, 1, 1)], "two": [values.reshape(6, 2, 2, 1)]})
    net = caffe.Net(write(tmp_path, text), caffe.TEST, weights=str(weights))
    one, two = net.params["one"][0], net.params["two"][0]
    assert (one.shape, two.shape) == ((6, 4, 1, 1), (6, 2, 2, 1)) == (one.data.shape, two.data.shape)
    two.data[...], one.diff[...] = 5, 7
    assert (one.data == 5).all() and (two.diff == 7).all()
    net.forward(data=np.ones((1, 4, 3, 3)))
    assert (net.blobs["one"].data == 20).all() and (net.blobs["two"].data == 20).all()


def test_weights_written_through_an_array_that_the_user_kept(net):
    kept = net.params["conv"][0].data
    net.forward()
    for value in (0, 1, 0):
        kept[...] = value
        net.forward(start="conv", end="conv")
        assert (net.blobs["conv"].data == 2).all() == (value == 0)  # 2: the bias


# a loss without a top, as old training files have it
OLD = """layers { name: "d" type: DUMMY_DATA top: "data" top: "label"
  dummy_data_param { num: 2 channels: 3 height: 1 width: 1
    num: 2 channels: 1 height: 1 width: 1 data_filler { type: "gaussian" } data_filler { } } }
layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "ip" bottom: "label" }"""


def test_a_loss_without_a_top_has_an_automatic_one(tmp_path):
    net = caffe.Net(write(tmp_path, OLD), caffe.TRAIN)
    assert net._forward(0, len(net.layers) - 1) > 0 and net.outputs == []
    assert list(net.blobs)[-1] == "(automatic)"
    net.backward()
    assert abs(net.params["ip"][0].diff).max() > 0

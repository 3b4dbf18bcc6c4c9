"""caffe.net_spec: networks written in Python, as pycaffe's test-suite writes them."""

import pytest

import deepvis.caffe as caffe
from deepvis.caffe import layers as L
from deepvis.caffe import params as P


def lenet_tops(batch_size):
    data, label = L.DummyData(
        shape=[dict(dim=[batch_size, 1, 28, 28]), dict(dim=[batch_size, 1, 1, 1])],
        transform_param=dict(scale=1.0 / 255),
        ntop=2,
    )
    conv1 = L.Convolution(data, kernel_size=5, num_output=20, weight_filler=dict(type="xavier"))
    pool1 = L.Pooling(conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    conv2 = L.Convolution(pool1, kernel_size=5, num_output=50, weight_filler=dict(type="xavier"))
    pool2 = L.Pooling(conv2, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    ip1 = L.InnerProduct(pool2, num_output=500, weight_filler=dict(type="xavier"))
    relu1 = L.ReLU(ip1, in_place=True)
    ip2 = L.InnerProduct(relu1, num_output=10, weight_filler=dict(type="xavier"))
    loss = L.SoftmaxWithLoss(ip2, label)
    return dict(
        data=data, label=label, conv1=conv1, pool1=pool1, conv2=conv2, pool2=pool2, ip1=ip1,
        relu1=relu1, ip2=ip2, loss=loss,
    )  # fmt: skip


def named_lenet(batch_size):
    n = caffe.NetSpec()
    for name, top in lenet_tops(batch_size).items():
        setattr(n, name, top)
    return n.to_proto()


def build(net_proto, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(str(net_proto))
    return caffe.Net(str(path), caffe.TEST)


@pytest.mark.parametrize("make", [named_lenet, lambda n: lenet_tops(n)["loss"].to_proto()])
def test_lenet_builds(make, tmp_path):
    proto = make(5)
    assert proto.layer[6].bottom == proto.layer[6].top  # ReLU in place
    net = build(proto, tmp_path)
    assert [layer.type for layer in net.layers] == [
        "DummyData", "Convolution", "Pooling", "Convolution", "Pooling", "InnerProduct", "ReLU",
        "InnerProduct", "SoftmaxWithLoss",
    ]  # fmt: skip


def test_automatic_names_count_by_type():
    proto = lenet_tops(5)["loss"].to_proto()
    assert [layer.name for layer in proto.layer][:5] == [
        "DummyData1", "Convolution1", "Pooling1", "Convolution2", "Pooling2",
    ]  # fmt: skip


def test_layers_without_tops(tmp_path):
    n = caffe.NetSpec()
    n.data, n.data2 = L.DummyData(shape=dict(dim=3), ntop=2)
    n.silence_data = L.Silence(n.data, ntop=0)
    n.silence_data2 = L.Silence(n.data2, ntop=0)
    assert len(build(n.to_proto(), tmp_path).forward()) == 0


def test_an_input_that_is_no_top_is_a_type_error():
    data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=r"^Silence input 0 is not a Top \(type is <class 'tuple'>\)$"):
        L.Silence(data, ntop=0)
    L.Silence(*data, ntop=0)


def test_param_and_unknown_field():
    top = L.Convolution(L.Input(shape=dict(dim=[1, 3, 8, 8])), num_output=2, kernel_size=[3, 1],
                        param=[dict(lr_mult=1), dict(lr_mult=2)])  # fmt: skip
    layer = top.to_proto().layer[1]
    assert list(layer.convolution_param.kernel_size) == [3, 1] and layer.param[1].lr_mult == 2
    with pytest.raises(AttributeError, match="nonsense"):
        L.Convolution(top, nonsense=3).to_proto()


def test_to_proto_of_several_tops():
    data = L.Input(shape=dict(dim=[1, 4]))
    proto = caffe.to_proto(L.ReLU(data), L.TanH(data))
    assert [layer.type for layer in proto.layer] == ["Input", "ReLU", "TanH"]


def test_attributes_items_and_update():
    n = caffe.NetSpec()
    n["data"] = L.Input(shape=dict(dim=[1, 4]))
    n.ip = L.InnerProduct(n.data, num_output=3)
    n.update("ip", dict(num_output=5))
    assert n.keys() == ["data", "ip"]
    assert n.to_proto().layer[1].inner_product_param.num_output == 5
    with pytest.raises(AttributeError):
        getattr(n, "missing")  # noqa: B009

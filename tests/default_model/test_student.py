"""The network in training is the network that is exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from default_model.batchnorm import EPS, fold
from default_model.student import INPUT_STD, Guides, Student, plain_weights
from torch.nn import functional as F

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net


def student_of(prototxt: Path, guides: Guides | None = None) -> Student:
    return Student(fill_net(load_net(prototxt, on_missing="fill")), 3, guides)


def unsettle(student: Student) -> None:
    """Give every tensor that starts at 0 or 1 a value of its own."""
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for name, tensor in student.everything().items():
            if name.endswith(("gamma", "var")):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            elif tensor.dim() == 1:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.3)


def test_folding_is_exact() -> None:
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(6, 3, 5, 5)).astype(np.float32), rng.normal(size=6).astype(np.float32)
    gamma, beta, mean = rng.normal(size=(3, 6)).astype(np.float32)
    var = rng.uniform(0.1, 4, 6).astype(np.float32)
    x = torch.from_numpy(rng.normal(size=(2, 3, 9, 9)).astype(np.float32))
    folded = [torch.from_numpy(a) for a in fold(weights, bias, gamma, beta, mean, var)]
    y = F.conv2d(x, torch.from_numpy(weights), torch.from_numpy(bias))
    expected = F.batch_norm(y, *(torch.from_numpy(a) for a in (mean, var, gamma, beta)), eps=EPS)
    assert torch.allclose(F.conv2d(x, *folded), expected, atol=2e-5)


def test_the_exported_network_computes_what_the_trained_one_does(tiny_prototxt: Path) -> None:
    student = student_of(tiny_prototxt, Guides(maps_size=4, vector_size=5))
    unsettle(student)
    pixels = torch.rand(4, 3, 25, 25, generator=torch.Generator().manual_seed(1)) * 255 - 120
    with torch.no_grad():
        trained = student.run(pixels / INPUT_STD, training=False).logits
    named = {name: tensor.detach().numpy() for name, tensor in student.everything().items()}
    plain = plain_weights(named, list(student.weights))
    tape = caffe_net(load_net(tiny_prototxt, plain)).forward({"data": pixels})
    assert torch.allclose(tape.blobs["fc8"], trained, rtol=1e-4, atol=1e-4)


def test_every_trained_tensor_gets_a_gradient(tiny_prototxt: Path) -> None:
    student = student_of(tiny_prototxt, Guides(maps_size=4, vector_size=5))
    out = student.run(torch.randn(6, 3, 25, 25), training=True)
    assert out.logits.shape == (6, 100) and out.maps.shape[:2] == (6, 4) and out.vector.shape == (6, 5)
    (out.logits.square().mean() + out.maps.square().mean() + out.vector.square().mean()).backward()
    silent = [name for name, tensor in student.trained().items() if tensor.grad is None or not tensor.grad.any()]
    assert silent == []


def test_smaller_pictures_go_through(tiny_prototxt: Path) -> None:
    student = student_of(tiny_prototxt, Guides(maps_size=4, vector_size=5))
    assert (student.cells(25), student.cells(19)) == (5, 4)
    out = student.run(torch.randn(2, 3, 19, 19), training=True)
    assert out.logits.shape == (2, 100) and out.maps.shape == (2, 4, 4, 4)


def test_only_training_moves_the_statistics(tiny_prototxt: Path) -> None:
    student = student_of(tiny_prototxt)
    before = {name: tensor.clone() for name, tensor in student.statistics().items()}
    x = torch.randn(4, 3, 25, 25)
    student.run(x, training=False)
    assert all(torch.equal(tensor, before[name]) for name, tensor in student.statistics().items())
    student.run(x, training=True)
    assert not any(torch.equal(tensor, before[name]) for name, tensor in student.statistics().items())


def test_the_default_network_is_a_small_caffenet(root: Path) -> None:
    net = fill_net(load_net(root / "models" / "caffenet-mini" / "deploy.prototxt", on_missing="fill"))
    assert 112 <= net.inputs["data"][2] == net.inputs["data"][3] <= 128
    assert sum(w.size for layer in net.layers for w in layer.blobs) * 4 <= 16e6
    made = [layer.tops[0] for layer in net.layers if layer.bottoms[:1] != layer.tops[:1]]
    assert " ".join(made) == "conv1 pool1 norm1 conv2 pool2 norm2 conv3 conv4 conv5 pool5 fc6 fc7 fc8 prob"

"""Nets over one graph share what was worked out for it without a lock: each thread gets its own shapes."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.spec_graph import caffe_net
from tests.helpers.nets import conv, data, filled, layer, noise, relu

NET = (
    data(1, 3, 12, 12)
    + conv("c1", "data", "num_output: 4 kernel_size: 3 pad: 1")
    + relu("c1")
    + layer("Pooling", "p1", "c1", "pooling_param { kernel_size: 3 stride: 2 }")
    + layer("Pooling", "p2", "c1", "pooling_param { kernel_size: 2 stride: 2 pool: AVE }")
    + conv("c2", "p1", "num_output: 4 kernel_size: 1")
)
SIZES = [(rows, columns) for rows in range(8, 14) for columns in range(8, 14)]  # more than the caches hold


@pytest.fixture
def often() -> None:
    """Python changes threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often")
def test_threads_that_share_a_graph_with_pictures_of_many_sizes() -> None:
    spec = filled(NET)
    alone = {}
    for seed, size in enumerate(SIZES):
        tape = caffe_net(spec).forward({"data": noise(1, 3, *size, seed=seed)})
        alone[size] = tape.blobs, tape.backward("c2", torch.ones_like(tape.blobs["c2"]))["data"]
    shared, faults = filled(NET), []

    def work(order: np.random.Generator) -> None:
        net = caffe_net(shared)
        for index in order.permutation(len(SIZES)):
            size = SIZES[index]
            try:
                tape = net.forward({"data": noise(1, 3, *size, seed=int(index))})
                diff = tape.backward("c2", torch.ones_like(tape.blobs["c2"]))["data"]
                for name, blob in tape.blobs.items():
                    torch.testing.assert_close(blob, alone[size][0][name])
                torch.testing.assert_close(diff, alone[size][1])
            except Exception as error:
                faults.append((size, error))

    threads = [threading.Thread(target=work, args=(np.random.default_rng(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("kind", ["Convolution", "Pooling"])
def test_what_is_worked_out_for_a_shape_is_returned_though_another_thread_clears_the_table(kind: str) -> None:
    from deepvis.formats.caffe.layer import build

    text = conv("y", "data", "num_output: 4 kernel_size: 3")
    if kind == "Pooling":
        text = layer("Pooling", "y", "data", "pooling_param { kernel_size: 3 stride: 2 }")
    spec = filled(data(1, 3, 12, 12) + text)
    op = build(spec.layers[0], [torch.from_numpy(blob) for blob in spec.layers[0].blobs])
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        order = np.random.default_rng(seed)
        for _ in range(3000):
            size = (1, 3, int(order.integers(4, 60)), int(order.integers(4, 60)))
            try:
                (top,) = op.shapes(size)
                assert top[2] == (size[2] - 2 if kind == "Convolution" else -(-(size[2] - 3) // 2) + 1)
            except BaseException as error:
                faults.append(error)
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[0]

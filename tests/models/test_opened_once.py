"""What tasks run on is the network that they name, also where its files were replaced since it was opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis.models.opened_once import forget_models, model_now, model_of_identity
from deepvis.models.zoo import open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef
from deepvis.optimize.tasks import Setup, ascent_net, opened_setup
from deepvis.scan.network import network_of_identity, open_network

NETS = """
import torch

def make():
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 3), torch.nn.ReLU())
    torch.nn.init.constant_(net[0].weight, {value})
    torch.nn.init.zeros_(net[0].bias)
    return net
"""


def written(folder: Path, value: float) -> NetworkRef:
    """A file whose network has this weight."""
    (folder / "nets.py").write_text(NETS.format(value=value))
    return NetworkRef(network=f"{folder / 'nets.py'}:make", options=(("input_size", (8, 8)),))


def weight_of(net) -> float:
    tape = net.forward({"input": np.ones((1, 3, 8, 8), np.float32)}, until="0")
    return float(tape.blobs["0"].flatten()[0]) / 27


def test_a_worker_that_had_the_network_before(tmp_path) -> None:
    ref = written(tmp_path, 0.25)
    before = open_model(ref).identity  # by the program that sends the tasks
    ready = ascent_net(Setup(ref, before)).net, network_of_identity(ref, before, (), "cpu").net
    assert list(map(weight_of, ready)) == [0.25, 0.25]
    assert ascent_net(Setup(ref, before)).net is ready[0], "opened once"

    after = open_model(written(tmp_path, 0.5)).identity
    ready = ascent_net(Setup(ref, after)).net, network_of_identity(ref, after, (), "cpu").net
    assert list(map(weight_of, ready)) == [0.5, 0.5]
    assert model_of_identity(ref, before).identity == before, "a run that was begun before goes on"


def test_the_program_that_sends_tasks_reads_the_files_anew(tmp_path) -> None:
    ref = written(tmp_path, 0.25)
    first = opened_setup(ref, "cpu")[0], open_network(ref, (), "cpu")
    written(tmp_path, 0.5)
    setup, scanning = opened_setup(ref, "cpu")[0], open_network(ref, (), "cpu")
    assert setup.identity != first[0].identity and weight_of(ascent_net(setup).net) == 0.5
    assert weight_of(first[1].net) == 0.25 and weight_of(scanning.net) == 0.5
    assert model_now(ref).identity == setup.identity


def test_files_of_another_network_are_one_sentence(tmp_path) -> None:
    ref = written(tmp_path, 0.25)
    before = open_model(ref).identity
    after = open_model(written(tmp_path, 0.5)).identity
    forget_models()
    with pytest.raises(ModelError, match=f"is {after} on .*, expected {before} as when the run was begun: its files"):
        model_of_identity(ref, before)
    assert model_of_identity(ref, after).identity == after

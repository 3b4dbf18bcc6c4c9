"""One choice of the device for all who run a network."""

from __future__ import annotations

import pytest
import torch

from deepvis.network.device import device_name, device_of
from deepvis.network.model_error import ModelError


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.parametrize(
    ("name", "device"), [("auto", "cuda"), ("cpu", "cpu"), ("cuda", "cuda"), ("cuda:0", "cuda:0"), ("cuda:1", "cuda:1")]
)
def test_with_gpus(two_gpus: None, name: str, device: str) -> None:
    assert device_of(name) == torch.device(device)
    assert device_of(torch.device(device)) == torch.device(device)
    assert torch.backends.cudnn.allow_tf32 is (device == "cpu")


def test_without_a_gpu(no_gpu: None) -> None:
    assert device_of() == device_of("auto") == device_of("cpu") == torch.device("cpu")
    assert device_name(device_of()) == "cpu"
    with pytest.raises(ModelError, match=r"^the device 'cuda' is not there; there are: cpu$"):
        device_of("cuda")


def test_one_sentence_for_what_is_not_there(two_gpus: None) -> None:
    with pytest.raises(ModelError, match=r"^the device 'cuda:2' is not there; there are: cpu, cuda:0, cuda:1$"):
        device_of("cuda:2")
    for name in ("gpu", "meta", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "mps", ""):
        with pytest.raises(ModelError, match=f"^there is no device '{name}'; expected auto, cpu, cuda or cuda:N$"):
            device_of(name)

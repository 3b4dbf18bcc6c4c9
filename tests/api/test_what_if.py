"""``Network.what_if``: a module against hooks on it, its ONNX file beside it, several photos, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import deepvis
from deepvis.network.model_error import ModelError
from tests.api.test_attribution import module, onnx  # noqa: F401  (fixtures)
from tests.attribution.nets import Waves, waves_input


def test_against_hooks_on_the_module(module: deepvis.Network) -> None:  # noqa: F811
    plain, owner = Waves().eval(), Waves().eval()

    def changed(_: torch.nn.Module, taken: object, made: torch.Tensor) -> torch.Tensor:
        made = made.clone()
        made[:, 0], made[:, 1], made[:, 2] = 0, 2 * made[:, 1], 0.5
        return made

    name = next(name for name, part in owner.named_modules() if isinstance(part, torch.nn.Conv2d))
    owner.get_submodule(name).register_forward_hook(changed)
    x = torch.from_numpy(waves_input())[None]
    found = module.what_if(waves_input(), [(name, 0)], scale={f"{name}:1": 2}, clamp={(name, 2): 0.5})
    with torch.no_grad():
        before, after = plain(x)[0].numpy(), owner(x)[0].numpy()
    out = "fc"
    np.testing.assert_allclose(found.before[out].ravel(), before.ravel(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.after[out].ravel(), after.ravel(), rtol=1e-4, atol=1e-5)
    assert not found.after[name][0].any() and (found.after[name][2] == 0.5).all()
    top = found.units("fc")[0]
    assert abs(top.change) == pytest.approx(float(np.abs(found.after["fc"] - found.before["fc"]).max()), rel=1e-5)
    assert "off" in repr(found)


def test_several_photos_and_one_layer(module: deepvis.Network) -> None:  # noqa: F811
    found = module.what_if(np.stack([waves_input(), -waves_input()]), "conv1:0", layers="fc")
    assert isinstance(found, list) and len(found) == 2 and "fc" in found[0].after and "conv1" not in found[0].after


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, "found no unit to change"),
        ({"off": ["conv1"]}, "expected LAYER:CHANNEL"),
        ({"off": [("conv1", 99)]}, "channel 99"),
        ({"off": [("nowhere", 0)]}, "no layer 'nowhere'"),
        ({"off": ["conv1:0"], "clamp": {("conv1", 0): 1}}, "conv1:0 more than once"),
        ({"scale": {"conv1:0": "two"}}, "expected a number"),
        ({"off": ["conv1:0"], "layers": "poool"}, "no layer 'poool'"),
    ],
)
def test_what_is_refused(module: deepvis.Network, how: dict[str, object], words: str) -> None:  # noqa: F811
    with pytest.raises(ModelError, match=words):
        module.what_if(waves_input(), **how)


def test_an_onnx_file_says_the_same(module: deepvis.Network, onnx: deepvis.Network) -> None:  # noqa: F811
    layer = next(name for name in onnx.layers if onnx.shapes[name] == module.shapes["conv1"])
    ours = module.what_if(waves_input(), [("conv1", 1)])
    theirs = onnx.what_if(waves_input(), [(layer, 1)])
    last = next(name for name in onnx.layers if onnx.shapes[name] == (5, 1, 1))
    np.testing.assert_allclose(theirs.after[last].ravel(), ours.after["fc"].ravel(), rtol=1e-3, atol=1e-4)

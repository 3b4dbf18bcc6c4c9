"""What captum 0.9.0 says of tests/attribution/nets.py, written to captum_golden.json. Run once, outside of the tests:

pip install --no-deps --target /tmp/captum captum==0.9.0 tqdm
PYTHONPATH=.:/tmp/captum python tests/attribution/make_captum_golden.py
"""

from __future__ import annotations

import json
from pathlib import Path

import captum
import torch
from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam

from tests.attribution.nets import Waves, waves_input

CLASSES = (0, 3)


def main() -> None:
    net, x = Waves(), torch.from_numpy(waves_input())[None]
    found = {"captum": captum.__version__, "version": 1}
    for target in CLASSES:
        ours = {
            "grad_cam": LayerGradCam(net, net.relu2).attribute(x, target=target, relu_attributions=True),
            "input_x_gradient": InputXGradient(net).attribute(x.requires_grad_(), target=target),
            "integrated_gradients": IntegratedGradients(net).attribute(
                x, torch.zeros_like(x), target=target, n_steps=64, method="riemann_middle"
            ),
        }
        found[str(target)] = {name: value[0].sum(0).detach().round(decimals=6).tolist() for name, value in ours.items()}
    Path(__file__).with_name("captum_golden.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

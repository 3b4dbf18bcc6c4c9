"""What zennit 0.5.1 says of tests/attribution/nets.py, written to zennit_golden.json. Run once, outside of the tests:

pip install --no-deps --target /tmp/zennit zennit==0.5.1
PYTHONPATH=.:/tmp/zennit python tests/attribution/make_zennit_golden.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import torch
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonPlusFlat

from tests.attribution.nets import NormalizedWaves, waves_input

CLASSES = (0, 3)


def main() -> None:
    x = torch.from_numpy(waves_input())[None]
    found: dict[str, object] = {"zennit": version("zennit"), "version": 1}
    net, composite = NormalizedWaves(), EpsilonPlusFlat(canonizers=[SequentialMergeBatchNorm()])
    with Gradient(model=net, composite=composite) as attribute:
        for target in CLASSES:
            relevance = attribute(x, lambda y, at=target: y * torch.eye(y.shape[1])[[at]])[1]
            found[str(target)] = relevance[0].sum(0).detach().round(decimals=6).tolist()
    Path(__file__).with_name("zennit_golden.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

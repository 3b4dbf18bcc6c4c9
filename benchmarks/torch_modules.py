"""Captured modules beside their own eager passes, taking turns: forward with all shown values, live passes back.

Prints JSON: milliseconds (the best of several), and shares: forward / eager forward, at most 1.1, and 1.0 where
convolution and batch norm fold; (eager forward + back) / live pass with the gradient from the middle, at least 0.85.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepvis.formats.torch.capture import captured
from deepvis.models.listing import shown_layers
from deepvis.network.memory import keep_freed_memory
from deepvis.network.net import GraphNet


def conv_norm(below: int, above: int, kernel: int, stride: int = 1, groups: int = 1, act: nn.Module | None = None):
    conv = nn.Conv2d(below, above, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(above), *([act] if act else []))


class Basic(nn.Module):
    """ResNet's basic block (He et al. 2016)."""

    def __init__(self, below: int, above: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(below, above, 3, stride, 1, bias=False), nn.BatchNorm2d(above)
        self.conv2, self.bn2 = nn.Conv2d(above, above, 3, 1, 1, bias=False), nn.BatchNorm2d(above)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = conv_norm(below, above, 1, stride) if stride > 1 or below != above else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet18(nn.Module):
    middle = "layer3"

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = (64, 64, 128, 256, 512)
        for stage in range(1, 5):
            below, above = widths[stage - 1 : stage + 1]
            blocks = nn.Sequential(Basic(below, above, 1 if stage == 1 else 2), Basic(above, above, 1))
            setattr(self, f"layer{stage}", blocks)
        self.fc = nn.Linear(512, 1000)

    def forward(self, x: Tensor) -> Tensor:
        y = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        y = self.layer4(self.layer3(self.layer2(self.layer1(y))))
        return self.fc(y.mean((2, 3)))


class Inverted(nn.Module):
    """MobileNetV3's block (Howard et al. 2019)."""

    def __init__(self, below: int, kernel: int, wide: int, above: int, squeeze: bool, act: str, stride: int) -> None:
        super().__init__()
        made = {"RE": nn.ReLU, "HS": nn.Hardswish}[act]
        self.expand = conv_norm(below, wide, 1, act=made()) if wide != below else nn.Identity()
        self.depthwise = conv_norm(wide, wide, kernel, stride, wide, made())
        inner = max((wide // 4 + 4) // 8 * 8, 8)
        self.squeeze = nn.Conv2d(wide, inner, 1) if squeeze else None
        self.excite = nn.Conv2d(inner, wide, 1) if squeeze else None
        self.project = conv_norm(wide, above, 1)
        self.adds = stride == 1 and below == above

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(self.expand(x))
        if self.squeeze is not None:
            y = y * F.hardsigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(y, 1)))))
        y = self.project(y)
        return x + y if self.adds else y


SMALL = (
    *((16, 3, 16, 16, True, "RE", 2), (16, 3, 72, 24, False, "RE", 2), (24, 3, 88, 24, False, "RE", 1)),
    *((24, 5, 96, 40, True, "HS", 2), (40, 5, 240, 40, True, "HS", 1), (40, 5, 240, 40, True, "HS", 1)),
    *((40, 5, 120, 48, True, "HS", 1), (48, 5, 144, 48, True, "HS", 1), (48, 5, 288, 96, True, "HS", 2)),
    *((96, 5, 576, 96, True, "HS", 1), (96, 5, 576, 96, True, "HS", 1)),
)


class MobileNetV3Small(nn.Module):
    middle = "blocks.7"

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_norm(3, 16, 3, 2, act=nn.Hardswish())
        self.blocks = nn.Sequential(*(Inverted(*row) for row in SMALL))
        self.last = conv_norm(96, 576, 1, act=nn.Hardswish())
        self.head = nn.Sequential(nn.Linear(576, 1024), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(1024, 1000))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.last(self.blocks(self.stem(x))).mean((2, 3)))


class Plain(nn.Module):
    """A vision transformer and ConvNeXt blocks: nothing folds."""

    middle = "blocks.3"

    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(width, width, 7, 1, 3, groups=width), nn.LayerNorm(width)
            self.up, self.act, self.down = nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)

        def forward(self, x: Tensor) -> Tensor:
            y = self.norm(self.conv(x).permute(0, 2, 3, 1))
            return x + self.down(self.act(self.up(y))).permute(0, 3, 1, 2)

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks = nn.Conv2d(3, 96, 4, 4), nn.Sequential(*(self.Block(96) for _ in range(6)))
        self.head = nn.Linear(96, 1000)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


MODULES = {"resnet18": ResNet18, "mobilenet_v3_small": MobileNetV3Small, "convnext_blocks": Plain}


def module_values(net: GraphNet) -> list[str]:
    """What a folding list shows by default: the last values of modules, without what lies inside stages and blocks."""
    last = {".".join(name.split(".")[:2]): name for name in shown_layers(net.graph)}
    return list(last.values())


def measured(name: str, rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    torch.manual_seed(0)
    module = MODULES[name]().eval()
    net, x = GraphNet(captured(name, module, (3, 224, 224))), torch.rand(1, 3, 224, 224)
    shown = module_values(net)
    graph_input = next(iter(net.graph.inputs))
    tape = net.forward({graph_input: x})
    middle = [name for name in tape.blobs if f"{name}.".startswith(f"{module.middle}.")][-1]
    seed = torch.zeros_like(tape.blobs[middle])
    seed[0, 3] = 1
    kept: list[Tensor] = []
    module.get_submodule(module.middle).register_forward_hook(lambda m, i, y: kept.append(y))

    def eager() -> None:
        kept.clear()
        with torch.no_grad():
            module(x)

    def eager_back() -> None:
        kept.clear()
        leaf = x.clone().requires_grad_()
        module(leaf)
        torch.autograd.grad(kept[0], leaf, seed)

    def forward() -> None:
        blobs = net.forward({graph_input: x}, shown=shown).blobs
        for layer in shown:
            blobs[layer]

    def live() -> None:
        made = net.forward({graph_input: x}, shown=shown)
        made.backward(middle, seed)

    for parameter in module.parameters():
        parameter.requires_grad_(False)
    contestants = {"eager": eager, "forward": forward, "eager_live": eager_back, "live": live}
    best = best_of(contestants, rounds, clock)
    return {
        **{f"{key}_ms": round(1000 * value, 2) for key, value in best.items()},
        "shown_layers": len(shown),
        "forward_share": round(best["forward"] / best["eager"], 3),
        "live_share": round(best["eager_live"] / best["live"], 3),
    }


def best_of(contestants: dict[str, Callable[[], None]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Seconds, taking turns."""
    best = dict.fromkeys(contestants, float("inf"))
    for number in range(rounds + 2):
        for key, run in contestants.items():
            began = clock()
            run()
            if number > 1:
                best[key] = min(best[key], clock() - began)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--cpu-time", action="store_true", help="of the process, on a busy machine; with --threads 1")
    parser.add_argument("names", nargs="*", default=list(MODULES))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()  # as the window does; for all contestants
    clock = time.process_time if args.cpu_time else time.perf_counter
    found = {name: measured(name, args.rounds, clock) for name in args.names}
    print(json.dumps({"torch": torch.__version__, "threads": args.threads, **found}, indent=1))


if __name__ == "__main__":
    main()

"""deepvis.show: the window on a module of this process, in memory and on a virtual screen with real keys."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import deepvis
from deepvis.api.shown_network import ShownNetwork
from deepvis.core.unit_files import user_folder
from deepvis.window import app
from deepvis.window.ui.events import Key
from deepvis.window.ui.window import MemoryWindow
from tests.helpers import waiting
from tests.helpers.screen import Screen

SIDE = 32
until = partial(waiting.until, seconds=60.0)  # for what a training loop beside the window has done


def small(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    parts = [nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*parts, nn.Linear(4, 3))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[MemoryWindow]]:
    """Windows are drawn into memory."""
    made: list[MemoryWindow] = []

    def in_memory(settings: Any, options: Any, title: str = "") -> MemoryWindow:
        made.append(MemoryWindow(title, 600, 900))
        return made[-1]

    monkeypatch.setattr(app, "open_window", in_memory)
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))
    yield made


def loop_of(shown: ShownNetwork) -> Any:
    return until(lambda: shown._window.toolbox, "the window").loop


def settled(shown: ShownNetwork) -> Any:
    loop = loop_of(shown)
    return until(lambda: loop.parts.latest.snapshot and not loop.missing and loop.parts.latest, "all panes")


def has_taken_up(shown: ShownNetwork, photo: Path) -> None:
    """Wait until the window shows what the network, with the weights of now, answers."""

    def is_so() -> bool:
        snapshot = loop_of(shown).parts.latest.snapshot
        wanted = shown.network.activations(photo, "0")["0"]
        return snapshot is not None and np.allclose(snapshot.activations["0"], wanted, atol=1e-5)

    until(is_so, "the new weights")


def test_new_weights_are_shown_and_earlier_pictures_marked(
    windows: list[MemoryWindow], photos: Path, tmp_path: Path
) -> None:
    module, photo = small(), photos / "photo0.png"
    with deepvis.show(module, photo, block=False, input_size=SIDE) as shown:
        settled(shown)
        first = shown.network.identity
        windows[0].send(Key(ord("x")))
        live = user_folder("Sequential", {"DEEPVIS_CACHE": str(tmp_path / "cache")}, first)
        until(lambda: list(live.rglob("*.png")), "the preferred image")
        until(lambda: "live optimization" in settled(shown).unit_images.notes.get("optimized", ""), "it in the window")
        earlier = loop_of(shown).parts.latest.snapshot
        with torch.no_grad():
            module[0].weight.mul_(-2)
        assert shown.refresh() and shown.network.identity != first
        has_taken_up(shown, photo)
        assert loop_of(shown).parts.latest.snapshot.id > earlier.id
        notes = until(lambda: _marked(shown), "the mark")
        assert notes["optimized"].startswith("older weights")
        windows[0].send(Key(ord("x")))
        until(lambda: settled(shown).unit_images.notes.get("optimized") == "your own live optimization", "a new one")
    assert not shown.is_open and not shown.refresh() and shown.error == ""
    assert len([folder for folder in (tmp_path / "cache").iterdir() if folder.is_dir()]) == 2, "an identity, a folder"


def _marked(shown: ShownNetwork) -> Any:
    notes = settled(shown).unit_images.notes
    return notes if "older weights" in notes.get("optimized", "") else None


def test_the_earlier_top_9_is_marked_while_it_is_the_larger_one(windows: list[MemoryWindow], photos: Path) -> None:
    module = small()
    with torch.no_grad():
        module[0].bias.fill_(5.0)  # every photo excites every unit
    with deepvis.show(module, photos, block=False, input_size=SIDE) as shown:
        settled(shown)
        windows[0].send(Key(ord("e")))  # the next photo
        until(lambda: len(settled(shown).unit_images.patches) >= 2, "two photos in the top 9")
        with torch.no_grad():
            module[0].weight.mul_(2)
        shown.refresh()
        until(lambda: "older weights" in settled(shown).unit_images.notes.get("top", ""), "the mark")


def test_the_overlay_shows_the_filters_of_the_first_convolution(windows: list[MemoryWindow], photos: Path) -> None:
    module = small()
    with deepvis.show(module, photos, block=False, input_size=SIDE, keys="s") as shown:
        whole = until(lambda: settled(shown).whole_layer, "the filters")
        assert whole.title == "its filters" and whole.tiles.shape[0] == 6
        with torch.no_grad():
            module[0].weight.copy_(module[0].weight.flip(0))
        shown.refresh()
        until(lambda: np.array_equal(settled(shown).whole_layer.tiles, whole.tiles[::-1]), "the new filters")


def test_every_takes_the_steps_of_an_optimizer_up_in_the_thread_that_trains(
    windows: list[MemoryWindow], photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = small().train()
    threads: set[int] = set()
    with deepvis.show(module, photos, block=False, input_size=SIDE, every=0.05) as shown:
        taken = shown.network.take_weights

        def take(**options: Any) -> Any:
            threads.add(threading.get_ident())
            return taken(**options)

        monkeypatch.setattr(shown.network, "take_weights", take)
        first = shown.network.identity
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)

        def trained() -> bool:
            optimizer.zero_grad()
            module(torch.ones(1, 3, SIDE, SIDE)).sum().backward()
            optimizer.step()
            return len(threads) > 0 and shown.network.identity != first

        until(trained, "weights of a step")
        assert threads == {threading.get_ident()} and module.training
    steps = len(threads)
    optimizer.step()
    assert len(threads) == steps, "a closed window leaves the optimizers alone"


def test_every_takes_other_changes_up_too(windows: list[MemoryWindow], photos: Path) -> None:
    module = small()
    with deepvis.show(module, photos / "photo0.png", block=False, input_size=SIDE, every=0.1) as shown:
        settled(shown)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.mul_(3)
        until(lambda: np.allclose(shown.network.model.graph.nodes[0].weights[0], module[0].weight.detach()), "a look")
        has_taken_up(shown, photos / "photo0.png")


def test_a_window_that_cannot_be_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, photos: Path) -> None:
    network = deepvis.open(small(), input_size=SIDE)
    for arguments, words in (
        ({"every": 0}, "above 0"),
        ({"colormap": "pink"}, "colormap"),
        ({"images": "no-such-folder"}, "no-such-folder"),
    ):
        with pytest.raises(deepvis.ModelError, match=words):
            deepvis.show(network, block=False, **arguments)
    with pytest.raises(deepvis.ModelError, match="no module in memory"):
        deepvis.show("caffenet-mini", block=False, every=1.0)
    if sys.platform == "linux":
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        with pytest.raises(deepvis.ModelError, match="no display"):
            deepvis.show(network, photos, block=False)


REAL = """
import sys, torch, deepvis
from tests.api.test_show import SIDE, small
module = small()
first = deepvis.show(module, sys.argv[1], block=False, input_size=SIDE, window_size=(500, 700))
print("first", flush=True)
optimizer, steps = torch.optim.SGD(module.parameters(), lr=0.01), 0
while first.is_open:
    optimizer.zero_grad(); module(torch.ones(1, 3, SIDE, SIDE)).sum().backward(); optimizer.step()
    steps += 1
    if steps % 20 == 0:
        first.refresh()
print("closed", first.error, flush=True)
deepvis.show(module, sys.argv[1], input_size=SIDE, window_size=(500, 700))
print("second closed", flush=True)
"""


@pytest.mark.window
def test_real_keys_reach_a_window_beside_a_training_loop(
    screen: Screen, photos: Path, root: Path, tmp_path: Path
) -> None:
    """The first stands beside the loop and is closed by a key, the second is waited for."""
    environment = {**os.environ, "DISPLAY": screen.display, "DEEPVIS_CACHE": str(tmp_path), "PYTHONPATH": str(root)}
    program = subprocess.Popen(
        [sys.executable, "-c", REAL, str(photos)], env=environment, cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "first\n"
        before = close_by_key(screen)
        assert program.stdout.readline() == "closed \n"
        until(lambda: find(screen) not in ("", before), "the second window")
        close_by_key(screen)
        assert program.stdout.readline() == "second closed\n"
        assert program.wait(60) == 0
    finally:
        program.kill()
        program.wait()


def find(screen: Screen) -> str:
    return (
        screen.xdotool("search", "--onlyvisible", "--name", "Deep Visualization Toolbox: ").strip().partition("\n")[0]
    )


def close_by_key(screen: Screen) -> str:
    window = str(until(lambda: find(screen), "the window"))
    screen.xdotool("mousemove", "--window", window, "5", "5")
    until(lambda: screen.xdotool("key", "q") == "" and find(screen) != window, "its end by the key q")
    return window

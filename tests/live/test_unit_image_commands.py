"""The commands that the window shows name the very network that it shows."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.cli.chosen_settings import settings_of
from deepvis.cli.subcommand import find
from deepvis.cli.window import parser
from deepvis.live.unit_image_commands import commands_for, short_path
from deepvis.models.network_options import network_of
from deepvis.models.zoo import open_model
from deepvis.window.app import opened
from tests.helpers.networks import small_model


def window(*arguments: str) -> tuple[Any, Any]:
    """(the model that the window shows with these arguments, the commands in its notes)."""
    settings = settings_of(parser().parse_args(list(arguments)))
    model = opened(settings)
    return model, commands_for(model, vars(settings))


def optimized(command: str) -> tuple[Any, argparse.Namespace]:
    """The model that ``deepvis optimize-layer`` makes pictures of."""
    program, name, *words = shlex.split(command)
    assert (program, name) == ("scripts/run.sh", "optimize-layer")
    args = find(name).parser().parse_args(words)
    return open_model(network_of(vars(args))), args


def scanned(command: str) -> tuple[Any, argparse.Namespace]:
    """The model that ``deepvis scan`` looks for the top 9 of."""
    program, name, *words = shlex.split(command)
    assert (program, name) == ("scripts/run.sh", "scan")
    args = find(name).parser().parse_args(words)
    return open_model(network_of(vars(args))), args


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--input-size", "24x32", "--channel-order", "RGB", "--input-scale", "1", "--data-blob", "data"),
        ("--unit-images", "{folder}"),
    ],
)
def test_a_network_of_ones_own_is_named_in_full(tiny: list[str], tmp_path: Path, more: tuple[str, ...]) -> None:
    more = tuple(word.format(folder=tmp_path) for word in more)
    model, commands = window(*tiny, *more)
    for shown, args in (optimized(commands.optimize("fc3")), scanned(commands.top("fc3"))):
        assert shown.identity == model.identity and shown.labels == model.labels
        assert args.output == (tmp_path if "--unit-images" in more else None)


def test_other_weights_for_the_files_of_a_model_are_not_that_model(root: Path, tmp_path: Path) -> None:
    folder = root / "models" / "caffenet-mini"
    mean = tmp_path / "my mean.npy"
    np.save(mean, np.full((3, 200, 200), 100, np.float32))
    weights = str(folder / "caffenet-mini.caffemodel")
    files = ("--prototxt", str(folder / "deploy.prototxt"), "--weights", weights, "--mean", str(mean))
    model, commands = window(*files)
    assert "--model" not in commands.network
    assert optimized(commands.optimize("fc8"))[0].identity == model.identity
    assert scanned(commands.top("fc8"))[0].identity == model.identity


def test_a_model_with_a_card_needs_its_name_only() -> None:
    _, commands = window()
    assert commands.optimize("fc8") == "scripts/run.sh optimize-layer --model caffenet-mini --push-layer fc8"
    _, commands = window("--mean", "1,2,3.5", "--input-size", "120x130")
    assert commands.network == "--model caffenet-mini --mean 1,2,3.5 --input-size 120x130"


def test_without_anything_said_the_files_are_named(tmp_path: Path) -> None:
    own = commands_for(small_model(tmp_path))
    assert own.top("fc").startswith(f"scripts/run.sh scan --prototxt {tmp_path / 'small.prototxt'} --layers fc")


def test_paths_are_as_short_as_a_shell_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    assert short_path(here / "nets" / "a.prototxt") == "nets/a.prototxt"
    assert short_path(home / "my nets" / "a.prototxt") == "~/'my nets/a.prototxt'"
    assert short_path(tmp_path / "a.prototxt") == str(tmp_path / "a.prototxt")
    assert short_path("../a b.prototxt") == "'../a b.prototxt'"

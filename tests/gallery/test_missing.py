"""What is missing, in words and as commands."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from deepvis.cli.subcommand import find
from deepvis.core.types import LayerInfo
from deepvis.gallery.gallery_layers import GalleryLayer, folder_names
from deepvis.gallery.missing import PREFERRED, TOP, LayerLacks, MissingCommands, MissingPart
from deepvis.live.unit_image_commands import Commands


def lacks(name: str, units: tuple[int, ...] = (), top: tuple[int, ...] = (), options: str = "") -> LayerLacks:
    layer = GalleryLayer(LayerInfo(name, "Convolution", 4, 3, 3), name, None, (), ())
    return LayerLacks(layer, units, top, (), False, options)


def making(tmp_path: Path, **more: object) -> MissingCommands:
    return MissingCommands(Commands("--model mini"), more.pop("named", ()), tmp_path, "abc", **more)  # type: ignore[arg-type]


def test_layers_that_need_the_same_command_share_it(tmp_path: Path) -> None:
    everything = (0, 1, 2, 3)
    some = [lacks("conv1", everything), lacks("a b/c", everything), lacks("conv2", (1,), options="--presets 3+")]
    found = making(tmp_path).of_network(some)
    assert [(each.what, each.layers) for each in found] == [(PREFERRED, ("conv1", "a b/c")), (PREFERRED, ("conv2",))]
    parsed = find("optimize-layer").parser().parse_args(shlex.split(found[0].command)[2:])
    assert (parsed.model, parsed.push_layer, parsed.output) == ("mini", ["conv1", "a b/c"], None)
    parsed = find("optimize-layer").parser().parse_args(shlex.split(found[1].command)[2:])
    assert (parsed.push_layer, parsed.presets) == (["conv2"], ["3+"])


def test_pages_do_not_say_where_the_program_lies(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])
    monkeypatch.chdir(tmp_path)
    found = making(tmp_path).of_network([lacks("conv1", (0,), (0,))])
    assert len(found) == 2
    assert all(each.command.startswith("deepvis ") and str(root) not in each.command for each in found)
    assert all(f"({root / 'scripts' / 'run.sh'} " in each.sentence for each in found)


def test_all_layers_need_no_names(tmp_path: Path) -> None:
    found = making(tmp_path, usual=("conv1", "conv2")).of_network(
        [lacks("conv1", (0,), (0,)), lacks("conv2", (0,), (0,))]
    )
    assert [each.command.split(" ", 1)[1] for each in found if each.what == TOP] == [
        "scan --model mini --images FOLDER --crop"
    ]


def test_of_one_layer_it_is_said_how_many(tmp_path: Path) -> None:
    found = making(tmp_path).of_layer(lacks("conv1", (0, 2), (0, 1, 2, 3)))
    assert found[PREFERRED].partly == "missing for 2 of 4 units" and found[TOP].partly == ""


def test_a_named_folder_with_pictures_gets_the_rest_of_them(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "regularized_opt").mkdir(parents=True)
    found = making(tmp_path / "own", named=(mine,)).of_network([lacks("conv1", (0,))])
    assert found[0].command.endswith(f" --output {mine}")


def test_a_network_in_memory_has_no_commands(tmp_path: Path) -> None:
    commands = MissingCommands(Commands("", str(tmp_path), is_in_memory=True), (), tmp_path, "abc")
    assert [each.sentence for each in commands.of_network([lacks("conv1", (0,))])] == ["preferred pictures of conv1"]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((), "statistics"),
        (("a",), "statistics of a"),
        (("a", "b"), "statistics of a and b"),
        (("a", "b", "c"), "statistics of a, b and c"),
        (tuple("abcdefg"), "statistics of 7 layers"),
    ],
)
def test_layers_in_words(layers: tuple[str, ...], words: str) -> None:
    assert MissingPart("statistics", layers, "").words == words


def test_no_two_layers_have_one_folder() -> None:
    found = folder_names(["a/b", "a-b", "A-B", "assets", "Index.html", "a-b~2"])
    assert len({name.lower() for name in found.values()}) == 6 and found["a/b"] == "a-b"
    assert not {"assets", "index.html"} & {name.lower() for name in found.values()}

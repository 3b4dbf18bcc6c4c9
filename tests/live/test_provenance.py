"""No picture of another network is shown as this one's, and none is lost that an earlier version made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.core.types import LayerInfo, NetInfo, Patch, Unit, UnitImages, WholeLayer
from deepvis.core.unit_files import LEFT_OUT, SAVED_TOP, UnitImagePaths, unit_image_paths, write_patches, write_stats
from deepvis.formats.caffe import hash_0_1_0
from deepvis.formats.caffe.weights import write_weights
from deepvis.live.own_folder import own_folder
from deepvis.live.provenance import PictureOrigin, Provenance, provenance_of
from deepvis.live.unit_image_commands import Commands
from deepvis.live.unit_image_reader import UnitImageReader
from deepvis.models import model as model_module
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from tests.scan.made_by_0_1_0 import MEAN, write_network

SCANNED = Path(__file__).parents[1] / "scan" / "from_0_1_0"
UNIT = Unit("fc", 2)
PATCHES = (Patch(3.5, "a.jpg", 0, 0),)
UNNAMED = "of an unnamed network"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of unit images that all networks whose files lie together share."""
    return tmp_path / "unit_jpg_vis"


Opener = Callable[..., Model]


@pytest.fixture
def network(tmp_path: Path) -> Opener:
    """The scanned network of 0.1.0, or the same layers with other weights or another mean."""

    def opened(seed: int = 0, mean: tuple[float, ...] = MEAN) -> Model:
        prototxt, weights = write_network(tmp_path, write_weights, seed)
        return load_model(prototxt=prototxt, weights=weights, mean=mean)

    return opened


def reader_of(model: Model) -> UnitImageReader:
    layers = (LayerInfo("fc", "InnerProduct", 4, 1, 1), LayerInfo("pool1", "Pooling", 3, 7, 7))
    info = NetInfo(model.name, layers, (3, 16, 16))
    folders = [model.unit_image_dir, own_folder(model)]
    return UnitImageReader(folders, info, Commands("--model x"), provenance=provenance_of(model))


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((12, 12, 3), 90, np.uint8)).save(path)


def preferred(folder: Path, network: str | None) -> UnitImagePaths:
    paths = unit_image_paths(folder, UNIT.layer, UNIT.channel)
    picture(paths.montage)
    picture(paths.whole_layer)
    if network is not None:
        paths.how.write_text(json.dumps({"version": 1, "model": "old", "network": network}))
    return paths


def top(folder: Path) -> UnitImagePaths:
    paths = unit_image_paths(folder, UNIT.layer, UNIT.channel)
    picture(paths.top)
    picture(paths.top_back)
    return paths


def live(folder: Path, network: str) -> UnitImagePaths:
    paths = unit_image_paths(folder, UNIT.layer, UNIT.channel)
    picture(paths.live)
    paths.live.with_suffix(".json").write_text(json.dumps({"model": "old", "network": network}))
    return paths


def stats(path: Path, network: str) -> None:
    one = np.ones(4, np.float32)
    edges, counts = np.tile(np.arange(3.0), (4, 1)), np.ones((4, 2), int)
    write_stats(path, network=network, images=2, mean=one, std=one, active=one, edges=edges, counts=counts)


def everything(folder: Path, network: str) -> None:
    """All that a network can leave in a folder."""
    paths = preferred(folder, network)
    top(folder)
    live(folder, network)
    write_patches(paths.patches, UNIT, PATCHES, network)
    stats(paths.stats, network)


@dataclass(frozen=True)
class Seen:
    unit: UnitImages
    layer: WholeLayer

    @property
    def shown(self) -> set[str]:
        parts = {name: getattr(self.unit, name) for name in ("optimized", "top", "top_back", "standing")}
        there = {name for name, part in parts.items() if part is not None}
        return there | ({"layer"} if self.layer.tiles is not None else set())


ALL = {"optimized", "top", "top_back", "standing", "layer"}


def seen_by(model: Model) -> Seen:
    reader = reader_of(model)
    return Seen(reader.unit(UNIT, 1), reader.whole_layer(UNIT.layer, 2))


def test_its_own_are_shown_without_a_word(folder: Path, network: Opener) -> None:
    model = network()
    everything(folder, model.identity)
    seen = seen_by(model)
    assert seen.shown == ALL and seen.layer.note == ""
    assert seen.unit.notes == {"optimized": "your own live optimization"} and seen.unit.patches == PATCHES


@pytest.mark.parametrize("way", [{"seed": 1}, {"mean": (1.0, 2.0, 3.0)}])
def test_none_is_shown_as_another_networks(folder: Path, network: Opener, way: dict) -> None:
    everything(folder, network().identity)
    model = network(**way)
    assert model.unit_image_dir == folder
    seen = seen_by(model)
    assert seen.shown == set() and seen.unit.patches == ()
    notes = {**seen.unit.notes, "layer": seen.layer.note}
    places = {
        **{"optimized": "regularized_opt/fc", "layer": "regularized_opt/fc", "top": "max_im/fc"},
        **{"top_back": "max_im/fc", "standing": "max_im/fc/stats.npz"},
    }
    assert notes.pop(LEFT_OUT) == "the folder's are of another network"  # beside the running top 9
    assert notes.keys() == places.keys()
    for name, place in places.items():
        assert f"{folder / place} was made in another network (other weights, mean or size); " in notes[name]
        assert "press x" in notes[name] or "--unit-images" in notes[name]


@pytest.mark.parametrize("left", ["optimized", "top", "standing", "live"])
def test_each_kind_is_looked_at_by_itself(folder: Path, network: Opener, left: str) -> None:
    """Pictures of both networks in one folder, as of layers that were made at different times."""
    model, theirs = network(), network(seed=1).identity
    named = dict.fromkeys(("optimized", "top", "standing", "live"), model.identity) | {left: theirs}
    paths = preferred(folder, named["optimized"])
    top(folder)
    live(folder, named["live"])
    write_patches(paths.patches, UNIT, PATCHES, named["top"])
    stats(paths.stats, named["standing"])
    seen = seen_by(model)
    hidden = {"top": {"top", "top_back"}, "standing": {"standing"}, "optimized": {"layer"}, "live": set()}
    assert ALL - seen.shown == hidden[left]
    assert ("your own" in seen.unit.notes.get("optimized", "")) == (left != "live")


def test_what_the_user_saved_takes_the_place_of_another_networks(folder: Path, network: Opener) -> None:
    model = network()
    everything(folder, network(seed=1).identity)
    top(own_folder(model))
    images = reader_of(model).unit(UNIT, 1)
    assert images.top is not None and images.top_back is not None
    assert images.notes["top"] == SAVED_TOP and "top_back" not in images.notes


# --- without a name ------------------------------------------------------------------------------


def test_the_originals_folders_are_of_an_unnamed_network(folder: Path, network: Opener) -> None:
    """They hold pictures and nothing else; a scan that was made beside them says nothing of them."""
    preferred(folder, None)
    top(folder)
    for _ in range(2):
        seen = seen_by(network())
        assert seen.shown == ALL - {"standing"}
        assert seen.unit.notes == dict.fromkeys(("optimized", "top", "top_back"), UNNAMED)
        assert seen.layer.note == UNNAMED
        shutil.copytree(SCANNED / "scan", folder / "scan", dirs_exist_ok=True)


def test_what_0_1_0_saved_in_the_networks_own_folder_is_its_own(network: Opener) -> None:
    """The folder's name has the identity in it."""
    model = network()
    paths = top(own_folder(model))
    paths.patches.write_bytes((SCANNED / "max_im" / "fc" / paths.patches.name).read_bytes())
    images = reader_of(model).unit(UNIT, 1)
    assert images.top is not None and images.notes["top"] == SAVED_TOP and "top_back" not in images.notes


def test_where_the_weights_cannot_be_read_nothing_is_certain(folder: Path, network: Opener) -> None:
    everything(folder, network().identity)
    place = unit_image_paths(folder, UNIT.layer, UNIT.channel)
    unreadable = Provenance("")
    assert unreadable.of_top(place, folder) is unreadable.of_stats(place, folder) is PictureOrigin.UNKNOWN
    assert unreadable.of_top(unit_image_paths(folder, "fc", 3), folder) is PictureOrigin.UNNAMED


# --- 0.1.0 ---------------------------------------------------------------------------------------


@pytest.fixture
def of_0_1_0(folder: Path) -> Path:
    """What 0.1.0 made by scripts/find_max_acts.py --crop: its files have no name of the network, its scan has one."""
    shutil.copytree(SCANNED, folder)
    top(folder)
    return folder


def test_what_0_1_0_made_is_shown_in_its_network(of_0_1_0: Path, network: Opener) -> None:
    seen = seen_by(network())
    assert seen.shown == {"top", "top_back", "standing"} and len(seen.unit.patches) == 9
    assert seen.unit.notes.keys() == {"optimized"}


@pytest.mark.parametrize("way", [{"seed": 1}, {"mean": (1.0, 2.0, 3.0)}])
def test_and_in_no_other(of_0_1_0: Path, network: Opener, way: dict) -> None:
    seen = seen_by(network(**way))
    assert seen.shown == set()
    for name in ("top", "top_back", "standing"):
        assert "was made in another network" in seen.unit.notes[name]


def test_without_its_scan_it_is_of_an_unnamed_network(of_0_1_0: Path, network: Opener) -> None:
    plan = of_0_1_0 / "scan" / "scan.json"
    told = json.loads(plan.read_text())
    for rest in (json.dumps({**told, "model_hash": network().identity}), "{", None):  # a later scan, a broken one, none
        plan.unlink()
        if rest is not None:
            plan.write_text(rest)
        seen = seen_by(network(seed=1))
        assert seen.shown == {"top", "top_back", "standing"}
        assert seen.unit.notes["top"] == seen.unit.notes["top_back"] == UNNAMED


def test_weights_are_read_once_for_all_units(of_0_1_0: Path, network: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(
        model_module, "identity", lambda *args, real=model_module.identity: calls.append("identity") or real(*args)
    )
    real = hash_0_1_0.hash_0_1_0
    monkeypatch.setattr(hash_0_1_0, "hash_0_1_0", lambda *args: calls.append("0.1.0") or real(*args))
    preferred(of_0_1_0, "0123456789ab")
    reader = reader_of(network())
    assert calls == ["identity"]  # the hash of 0.1.0 only where it is needed
    for version in range(20):
        reader.unit(Unit("fc", version % 4), version)
        reader.whole_layer("fc", version)
    assert sorted(calls) == ["0.1.0", "identity"]


def test_the_embedded_models_pictures_are_shown_without_a_word() -> None:
    model = load_model()
    info = NetInfo(model.name, (LayerInfo("conv3", "Convolution", 192, 6, 6),), (3, 120, 120))
    reader = UnitImageReader([model.unit_image_dir], info, Commands("--model x"), provenance=provenance_of(model))
    images, layer = reader.unit(Unit("conv3", 5), 1), reader.whole_layer("conv3", 2)
    assert images.optimized is not None and "optimized" not in images.notes
    assert layer.tiles is not None and layer.note == ""

"""What every format must be able to do with its networks: one network in each, and the same tests over all of them."""

from __future__ import annotations

import itertools
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from deepvis.cli.chosen_settings import settings_of
from deepvis.cli.main import main
from deepvis.cli.subcommand import find
from deepvis.cli.window import parser
from deepvis.core.interventions import clamped, scaled, switched_off
from deepvis.core.types import Unit
from deepvis.core.unit_files import unit_image_paths
from deepvis.live.unit_image_commands import commands_for
from deepvis.models.dictionary_file import Dictionary, write_dictionary
from deepvis.models.model import Model
from deepvis.models.network_options import network_of
from deepvis.models.zoo import load_model, open_model
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.contribution import contributions
from deepvis.network.field import receptive_field
from deepvis.network.intervened_graph import intervened_net
from deepvis.network.kinds import Kind
from deepvis.network.maps import position_seed
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.ref import SUFFIXES
from deepvis.network.shapes import infer_shapes
from deepvis.network.tape import Tape
from deepvis.optimize import live_run
from deepvis.optimize.ascend import begin, finish
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.field_only import cut_of, field_only
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import preset
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.results import montage_path, read_scan
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from tests.formats.conformance import CASES, RECTIFIERS, SHAPES, Case, reference_back, reference_values
from tests.formats.networks import small
from tests.formats.networks.small import INPUT_SHAPE

PHOTOS = 20
SPATIAL = [name for name, shape in SHAPES.items() if len(shape) == 3]


@dataclass(frozen=True, eq=False)
class Opened:
    """A network of one format, opened."""

    case: Case
    model: Model

    def forward(self, x: Tensor, **how) -> Tape:
        return GraphNet(self.model.graph).forward({self.model.data_blob: x}, **how)

    def back(self, x: Tensor, layer: str, seed: Tensor, mode: str) -> Tensor:
        """From ``seed``, of the layer's shape here or in the module, to the picture."""
        tape = self.forward(x)
        seed = seed.reshape(tape.blobs[layer].shape)
        return tape.backward(layer, seed, mode, to=self.model.data_blob)[self.model.data_blob]


@pytest.fixture(scope="session")
def opened_by_format(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    found = {}
    for name, make in CASES.items():
        case = make(tmp_path_factory.mktemp(name))
        found[name] = Opened(case, open_model(case.ref))
    return found


@pytest.fixture(params=list(CASES))
def opened(request: pytest.FixtureRequest, opened_by_format: dict[str, Opened]) -> Opened:
    return opened_by_format[request.param]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own cache is read or written."""
    monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))


def pictures(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, *INPUT_SHAPE, generator=torch.Generator().manual_seed(seed))


def near(a: Tensor, b: Tensor, tolerance: float = 1e-4) -> bool:
    """Relative to the larger of 1 and the largest value."""
    return bool((a.reshape(b.shape) - b).abs().max() <= tolerance * max(1.0, float(b.abs().max())))


def test_every_format_is_here() -> None:
    assert set(CASES) == set(SUFFIXES.values())


# --- opening --------------------------------------------------------------------------------------


def test_names_kinds_and_shapes(opened: Opened) -> None:
    model = opened.model
    graph = model.graph
    kinds = {
        "left": Kind.CONVOLUTION, "relu": Kind.RELU, "act@1": Kind.RELU, "pool1": Kind.POOLING, "cat": Kind.CONCAT,
        "add": Kind.ADD, "mean": Kind.POOLING, "fc": Kind.LINEAR, "softmax": Kind.SOFTMAX, "drop": Kind.IDENTITY,
    }  # fmt: skip
    for name, kind in kinds.items():
        maker = graph.first_maker(name)
        assert maker is not None and maker.kind is kind, name
    assert (model.name, model.preprocessor.channel_order, model.preprocessor.scale) == ("small", "RGB", 1.0)
    assert model.preprocessor.input_shape == INPUT_SHAPE
    assert [name for name in model.layer_names if name in SHAPES] == list(SHAPES)
    assert (model.prob_layer, model.label_layers) == ("softmax", {"fc", "softmax"})
    shapes = infer_shapes(graph, graph.inputs)
    for name, shape in SHAPES.items():
        assert tuple(d for d in shapes[name][1:] if d > 1) == shape, name


def test_a_picture_of_another_size(opened: Opened) -> None:
    ref = opened.case.ref
    model = open_model(replace(ref, options=(*ref.options, ("input_size", (48, 64)))))
    assert model.preprocessor.size == (48, 64)
    tape = GraphNet(model.graph).forward({model.data_blob: torch.rand(2, 3, 48, 64)})
    assert tape.blobs["pool1"].shape == (2, 8, 12, 16) and tape.blobs["fc"].shape == (2, 10)


# --- forward --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 4])
def test_the_values_are_those_of_the_module(opened: Opened, count: int) -> None:
    x = pictures(count)
    blobs, wanted = opened.forward(x).blobs, reference_values(x)
    for name in SHAPES:
        assert near(blobs[name], wanted[name]), name


def test_a_picture_alone_is_as_it_is_among_others(opened: Opened) -> None:
    x = pictures(4)
    together = opened.forward(x).blobs
    for row in range(4):
        alone = opened.forward(x[row : row + 1]).blobs
        for name in SHAPES:
            assert near(alone[name][0], together[name][row], 1e-6), name


def test_until_keep_and_blobs_as_made(opened: Opened) -> None:
    x = pictures(2)
    everything = opened.forward(x).blobs
    until = opened.forward(x, until="cat").blobs
    assert "cat" in until and "again" not in until and torch.equal(until["cat"], everything["cat"])
    kept = opened.forward(x, keep=("left", "fc")).blobs
    assert set(kept) == {"left", "fc"} and all(torch.equal(kept[name], everything[name]) for name in kept)
    net = GraphNet(opened.model.graph)
    for name, value in net.iter_values({opened.model.data_blob: x}, ("add", "softmax", "relu")):
        assert torch.equal(value, everything[name]), name


# --- backward -------------------------------------------------------------------------------------


def test_every_back_mode_has_a_reference() -> None:
    assert set(RECTIFIERS) == set(BACK_MODES)


@pytest.mark.parametrize("layer", ["bn1", "left", "act@1", "cat", "again", "again@1", "add", "relu@2", "fc", "softmax"])
@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_every_back_mode_from_a_place_and_from_a_whole_map(opened: Opened, mode: str, layer: str) -> None:
    x = pictures(1)
    shape = (1, *SHAPES[layer])
    for channel in (1, SHAPES[layer][0] - 1):
        place = (4, 7) if layer in SPATIAL else (0, 0)
        at_place = torch.from_numpy(position_seed(shape, channel, *place))
        whole_map = torch.zeros(shape)
        whole_map[:, channel] = reference_values(x)[layer][:, channel]
        for seed in (at_place, whole_map):
            wanted = reference_back(x, layer, seed, mode)
            assert near(opened.back(x, layer, seed, mode), wanted), (channel, float(wanted.abs().max()))
    assert wanted.abs().max() > 0 or layer == "softmax"


@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_walks_of_a_batch_are_independent(opened: Opened, mode: str) -> None:
    x = pictures(4)
    seed = torch.zeros(4, *SHAPES["again@1"])
    for row in range(3):  # the last has none
        seed[row, row + 2, row, 2 * row] = row + 1
    together = opened.back(x, "again@1", seed, mode)
    assert not together[3].any()
    for row in range(3):
        alone = opened.back(x[row : row + 1], "again@1", seed[row : row + 1], mode)
        assert near(together[row], alone[0], 1e-5) and alone.any()


def test_contributions_to_a_class_and_through_a_unit(opened: Opened) -> None:
    """Activation times the gradient of the score; through one unit of "cat" alone, the gradient of that one."""
    x = pictures(1)
    values, tape, to = reference_values(x), opened.forward(x), opened.model.data_blob
    names = {"fc": to, "mean": to, "cat": to, "left": to, "relu": to}
    ones = torch.zeros(1, *SHAPES["fc"])
    ones[0, 3] = 1
    found = contributions(tape, [Unit("softmax", 3)], to)  # the score, not the probability
    assert found.value == pytest.approx(float(values["fc"][0, 3]), rel=1e-4)
    assert near(found.products[to], x * reference_back(x, "fc", ones, "gradient").reshape(x.shape))
    assert set(names) < set(found.links) and set(found.links.values()) == {0}
    of_cat = found.products["cat"].reshape(1, *SHAPES["cat"])
    unit = int(of_cat.sum((2, 3)).abs().argmax())
    seed = torch.zeros(1, *SHAPES["cat"])
    seed[0, unit] = torch.where(values["cat"][0, unit] != 0, of_cat[0, unit] / values["cat"][0, unit], 0)
    through = contributions(tape, [Unit("softmax", 3), Unit("cat", unit)], to)
    assert (through.links["cat"], through.links["relu"], through.links[to]) == (0, 1, 1)
    below = through.products[to].reshape(x.shape)
    assert near(below, x * reference_back(x, "cat", seed, "gradient").reshape(x.shape), 1e-3) and below.any()


def by_hooks(x: Tensor) -> dict[str, Tensor]:
    """All values of the module with four units changed, by hooks on PyTorch's own modules."""
    module, calls = small.make().eval(), itertools.count()

    def set_to(channel: int, change: Callable[[Tensor], Tensor], call: int | None = None):
        def hook(owner: torch.nn.Module, taken: object, made: Tensor) -> Tensor:
            if call is not None and next(calls) != call:
                return made
            return torch.cat([made[:, :channel], change(made[:, channel : channel + 1]), made[:, channel + 1 :]], 1)

        return hook

    module.left.register_forward_hook(set_to(2, torch.zeros_like))
    module.bn1.register_forward_hook(set_to(3, lambda y: 2 * y))
    module.act.register_forward_hook(set_to(4, lambda y: torch.full_like(y, 1.5), call=1))  # the second call
    module.fc.register_forward_hook(set_to(1, torch.zeros_like))
    return module.values(x)


def test_interventions_against_hooks_on_the_module(opened: Opened) -> None:
    """Values, and a gradient, of the network with units of four layers changed; what lies before is not run again."""
    x = pictures(1).requires_grad_()
    wanted, net = by_hooks(x), GraphNet(opened.model.graph)
    data = opened.model.data_blob
    tape = net.forward({data: x.detach()}, shown=SHAPES)
    units = (
        switched_off(Unit("left", 2)), scaled(Unit("bn1", 3), 2), clamped(Unit("act@1", 4), 1.5),
        switched_off(Unit("fc", 1)),
    )  # fmt: skip
    after = intervened_net(net, tape, units).rerun(tape, shown=SHAPES)
    for name in SHAPES:
        assert near(after.blobs[name], wanted[name].detach()), name
    (gradient,) = torch.autograd.grad(wanted["fc"][0, 3], x)
    seed = torch.zeros_like(after.blobs["fc"])
    seed.view(-1)[3] = 1
    back = after.backward("fc", seed, "gradient", to=data)[data]
    assert near(back, gradient) and back.any()
    only_late = intervened_net(net, tape, units[-1:]).rerun(tape, shown=SHAPES)
    assert all(only_late.blobs[name] is tape.blobs[name] for name in ("left", "cat", "relu@2", "mean"))


def test_the_modes_differ(opened: Opened) -> None:
    seed = torch.zeros(1, *SHAPES["add"])
    seed[0, 3, 5, 5] = 1
    found = [opened.back(pictures(1), "add", seed, mode) for mode in BACK_MODES]
    assert all(not near(a, b, 1e-3) for i, a in enumerate(found) for b in found[:i])


# --- receptive field ------------------------------------------------------------------------------

FIELDS = {  # of the unit at (row, col): begins at step * (place - before) + offset, and is so long
    "bn1": lambda place: (2 * place - 2, 2 * place + 3),
    "pool1": lambda place: (4 * place - 2, 4 * place + 5),
    "right": lambda place: (4 * place - 6, 4 * place + 9),
    "cat": lambda place: (4 * place - 6, 4 * place + 9),
    "add": lambda place: (4 * place - 14, 4 * place + 17),
}


@pytest.mark.parametrize("layer", FIELDS)
@pytest.mark.parametrize("place", [(0, 0), (5, 6), (9, 11)])
def test_the_field_by_its_layers_and_by_moved_pixels(opened: Opened, layer: str, place: tuple[int, int]) -> None:
    graph = opened.model.graph
    found = receptive_field(graph, infer_shapes(graph, graph.inputs), layer, *place)
    (top, bottom), (left, right) = (FIELDS[layer](where) for where in place)
    assert (found.top, found.bottom, found.left, found.right) == (top, bottom, left, right)
    seen = found.clamped(*INPUT_SHAPE[1:])
    rows, columns = moving(opened, layer, place)
    assert rows <= set(range(seen.top, seen.bottom)) and columns <= set(range(seen.left, seen.right))
    if layer == "bn1":  # no rectifier or maximum in the way: every pixel moves it
        assert rows == set(range(seen.top, seen.bottom)) and columns == set(range(seen.left, seen.right))
    assert len(rows) > 2 and len(columns) > 2


def moving(opened: Opened, layer: str, place: tuple[int, int]) -> tuple[set[int], set[int]]:
    """Rows and columns of the picture whose change moves a unit at the place, of whatever channel."""
    x = pictures(1)
    other = pictures(1, seed=1)
    height, width = INPUT_SHAPE[1:]
    batch = x.repeat(height + width, 1, 1, 1)
    for row in range(height):
        batch[row, :, row] = other[0, :, row]
    for column in range(width):
        batch[height + column, :, :, column] = other[0, :, :, column]
    units = opened.forward(torch.cat([x, batch]), keep=layer).blobs[layer][:, :, place[0], place[1]]
    moved = ((units[1:] - units[:1]).abs().amax(1) > 1e-6).nonzero().flatten().tolist()
    return {i for i in moved if i < height}, {i - height for i in moved if i >= height}


@pytest.mark.parametrize("layer", ["mean", "fc", "softmax"])
def test_what_sees_the_whole_picture(opened: Opened, layer: str) -> None:
    graph = opened.model.graph
    found = receptive_field(graph, infer_shapes(graph, graph.inputs), layer, 0, 0)
    assert (found.top, found.left, found.bottom, found.right) == (0, 0, *INPUT_SHAPE[1:])


# --- identity -------------------------------------------------------------------------------------

TELLS = """
import json, sys
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
for line in sys.stdin:
    print(open_model(NetworkRef.from_dict(json.loads(line))).identity)
"""


def test_identity(opened: Opened) -> None:
    """The same in another process and at a second opening; other weights or another way of pictures are another."""
    ref = opened.case.ref
    brighter = replace(ref, mean=(1.0, 2.0, 3.0))
    lines = "\n".join(json.dumps(each.as_dict()) for each in (ref, ref, opened.case.changed, brighter))
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TELLS], input=lines, cwd=root, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    first, second, changed, other = told.stdout.split()
    assert first == second == opened.model.identity
    assert len({first, changed, other}) == 3


# --- optimization ---------------------------------------------------------------------------------


def climbed(opened: Opened, name: str, jobs: list[tuple[str, int, int]]) -> list[Climb]:
    """Ten iterations of a preset, all jobs (layer, channel, seed) together."""
    ascent_net = ascent_net_of(opened.model)
    recipe = replace(preset(name), max_iter=10)
    return finish(ascent_net, [begin(ascent_net, Job(unit(layer, c), recipe, seed)) for layer, c, seed in jobs])


@pytest.mark.parametrize("layer", ["again", "relu@2", "cat", "fc"])
@pytest.mark.parametrize("name", ["3+", "robust"])
def test_an_optimization_rises_and_repeats(opened: Opened, name: str, layer: str) -> None:
    values = reference_values(pictures(4) * 0.1)[layer]
    channel = int(values.flatten(2).mean((0, 2)).argmax()) if values.dim() > 2 else 3  # one that is not silent
    (climb,) = climbed(opened, name, [(layer, channel, 0)])
    assert climb.trouble is None and climb.best is not None
    assert climb.objective[-1] > climb.objective[0]
    (again,) = climbed(opened, name, [(layer, channel, 0)])
    assert again.best is not None and torch.equal(climb.best.x, again.best.x)


def test_a_picture_does_not_depend_on_those_that_are_optimized_with_it(opened: Opened) -> None:
    jobs = [("fc", 3, 0), ("fc", 4, 1), ("again", 2, 0), ("mean", 1, 5)]
    together = climbed(opened, "3+", jobs)
    for job, climb in zip(jobs, together, strict=True):
        (alone,) = climbed(opened, "3+", [job])
        assert torch.equal(alone.x, climb.x), job


def test_a_low_layer_is_optimized_in_its_field_alone(opened: Opened) -> None:
    """The field begins where the strides of the layers fall, here two pixels before the unit's own."""
    whole = ascent_net_of(opened.model)
    small, cut = field_only(whole, "right"), cut_of(whole, "right")
    assert cut is not None and small.size == (cut.height, cut.width) == (17, 17)
    x = pictures(1)
    seen = x[:, :, cut.top : cut.top + 17, cut.left : cut.left + 17]
    value = small.forward(seen, ["right"]).blobs["right"][0, :, cut.row, cut.col]
    assert near(value, whole.forward(x, ["right"]).blobs["right"][0, :, 5, 6])


def test_a_live_optimization(opened: Opened) -> None:
    run = live_run.start(ascent_net_of(opened.model), opened.model, Unit("fc", 2), "3", rgb=None, seed=1)
    first = live_run.progress_of(run, 0)
    for _ in range(3):
        run = live_run.onward(run)
    shown = live_run.progress_of(run, 3)
    assert (shown.iteration, shown.unit) == (3, Unit("fc", 2))
    assert shown.rgb.shape == (*INPUT_SHAPE[1:], 3) and not np.array_equal(first.rgb, shown.rgb)


# --- scan -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of blurred noise, of different shapes."""
    folder = tmp_path_factory.mktemp("collection")
    random = np.random.default_rng(3)
    for index in range(PHOTOS):
        height, width = random.integers(44, 80, 2)
        noise = cv2.GaussianBlur(random.uniform(0, 255, (height, width, 3)), (0, 0), 1 + index % 4)
        noise = (noise - noise.min()) / (noise.max() - noise.min()) * 255
        Image.fromarray(noise.astype(np.uint8)).save(folder / f"{index:02d}.png")
    return folder


@pytest.fixture(scope="session")
def scans(opened_by_format, collection: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Format -> the folder of a scan over the collection."""
    folders = {}
    for name, opened in opened_by_format.items():
        folders[name] = tmp_path_factory.mktemp(f"scan_{name}")
        run_scan(ScanOrder(opened.case.ref, str(collection), folders[name]))
    return folders


def test_a_scan_finds_the_same_in_every_format(scans: dict[str, Path]) -> None:
    first, *others = [read_scan(folder) for folder in scans.values()]
    for other in others:
        for layer, shape in SHAPES.items():
            for channel in range(shape[0]):
                patches = first.patches(layer, channel), other.patches(layer, channel)
                a, b = patches[0][0], patches[1][0]
                assert a.value == pytest.approx(b.value, abs=1e-4)
                if a.value > 1e-4:  # dead units have no best place
                    assert (a.path, a.row, a.col) == (b.path, b.row, b.col), (layer, channel)


@pytest.mark.parametrize("format", list(CASES))
def test_montages_of_patches_and_projections(scans: dict[str, Path], format: str, tmp_path: Path) -> None:
    layers = ("act@1", "again@1", "fc")
    run_crops(CropOrder(scans[format], tmp_path, layers=layers))
    for layer in layers:
        for channel in range(SHAPES[layer][0]):
            paths = unit_image_paths(tmp_path, layer, channel)
            for path in (paths.top, montage_path(tmp_path, Unit(layer, channel), "deconv")):
                picture = cv2.imread(str(path))
                assert picture is not None and picture.std() > 1, path


# --- window ---------------------------------------------------------------------------------------

KEYS = "o o down right b n m a z right r z end o b n m a d e 9 down"


def test_a_window(opened: Opened, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stats, shot = tmp_path / "stats.json", tmp_path / "shot.png"
    code = main(
        ["--headless", *opened.case.words, "--images", str(photos), "--device", "cpu", "--keys", KEYS,
         "--screenshot", str(shot), "--stats", str(stats)]
    )  # fmt: skip
    assert code == 0
    facts = json.loads(stats.read_text())
    assert (facts["model"], facts["device"]) == ("small", "cpu") and facts["passes"] >= 3
    assert facts["pass_ms"]["back"] > 0
    assert cv2.imread(str(shot)).std() > 10


def test_the_list_of_layers(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*opened.case.words, "--list-layers", "--device", "cpu"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert [name for name in lines if name in SHAPES] == list(SHAPES)
    assert "16x10x12" in lines["again@1"]


@pytest.mark.parametrize("setting", ["label_layers", "unit_image_layers"])
def test_layers_that_settings_name_are_looked_for(opened: Opened, setting: str) -> None:
    ref, sentence = opened.case.ref, f"{setting} names 'fcc', which the network has not"
    named = {name: replace(ref, options=(*ref.options, (setting, (name,)))) for name in ("fc", "fcc")}
    assert getattr(open_model(named["fc"]), setting) in (("fc",), frozenset({"fc"}))
    with pytest.raises(ModelError, match=sentence):
        open_model(named["fcc"])


def test_the_commands_in_the_windows_notes_name_it(opened: Opened) -> None:
    settings = settings_of(parser().parse_args(opened.case.words))
    commands = commands_for(opened.model, vars(settings))
    for command in (commands.optimize("fc"), commands.top("fc")):
        _, name, *words = shlex.split(command)
        assert open_model(network_of(vars(find(name).parser().parse_args(words)))).identity == opened.model.identity, (
            command
        )


def test_its_files_named_from_another_folder(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative names, and names in a settings file, reach the network too."""
    ref = opened.case.ref
    folder = Path(str(ref.network)).parent
    monkeypatch.chdir(folder)
    weights = None if ref.weights is None else Path(ref.weights).name
    model = load_model(
        prototxt=Path(str(ref.network)).name, weights=weights, mean=ref.mean, overrides=dict(ref.options)
    )
    assert model.identity == opened.model.identity

    lines = [f"network = {Path(str(ref.network)).name!r}", f"weights = {weights!r}", f"mean = {ref.mean!r}"]
    lines += [f"{name} = {value!r}" for name, value in ref.options]
    settings = folder / "settings_of_this.py"
    settings.write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    assert main(["--settings", str(settings), "--list-layers", "--device", "cpu"]) == 0


def test_a_network_that_is_not_there_is_one_sentence(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word.replace("small.", "nothing.") for word in opened.case.words]
    assert main([*words, "--list-layers"]) == 2
    said = capsys.readouterr().err
    assert "nothing." in said and said.count("\n") == 1


def test_the_reference_tells_pictures_apart() -> None:
    """The tests could not tell anything from a network whose values do not depend on the picture."""
    a, b = reference_values(pictures(1)), reference_values(pictures(1, seed=1))
    assert not near(a["softmax"], b["softmax"], 1e-4)


# --- with a dictionary ------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["cat", "bn1", "fc"])
def test_a_dictionary_is_a_layer_beside_the_network(opened: Opened, layer: str, tmp_path: Path) -> None:
    atoms = np.random.default_rng(0).standard_normal((3, SHAPES[layer][0])).astype(np.float32)
    path = tmp_path / "atoms.npz"
    write_dictionary(path, Dictionary(opened.model.identity, layer, "dictionary", 0, "", atoms, atoms))
    ref = replace(opened.case.ref, options=(*opened.case.ref.options, ("dictionary", str(path))))
    both, name = Opened(opened.case, open_model(ref)), f"{layer}~3"
    assert [each for each in both.model.layer_names if each != name] == list(opened.model.layer_names)
    x = pictures(2)
    tape, alone = both.forward(x), opened.forward(x)
    product = torch.einsum("kc,nc...->nk...", torch.as_tensor(atoms), alone.blobs[layer])
    assert near(tape.blobs[name], product.clamp(min=0))
    assert all(near(tape.blobs[each], alone.blobs[each]) for each in SHAPES)
    seed = torch.rand(product.shape, generator=torch.Generator().manual_seed(1))
    below = torch.einsum("kc,nk...->nc...", torch.as_tensor(atoms), seed)
    for mode in ("gradient", "deconv", "guided"):
        assert near(both.back(x, name, seed, mode), opened.back(x, layer, below, mode)), mode
    with pytest.raises(ModelError, match="a dictionary of another network"):
        _ = open_model(replace(opened.case.changed, options=ref.options)).graph
    ready = ascent_net_of(both.model)
    climb = begin(ready, Job(unit(name, 1), replace(preset("3"), max_iter=1)))
    assert climb.x.shape[-2:] == INPUT_SHAPE[1:]

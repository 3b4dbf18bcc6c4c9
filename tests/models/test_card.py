"""model.yaml: every key is checked, every error names file, key, value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.models.card import KEYS, read_card
from deepvis.models.card_values import Checksum
from deepvis.models.zoo import find_card, list_models
from deepvis.network.model_error import ModelError

BASE = "version: 1\nprototxt: p\nweights: w\n"

WRONG = {
    "unknown key": ("lables: x", "the key 'lables' is unknown; did you mean 'labels'?"),
    "unknown key, none near": ("42: x", "the key 42 is unknown; there are: version"),
    "version": ("version: 7", "version: found 7, expected 1; a newer deepvis may be needed"),
    "text": ("labels: 3", "labels: found 3, expected a text"),
    "mean": ("mean: [1, x]", "mean: found [1, 'x'], expected one number for each channel"),
    "mean list": ("mean: []", "expected one number for each channel"),
    "order": ("channel_order: GBR", "channel_order: found 'GBR', expected BGR or RGB"),
    "long name": (f"labels: {'a' * 300}", "longer than a file's name can be"),
    "scale": ("input_scale: 0", "input_scale: found 0, expected a number above 0"),
    "scale bool": ("input_scale: true", "expected a number above 0"),
    "size": ("input_size: [0, 3]", "expected two whole numbers of 1 to 65535, (height, width)"),
    "size beyond": ("input_size: [9, 99999]", "found [9, 99999], expected two whole numbers of 1 to 65535, (height"),
    "layers": ("layers: [1]", "layers: found [1], expected a list of names"),
    "groups": ("groups: a", "groups: found 'a', expected a list of lists"),
    "short names": ("short_names: [a]", "expected a mapping of names to names"),
    "panes": ("panes: {input: [1, 2, 3]}", "expected a mapping of pane names to [row, column, height, width] or null"),
    "file": ("files: [{url: 'http://x'}]", "expected files that each have a path and a url"),
    "file key": ("files: [{path: a, url: 'http://x', md5: 0}]", "found 'md5'"),
    "file outside": (
        "files: [{path: ../a, url: 'http://x'}]",
        "expected paths inside the model's folder (found '../a')",
    ),
    "file scheme": ("files: [{path: a, url: 'file:///etc/passwd'}]", "expected an http or https address for 'a'"),
    "file without address": ("files: [{path: a}]", "or a note on where it comes from"),
    "checksum": (
        "files: [{path: a, url: 'http://x', sha1: abc}]",
        "expected 40 hexadecimal digits of sha1, in quotes, for 'a'",
    ),
    "file key, nearly": ("files: [{path: a, url: 'http://x', sha265: 0}]", "(found 'sha265'); did you mean 'sha256'?"),
    "file path": ("files: [{path: 3, url: 'http://x'}]", "expected paths inside the model's folder (found 3)"),
    "file size": ("files: [{path: '{x}', url: 'http://x', size: big}]", "expected a size in bytes for '{x}'"),
    "pane": ("panes: {inptu: [0, 0, 1, 1]}", "no pane is named 'inptu': did you mean 'input'?"),
    "layout": ("layout: nchw", "expected NCHW or NHWC; did you mean 'NCHW'?"),
    "itself": ("groups: &a [*a]", "groups: found [[[[[...]]]]], expected a list of lists of layer names"),
    "nan": ("mean: [.nan]", "mean: found [nan], expected one number for each channel"),
    "nested": ("a: " + "[" * 4000, "is no YAML (it is nested too deeply)"),
    "nul": ("a: \0", "is no YAML"),
    "date": ("a: 2020-13-45", "is no YAML (month must be in 1..12)"),
    "key twice": ("labels: a\nlabels: b", "is no YAML (the key 'labels' is written twice)"),
    "preset": ("presets: [1.5]", "presets: found [1.5], expected a list of names"),
    "no yaml": ("a: [", "is no YAML"),
    "python": ("a: !!python/object/apply:os.system [ls]", "is no YAML"),
}


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "model.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("what", WRONG)
def test_wrong_cards(what: str, tmp_path: Path) -> None:
    text, said = WRONG[what]
    base = BASE.replace("version: 1\n", "") if text.startswith("version") else BASE
    with pytest.raises(ModelError) as error:
        read_card(write(tmp_path, base + text))
    assert said in str(error.value) and "model.yaml: " in str(error.value) and "\n" not in str(error.value)


def test_numbers_are_names_of_presets(tmp_path: Path) -> None:
    assert read_card(write(tmp_path, BASE + "presets: [1, 3+]")).get("presets") == ("1", "3+")
    assert read_card(write(tmp_path, BASE + "presets: 2")).get("presets") == ("2",)


def test_a_key_may_stand_again_elsewhere(tmp_path: Path) -> None:
    text = "groups: [[a], [b]]\nremap: {a: b, b: {}}\nfiles: [{path: a, url: 'http://x'}, {path: b, url: 'http://x'}]\n"
    card = read_card(write(tmp_path, BASE + text.replace("b: {}", "labels: a")))
    assert card.get("remap") == {"a": "b", "labels": "a"} and len(card.files) == 2


def test_required_keys(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"found no 'weights', expected it .Weights file"):
        read_card(write(tmp_path, "version: 1\nprototxt: p\n"))
    with pytest.raises(ModelError, match="found no mapping"):
        read_card(write(tmp_path, "- a\n"))
    with pytest.raises(ModelError, match="cannot be read"):
        read_card(tmp_path / "none" / "model.yaml")


def test_values(tmp_path: Path) -> None:
    text = BASE + "mean: 3\npanes: {jpgvis: null, input: [0, 0, 3, 4]}\n"
    text += f"files: [{{path: a/b, urls: ['http://x/1', 'https://y'], git_blob: {'AB' * 20}, extract: {{a: b}}}}]\n"
    card = read_card(write(tmp_path, text))
    assert card.name == tmp_path.name and card.path("weights") == tmp_path / "w"
    assert card.get("mean") == (3.0,) and card.get("panes") == {"jpgvis": None, "input": (0, 0, 3, 4)}
    file = card.files[0]
    assert file.urls == ("http://x/1", "https://y") and file.checksum == Checksum("git_blob", "ab" * 20)
    assert file.extract == {"a": "b"} and not file.optional


TORCHVISION = {
    **{"resnet18": "f37072fd", "resnet50": "0676ba61", "mobilenet_v3_large": "8738ca79", "efficientnet_b0": "7f5810bc"},
    **{"convnext_tiny": "983f1562", "vit_b_16": "c867db91", "squeezenet1_1": "b8a52dc0"},
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_cards_of_torchvisions_networks(name: str) -> None:
    """As torchvision 0.28 publishes them."""
    card = find_card(name)
    weights = card.files[0]
    assert card.network == f"torchvision:{name}" and card.library == "torchvision" and card.file_keys == ("weights",)
    assert weights.path == card.get("weights") and weights.urls == (
        f"https://download.pytorch.org/models/{weights.path}",
    )
    assert weights.checksum == Checksum("sha256_start", TORCHVISION[name])
    assert weights.path.endswith(f"-{TORCHVISION[name]}.pth")
    assert card.get("mean") == (0.485, 0.456, 0.406) and card.get("std") == (0.229, 0.224, 0.225)
    assert (card.get("input_scale"), card.get("input_size"), card.get("channel_order")) == (1, (224, 224), "RGB")


def test_the_projects_own_cards() -> None:
    cards = {card.folder.name: card for card in list_models()}
    expected = {"caffenet-yos", "bvlc-reference-caffenet", "bvlc-googlenet", "squeezenet", "lenet"}
    assert expected | set(TORCHVISION) <= set(cards)
    for card in cards.values():
        assert card.get("description") and card.get("license") and card.get("source"), card.folder
        remote = {file.path for file in card.files}
        for key in ("prototxt", "weights", "labels", "mean"):
            path = card.path(key)
            assert path is None or path.exists() or card.get(key) in remote, (card.folder, key)


def test_the_projects_own_cards_say_how_large_their_files_are() -> None:
    """So that a server that never ends is left early; the archives of unit images are optional, their sizes unknown."""
    for card in list_models():
        for file in card.files:
            if file.urls and not file.optional and (file.extract or file.path == card.get("weights")):
                assert 1 << 20 < file.size < 1 << 29, (card.folder.name, file.path)


def test_every_key_is_documented(root: Path) -> None:
    text = (root / "docs" / "models.md").read_text()
    assert [key for key in KEYS if f"`{key}`" not in text] == []

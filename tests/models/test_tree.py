"""The layer list of modules: stages and blocks first, the rest in them, probabilities and classes found."""

from __future__ import annotations

import pytest

from deepvis.models import listing
from deepvis.models.tree import short_names, tree
from tests.formats.torch.opened import model_of

FIRST = {
    "resnet18": [
        *("conv1", "relu", "maxpool", "layer1.0", "layer1.1", "layer2.0", "layer2.1", "layer3.0", "layer3.1"),
        *("layer4.0", "layer4.1", "avgpool", "fc", "prob"),
    ],
    "mobilenet": [*(f"features.{i}" for i in range(7)), "avgpool", "classifier", "prob"],
    "swin": [
        *("patch_embed", "layers.0.0", "layers.0.1", "layers.1.0", "layers.1.1", "layers.1.2", "norm", "mean"),
        *("head", "prob"),
    ],
    "conv_head": [*(f"features.{i}" for i in range(3)), *(f"classifier.{i}" for i in range(1, 4)), "prob"],
}


@pytest.mark.parametrize("name", FIRST)
def test_stages_and_blocks_are_seen_first(name: str) -> None:
    assert list(model_of(name).layer_names) == FIRST[name]


def test_a_transformer_shows_its_blocks() -> None:
    model = model_of("vit")
    blocks = [f"blocks.{i}" for i in range(6)]
    assert [name for name in model.layer_names if name.startswith("blocks")] == blocks
    assert {"patch_embed", "norm", "head", "prob"} < set(model.layer_names) and len(model.layer_names) < 13
    entries = {each.name: each for each in tree(model.graph)}
    assert entries["blocks.0"].folds == ("blocks.0",)
    assert entries["blocks.0 [class token]"].inside == ("blocks.0",)
    assert entries["blocks.0.attn.softmax"].inside == ("blocks.0", "blocks.0.attn")
    assert entries["blocks.0.attn.matmul"].is_minor  # the scores before the softmax
    assert entries["blocks.0.attn.view"].is_minor and not any(name.endswith("[as computed]") for name in entries)


def test_a_block_holds_what_is_worth_showing_of_it() -> None:
    within = [each for each in tree(model_of("resnet18").graph) if each.inside == ("layer2.0",)]
    assert [each.short for each in within] == ["conv1", "relu", "conv2", "bn2", "downsample", "add"]
    assert within[4].folds == ("layer2.0.downsample",)
    names = [each.name for each in tree(model_of("mobilenet").graph) if each.inside == ("features.1",)]
    assert names == ["features.1.block.0", "features.1.block.1", "features.1.block.2"]  # "block" opens with it


def test_groups_are_the_stages() -> None:
    model = model_of("resnet18")
    groups = dict(zip(model.layer_names, model.groups, strict=True))
    assert groups["layer1.0"] == groups["layer1.1"] != groups["layer2.0"] == groups["layer2.1"] != groups["fc"]
    assert groups["conv1"] == groups["maxpool"] and len(set(groups.values())) == 6
    assert len(set(model_of("mobilenet").groups)) == 2


def test_short_names_are_no_bare_numbers_and_tell_layers_apart() -> None:
    paths = ("encoder.layers.0", "encoder.layers.1", "encoder.norm", "a.b.conv", "a.c.conv", "x [class token]")
    assert short_names(dict.fromkeys(paths, "")) == {
        "encoder.layers.0": "layers.0", "encoder.layers.1": "layers.1", "encoder.norm": "norm",
        "a.b.conv": "b.conv", "a.c.conv": "c.conv", "x [class token]": "x [class token]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("resnet18", {"fc", "prob"}),
        ("vit", {"head", "prob"}),
        ("mobilenet", {"classifier.3", "classifier", "prob"}),
        ("conv_head", {"classifier.1", "classifier.2", "classifier.3", "classifier", "view", "prob"}),
    ],
)
def test_probabilities_and_layers_of_classes_are_found(name: str, classes: set[str]) -> None:
    model = model_of(name)
    assert model.prob_layer == "prob" and model.label_layers == classes
    assert listing.class_count(model.graph, listing.class_layers(model.graph, "prob")) == 10


def test_layers_that_somebody_named_are_seen_first_and_all_others_with_all_operators() -> None:
    graph = model_of("resnet18").graph
    entries = listing.entries(graph, ("conv1", "layer4.1", "fc"))
    assert [each.name for each in entries if not each.is_minor] == ["conv1", "layer4.1", "fc"]
    assert len(entries) == len({each.name for each in entries}) > 60

"""Tokens, channels last and attention shown as maps: the numbers are the module's, and walks back go through them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from deepvis.formats.torch.attention import attention_in_parts
from deepvis.network.field import receptive_field
from deepvis.network.identity import identity
from tests.formats.torch.opened import eager_values, model_of, module_of, net_of, picture


@pytest.mark.parametrize("batch", [1, 3])
def test_tokens_are_maps_and_the_tokens_beside_them_are_layers_by_name(batch: int) -> None:
    x = picture("vit_registers", batch)
    blobs = net_of("vit_registers").forward({"x": x}).blobs
    tokens = eager_values("vit_registers", x)["blocks.0"]  # class token, two registers, 4 x 6 patches
    torch.testing.assert_close(blobs["blocks.0"], tokens[:, 3:].transpose(1, 2).reshape(batch, 24, 4, 6))
    torch.testing.assert_close(blobs["blocks.0 [class token]"], tokens[:, 0])
    torch.testing.assert_close(blobs["blocks.0 [register token 1]"], tokens[:, 1])
    torch.testing.assert_close(blobs["blocks.0 [register token 2]"], tokens[:, 2])
    hidden = eager_values("vit_registers", x)["blocks.1.mlp.fc1"]
    torch.testing.assert_close(blobs["blocks.1.mlp.fc1"], hidden[:, 3:].transpose(1, 2).reshape(batch, 48, 4, 6))


@pytest.mark.parametrize("name", ["swin", "convnext"])
def test_channels_last_are_maps(name: str) -> None:
    x = picture(name, 2)
    blobs, eager = net_of(name).forward({"x": x}).blobs, eager_values(name, x)
    layers = {
        "swin": ["layers.0.0", "layers.0.1.norm2", "layers.1.0.reduction", "layers.1.2", "norm"],
        "convnext": ["wide"],
    }
    for layer in layers[name]:
        torch.testing.assert_close(blobs[layer], eager[layer].permute(0, 3, 1, 2))


def test_numbers_that_windows_and_rolls_have_moved_are_put_back_in_place() -> None:
    """The clone holds the windows of a shifted map, one after the other."""
    x = picture("swin", 2)
    blobs = net_of("swin").forward({"x": x}).blobs
    torch.testing.assert_close(blobs["layers.0.1.clone"], blobs["layers.0.1.norm1"])
    torch.testing.assert_close(blobs["layers.0.1.unsafe_view"], blobs["layers.0.1.norm1"])
    raw = blobs["layers.0.1.attn.qkv [as computed]"]
    assert raw.shape == (2 * 8, 16, 48) and blobs["layers.0.1.attn.qkv"].shape == (2, 48, 8, 16)


def test_pictures_on_another_axis_than_the_first() -> None:
    """nn.MultiheadAttention works on (L, N, C)."""
    x = picture("torch_vit", 2)
    blobs = net_of("torch_vit").forward({"x": x}).blobs
    raw = blobs["encoder.0.self_attn.transpose [as computed]"]
    assert raw.shape == (25, 2, 24)
    torch.testing.assert_close(blobs["encoder.0.self_attn.transpose"], blobs["encoder.0.norm1"])


def test_patches_cut_out_by_reshapes_are_maps() -> None:
    x = picture("mixer", 2)
    blobs = net_of("mixer").forward({"x": x}).blobs
    embedded = eager_values("mixer", x)["embed"]
    torch.testing.assert_close(blobs["embed"], embedded.transpose(1, 2).reshape(2, 12, 4, 6))
    assert blobs["add"].shape == (2, 12, 4, 6)
    notes = [note for note in model_of("mixer").notes if "is not known" in note]
    assert len(notes) == 1 and "unsafe_view, mix and 2 more" in notes[0]  # the tokens are mixed: no places any more


@pytest.mark.parametrize("name", ["vit_registers", "vit", "torch_vit"])
def test_attention_heads_are_channels(name: str) -> None:
    """Fused or not: what the class token looks at, a map for each head."""
    net = net_of(name)
    layer = next(each for each in net.shapes if each.endswith("attn.softmax"))
    maps = net.forward({"x": picture(name, 2)}).blobs[layer]
    raw = net.forward({"x": picture(name, 2)}).blobs[f"{layer} [as computed]"]
    beside = raw.shape[-1] - 24
    assert maps.shape == (2, 3, 4, 6)
    torch.testing.assert_close(maps.flatten(2), raw[:, :, 0, beside:])
    torch.testing.assert_close(raw.sum(-1), torch.ones(raw.shape[:-1]))
    maker = net.graph.first_maker(layer)
    assert maker is not None and maker.type == "attention, of the class token"


def test_attention_in_windows_is_maps_of_heads_too() -> None:
    """How much each place is looked at by those of its window."""
    net, x = net_of("swin"), picture("swin", 2)
    layer = "layers.0.0.attn.softmax"
    blobs = net.forward({"x": x}).blobs
    raw = blobs[f"{layer} [as computed]"]  # windows of 4 x 4, two rows of four
    by_hand = raw.mean(2).reshape(2, 2, 4, 2, 4, 4).permute(0, 3, 1, 4, 2, 5).reshape(2, 2, 8, 16)
    torch.testing.assert_close(blobs[layer], by_hand)
    maker = net.graph.first_maker(layer)
    assert maker is not None and maker.type == "attention, mean of the tokens of a window"
    assert blobs["layers.0.1.attn.softmax"].shape == (2, 2, 8, 16)


@pytest.mark.parametrize("masked", ["", "causal", "choice", "bias", "groups"])
def test_attention_in_parts_is_attention(masked: str) -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 5, 8), torch.randn(2, 4, 5, 6)
    facts: dict[str, object] = {"scale": 0.3}
    if masked == "causal":
        facts = {"is_causal": True}
    if masked == "choice":
        facts["attn_mask"] = torch.rand(5, 5) > 0.5
        facts["attn_mask"][:, 0] = True  # type: ignore[index]
    if masked == "bias":
        facts["attn_mask"] = torch.randn(2, 1, 5, 5)
    if masked == "groups":
        k, v, facts["enable_gqa"] = k[:, :2], v[:, :2], True
    expected = F.scaled_dot_product_attention(q, k, v, **facts)  # type: ignore[arg-type]
    torch.testing.assert_close(attention_in_parts(q, k, v, **facts), expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "layer", "unit"),
    [
        ("vit_registers", "blocks.1", (5, 2, 3)),
        ("vit_registers", "blocks.1 [class token]", (5,)),
        ("vit_registers", "blocks.0 [register token 2]", (7,)),
        ("swin", "layers.1.2", (9, 1, 5)),
        ("swin", "layers.0.1.clone", (3, 6, 2)),
        ("convnext", "narrow", (2, 4, 4)),
    ],
)
def test_gradients_of_units_of_tokens_are_autograds(name: str, layer: str, unit: tuple[int, ...]) -> None:
    net, x = net_of(name), picture(name)
    tape = net.forward({"x": x}, until=layer)
    seed = torch.zeros_like(tape.blobs[layer])
    seed[(0, *unit)] = 1
    found = tape.backward(layer, seed)["x"]
    values = {}
    path = layer.split(" [")[0]
    path = "layers.0.1.norm1" if path.endswith("clone") else path
    hook = module_of(name).get_submodule(path).register_forward_hook(lambda part, given, y: values.update(y=y))
    leaf = x.clone().requires_grad_()
    module_of(name)(leaf)
    hook.remove()
    y = values["y"]
    if "token" in layer:
        number = 0 if "class" in layer else 2
        target = y[0, number, unit[0]]
    elif name == "vit_registers":
        target = y[0, 3 + unit[1] * 6 + unit[2], unit[0]]
    else:
        target = y[0, unit[1], unit[2], unit[0]]
    target.backward()
    torch.testing.assert_close(found, leaf.grad, rtol=1e-4, atol=1e-6)


def test_diffs_on_the_way_are_maps_too() -> None:
    tape = net_of("vit").forward({"x": picture("vit")})
    seed = torch.zeros_like(tape.blobs["head"])
    seed[0, 4] = 1
    diffs = tape.backward("head", seed, to="x")
    assert diffs["blocks.2"].shape == (1, 24, 4, 6)
    raw = diffs["blocks.2 [as computed]"]
    torch.testing.assert_close(diffs["blocks.2"], raw[:, 1:].transpose(1, 2).reshape(1, 24, 4, 6))
    assert "prob" not in diffs and "blocks.2 [class token]" in diffs


def test_what_only_shows_costs_nothing_until_it_is_read() -> None:
    tape = net_of("vit").forward({"x": picture("vit")})
    views = [node for node in net_of("vit").graph.nodes if node.is_view]
    assert len(views) > 50 and not any(node.index in tape._ran for node in views)
    assert tape.blobs["blocks.3"] is tape.blobs["blocks.3"]


def test_probabilities_are_made_where_a_module_ends_in_scores() -> None:
    for name, scores in (("resnet18", "fc"), ("conv_head", "view"), ("vit", "head")):
        model, x = model_of(name), picture(name, 2)
        blobs = net_of(name).forward({"x": x}).blobs
        torch.testing.assert_close(blobs["prob"], module_of(name)(x).softmax(1))
        assert model.prob_layer == "prob" and scores in model.label_layers
        assert f"the network ends in the scores {scores!r}; prob is their softmax, made here" in model.notes


def test_what_shows_is_no_part_of_the_identity() -> None:
    graph = model_of("vit").graph
    plain = graph._with(graph.inputs, [node for node in graph.nodes if not node.is_view], graph.names)
    assert identity(graph) == identity(plain)


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        ("resnet18", "layer1.1", None),
        ("mobilenet", "features.2", None),
        ("mobilenet", "features.3", (64, 64)),  # squeeze-excite looks everywhere
        ("vit", "patch_embed", (8, 8)),
        ("vit", "blocks.0.norm1", (8, 8)),
        ("vit", "blocks.0", (32, 48)),  # attention too
        ("vit", "blocks.0.attn.softmax", (32, 48)),
        ("convnext", "narrow", (12, 12)),
        ("convnext", "add", (12, 12)),
        ("mixer", "norm", (8, 8)),
        ("swin", "layers.0.0.norm1", (4, 4)),
        ("swin", "layers.0.0", (16, 16)),
        ("swin", "layers.0.0.attn.softmax", (16, 16)),
        ("swin", "layers.0.1.attn.softmax", (32, 32)),  # the shifted window reaches into four of those before
        ("swin", "layers.0.1", (32, 32)),
        ("swin", "layers.1.0.norm", None),
        ("swin", "layers.1.0", None),
        ("swin", "layers.1.1", None),
    ],
)
def test_fields_hold_every_pixel_that_moves_a_unit(name: str, layer: str, size: tuple[int, int] | None) -> None:
    net, x = net_of(name), picture(name)
    height, width = net.shapes[layer][2:]
    row, col = height // 2, width // 2
    field = receptive_field(net.graph, net.shapes, layer, row, col)
    if size is not None:
        assert (field.height, field.width) == size
    tape = net.forward({"x": x}, until=layer)
    seed = torch.zeros_like(tape.blobs[layer])
    seed[0, :, row, col] = torch.randn(seed.shape[1], generator=torch.Generator().manual_seed(1))
    moved = tape.backward(layer, seed)["x"][0].abs().amax(0) > 0
    rows, cols = torch.nonzero(moved.any(1)).ravel(), torch.nonzero(moved.any(0)).ravel()
    found = (int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1)
    inside = field.clamped(*x.shape[2:])
    edges = (inside.top, inside.left, inside.bottom, inside.right)
    assert edges[0] <= found[0] and edges[1] <= found[1] and edges[2] >= found[2] and edges[3] >= found[3]
    assert edges == found or "resnet" in name or "mobilenet" in name
    other = x.clone()
    mask = torch.ones(x.shape[2:], dtype=torch.bool)
    mask[inside.top : inside.bottom, inside.left : inside.right] = False
    other[0, :, mask] = torch.rand(3, int(mask.sum()))
    again = net.forward({"x": other}, until=layer).blobs[layer]
    torch.testing.assert_close(again[0, :, row, col], tape.blobs[layer][0, :, row, col])


def test_modules_without_a_value_of_their_name_are_found_by_their_path() -> None:
    x = picture("resnet18", 2)
    blobs, eager = net_of("resnet18").forward({"x": x}).blobs, eager_values("resnet18", x)
    for path in ("layer1.1", "layer4", "layer2.0.downsample"):
        torch.testing.assert_close(blobs[path], eager[path])
    assert blobs["layer4"] is not None and "layer1.1.relu@1" in blobs
    tape = net_of("resnet18").forward({"x": x[:1]})
    seed = torch.rand_like(tape.blobs["layer1.1"])
    for mode in ("gradient", "deconv", "guided"):
        by_path, by_value = (tape.backward(name, seed, mode)["x"] for name in ("layer1.1", "layer1.1.relu@1"))
        torch.testing.assert_close(by_path, by_value)

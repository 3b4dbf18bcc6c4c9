"""The loop: seeded, and the same whether or not it was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from default_model.batch import GUEST_SHARE, Batch, cut, inset, with_guests
from default_model.batches import Material, epoch_rows, make_batch, mean_colour
from default_model.export import network_for
from default_model.loop import Run, _smooth_first_filters, load_run, save_run, start_run, train
from default_model.photos import list_photos, open_cache
from default_model.recipe import Recipe
from default_model.student import Guides, Student
from default_model.teacher import Maps, Targets
from default_model.tune import Tuning, tune

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.model_error import ModelError


@pytest.fixture
def material(photos_folder: Path, tmp_path: Path) -> Material:
    """With a teacher whose maps are noise: enough to see that they are followed the same way twice."""
    photos = list_photos(photos_folder)
    cache = open_cache(photos, tmp_path)
    rows = np.flatnonzero(~photos.held_out)
    rng = np.random.default_rng(0)
    made = [rng.normal(size=(len(cache), 7, 7, size)).astype(np.float16) for size in (4, 4, 3, 3, 5, 5)]
    maps = Maps((made[0], made[1]), (made[2], made[3]), (made[4], made[5]))
    return Material(cache, photos.labels, rows, mean_colour(cache, rows), 25, maps, 5)


@pytest.fixture
def new_run(tiny_prototxt: Path):
    def make(recipe: Recipe) -> Run:
        spec = fill_net(load_net(network_for(tiny_prototxt, 3), on_missing="fill"))
        return start_run(Student(spec, recipe.seed, Guides(maps_size=4, vector_size=5)), recipe)

    return make


def go(run: Run, material: Material, checkpoint: Path, epochs: int | None = None) -> Run:
    train(run, material, checkpoint, judge=lambda run: {}, progress=lambda things, count: things, epochs=epochs)
    return run


def same(one: Run, other: Run) -> bool:
    pairs = zip(one.average.items(), other.average.items(), strict=True)
    return all(name == name2 and torch.equal(a, b) for (name, a), (name2, b) in pairs)


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(new_run, material, recipe, tmp_path) -> None:
    whole = go(new_run(recipe), material, tmp_path / "whole.npz")
    go(new_run(recipe), material, tmp_path / "part.npz", epochs=1)
    again = new_run(recipe)
    load_run(again, tmp_path / "part.npz")
    assert again.epoch == 1
    go(again, material, tmp_path / "part.npz", epochs=2)
    last = new_run(recipe)
    load_run(last, tmp_path / "part.npz")
    go(last, material, tmp_path / "part.npz")
    assert last.epoch == whole.epoch == 4 and len(last.curve) == 4
    assert same(whole, last)
    drop = [{k: v for k, v in row.items() if k != "seconds"} for row in whole.curve]
    assert drop == [{k: v for k, v in row.items() if k != "seconds"} for row in last.curve]


def test_another_seed_is_another_run(new_run, material, recipe, tmp_path) -> None:
    one = go(new_run(recipe), material, tmp_path / "a.npz", epochs=1)
    assert same(one, go(new_run(recipe), material, tmp_path / "b.npz", epochs=1))
    assert not same(one, go(new_run(replace(recipe, seed=2)), material, tmp_path / "c.npz", epochs=1))


def test_the_loss_falls(new_run, material, recipe, tmp_path) -> None:
    run = go(new_run(replace(recipe, epochs=12, cut=0, inset=0)), material, tmp_path / "run.npz")
    first, last = ([row[term] for row in run.curve] for term in ("labels", "vector"))
    assert np.mean(first[-4:]) < np.mean(first[:4]) and np.mean(last[-4:]) < np.mean(last[:4])
    assert set(run.curve[0]) == {"epoch", "labels", "scores", "maps", "vector", "seconds"}


def test_another_recipe_is_refused_unless_it_is_changed_on_purpose(new_run, recipe, tmp_path) -> None:
    save_run(new_run(recipe), tmp_path / "run.npz")
    with pytest.raises(ModelError, match=r"rate = 0\.005"):
        load_run(new_run(replace(recipe, rate=1.0)), tmp_path / "run.npz")
    longer = new_run(replace(recipe, epochs=9))
    load_run(longer, tmp_path / "run.npz", change=True)
    assert longer.plans == [{"from_epoch": 0, "epochs": 9}]


def test_a_loss_that_is_no_number_stops_the_run_in_words(new_run, material, recipe, tmp_path) -> None:
    run = new_run(recipe)
    with torch.no_grad():
        run.student.weights["fc8"][0].fill_(float("nan"))
    with pytest.raises(ModelError, match="lower the rate"):
        go(run, material, tmp_path / "run.npz")


def test_an_epoch_draws_small_classes_more_often_per_photo(material: Material, recipe: Recipe) -> None:
    rows = np.concatenate([material.rows[:2], material.rows[8:]])  # 2, 8 and 8 photos
    uneven = replace(material, rows=rows)
    drawn = np.concatenate([epoch_rows(uneven, recipe, epoch) for epoch in range(60)])
    assert len(drawn) == 60 * len(rows) and set(drawn) == set(rows)
    counts = np.bincount(material.labels[drawn]) / len(drawn)
    share = np.array([2, 8, 8]) ** recipe.balance
    assert counts == pytest.approx(share / share.sum(), abs=0.01)
    assert np.array_equal(epoch_rows(uneven, recipe, 3), epoch_rows(uneven, recipe, 3))


def test_a_favoured_class_comes_up_more_often(material: Material, recipe: Recipe) -> None:
    named = replace(material, classes=("apple", "leaf", "sea"))
    drawn = np.concatenate([epoch_rows(named, replace(recipe, favour=(("sea", 2.0),)), epoch) for epoch in range(60)])
    assert np.bincount(material.labels[drawn]) / len(drawn) == pytest.approx([0.25, 0.25, 0.5], abs=0.01)


def test_a_batch_depends_on_its_seed_alone(material: Material, recipe: Recipe) -> None:
    one, two, other = (make_batch(material, recipe, material.rows[:4], [1, 2, n]) for n in (3, 3, 4))
    assert torch.equal(one.x, two.x) and torch.equal(one.targets.maps, two.targets.maps)
    assert not torch.equal(one.x, other.x)


@pytest.mark.parametrize(("mix", "power"), [(cut, 1.0), (inset, 0.25)])
def test_mixing_changes_pictures_and_targets_at_the_same_place(mix, power: float) -> None:
    cells, pixels = 5, 25
    own = torch.arange(3.0).view(3, 1, 1, 1)
    x, maps = own.expand(3, 3, pixels, pixels), own.expand(3, 4, cells, cells)
    vector = own.view(3, 1)
    batch = mix(Batch(x, torch.eye(3), Targets(torch.eye(3), maps, vector)), cells, np.random.default_rng(1))
    foreign = batch.targets.maps[1, 0] != 1
    assert 0 < foreign.sum() < cells**2
    assert torch.equal((batch.x[1, 0] != 1)[2::5, 2::5], foreign)
    share = float(foreign.float().mean()) ** power
    assert batch.labels[1].tolist() == pytest.approx([share, 1 - share, 0])
    assert float(batch.targets.vector[1]) == pytest.approx(1 - share)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(epochs=10, warmup=2, rate=1.0)
    rates = [recipe.rate_at(epoch) for epoch in (0, 1, 2, 6, 10)]
    assert rates == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert [recipe.size_at(epoch, 117) for epoch in (0, 7, 8, 9)] == [77, 117, 117, 117]


def test_noise_in_the_first_filters_fades_and_an_edge_stays(new_run, recipe) -> None:
    run = new_run(recipe)
    filters = run.student.weights["conv1"][0]
    noise = torch.randn(filters.shape[2:], generator=torch.Generator().manual_seed(0))
    edge = torch.linspace(-1, 1, filters.shape[3]).expand(filters.shape[2:])
    with torch.no_grad():
        filters[0, 0], filters[1, 0] = noise, edge
    for _ in range(100):
        _smooth_first_filters(run, 0.01)
    assert (filters[0, 0] - filters[0, 0].mean()).std() < 0.6 * noise.std()
    assert torch.corrcoef(torch.stack([filters[1, 0].flatten(), edge.flatten()]))[0, 1] > 0.99
    assert filters[1, 0].std() > 0.8 * edge.std()


def test_a_guest_is_small_in_the_picture_and_counts_most() -> None:
    x, maps = torch.zeros(3, 3, 26, 26), torch.zeros(3, 2, 13, 13)
    batch = Batch(x, torch.eye(3), Targets(torch.eye(3), maps, torch.zeros(3, 1)))
    guest = Batch(x[:2] + 1, torch.eye(3)[[2, 2]], Targets(torch.eye(3)[[2, 2]], maps[:2], torch.ones(2, 1)))
    made = with_guests(batch, guest, np.random.default_rng(1))
    for number in (0, 1):
        assert 0 < made.x[number].sum() / x[number].numel() < 0.5
    assert torch.equal(made.x[2], x[2]) and made.labels[2].tolist() == [0, 0, 1]
    assert made.labels[0].tolist() == pytest.approx([1 - GUEST_SHARE, 0, GUEST_SHARE])


def test_tuning_moves_the_inner_products_alone(material: Material, recipe: Recipe, tiny_prototxt: Path) -> None:
    network = network_for(tiny_prototxt, 3)
    rng = np.random.default_rng(0)
    empty = caffe_net(load_net(network, on_missing="fill")).parameters()
    weights = {k: [rng.normal(size=tuple(b.shape)).astype(np.float32) * 0.1 for b in v] for k, v in empty.items()}
    named = replace(material, classes=("apple", "leaf", "sea"))
    tuning = Tuning(batches=3, guests=2, epochs=2, batch=8)
    spec, favour = load_net(network, weights), replace(recipe, favour=(("sea", 2.0),))
    made = tune(spec, weights, named, favour, tuning, lambda things, count: things)
    moved = [name for name in weights if not np.array_equal(weights[name][0], made[name][0])]
    assert moved == ["fc7", "fc8"]
    again = tune(spec, weights, named, favour, tuning, lambda things, count: things)
    assert all(np.array_equal(made[name][0], again[name][0]) for name in made)
    assert tune(spec, weights, named, recipe, tuning, lambda things, count: things) is weights

"""After training: the inner products learn to see small things of a favoured class, the convolutions stay.

A batch of only such pictures would tell batch normalisation, and so the network, what kind of batch it is; here the
weights are folded already, and every batch holds both kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.formats.caffe.spec_graph import caffe_net
from default_model.batch import with_guests
from default_model.batches import Material, epoch_rows, favoured_rows, make_batch
from default_model.recipe import Recipe
from default_model.student import INPUT_STD

WHOLE = (0.8, 1.2)  # sides of views that show a photo as a whole
Weights = dict[str, list[np.ndarray]]


@dataclass(frozen=True)
class Tuning:
    """batches of ``Recipe.batch`` views are seen once, ``guests`` of each with a favoured photo in it; the inner
    products then pass over them ``epochs`` times, in batches of ``batch``."""

    batches: int = 100
    guests: int = 12
    epochs: int = 4
    batch: int = 128
    rate: float = 3e-4
    dropout: float = 0.2


def tune(
    spec: NetworkSpec,
    weights: Weights,
    material: Material,
    recipe: Recipe,
    tuning: Tuning,
    progress: Callable[[Iterable, int], Iterable],
) -> Weights:
    """``weights`` with better inner products; unchanged where the photos have no favoured class.

    spec: the network with ``weights`` in it. material: at the network's own size.
    """
    favoured = favoured_rows(material, recipe)
    if not len(favoured):
        return weights
    products = [layer for layer in spec.layers if layer.type == "InnerProduct"]
    seen = _see(spec, products[0], material, recipe, tuning, favoured, progress)
    tensors = {layer.name: [torch.tensor(array) for array in weights[layer.name]] for layer in products}
    _fit(tensors, *seen, recipe, tuning)
    return weights | {name: [tensor.detach().numpy() for tensor in pair] for name, pair in tensors.items()}


def _see(
    spec: NetworkSpec,
    first: LayerSpec,
    material: Material,
    recipe: Recipe,
    tuning: Tuning,
    favoured: np.ndarray,
    progress: Callable[[Iterable, int], Iterable],
) -> tuple[Tensor, Tensor, Tensor | None]:
    """(what the first inner product takes (n, features), labels, the teacher's scores or None) of many views."""
    near = replace(recipe, cut=0.05, inset=0.1)
    whole = replace(recipe, cut=0.0, inset=0.0, views=replace(recipe.views, side=WHOLE, afar=0.0))
    rng = np.random.default_rng([recipe.seed, 7])
    rows = np.concatenate(
        [epoch_rows(material, recipe, recipe.epochs + e) for e in range(_passes(material, recipe, tuning))]
    )
    weights = caffe_net(spec).parameters()
    features, labels, scores = [], [], []
    count = min(tuning.guests, recipe.batch)
    for number in progress(range(tuning.batches), tuning.batches):
        part = rows[number * recipe.batch : (number + 1) * recipe.batch]
        batch = make_batch(material, near, part, [recipe.seed, 1 << 20, number])
        guests = make_batch(material, whole, rng.choice(favoured, count), [recipe.seed, 1 << 21, number])
        batch = with_guests(batch, guests, rng)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=recipe.fast):
            seen = functional(spec, batch.x * INPUT_STD, weights, first.bottoms[0])
            features.append(seen.flatten(1).half())
        labels.append(batch.labels)
        if batch.targets is not None:
            scores.append(batch.targets.scores)
    return torch.cat(features), torch.cat(labels), torch.cat(scores) if scores else None


def _passes(material: Material, recipe: Recipe, tuning: Tuning) -> int:
    """Epochs whose rows fill all batches."""
    return -(-tuning.batches * recipe.batch // len(material.rows))


def _fit(
    tensors: dict[str, list[Tensor]], x: Tensor, labels: Tensor, scores: Tensor | None, recipe: Recipe, tuning: Tuning
) -> None:
    """Train the inner products, in place, on stored features; dropout and ReLU between them."""
    trained = [tensor.requires_grad_(True) for pair in tensors.values() for tensor in pair]
    optimizer = torch.optim.AdamW(trained, lr=tuning.rate, weight_decay=0.0)
    generator = torch.Generator().manual_seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    size = min(tuning.batch, len(x))
    steps, step = tuning.epochs * (len(x) // size), 0
    for _ in range(tuning.epochs):
        order = torch.randperm(len(x), generator=generator)
        for at in range(0, len(x) - size + 1, size):
            rows = order[at : at + size]
            for group in optimizer.param_groups:
                group["lr"] = tuning.rate * 0.5 * (1 + np.cos(np.pi * step / steps))
            h = x[rows].float()
            for name in list(tensors)[:-1]:
                h = F.dropout(F.relu(F.linear(h, *tensors[name])), tuning.dropout)
            logits = F.linear(h, *list(tensors.values())[-1])
            loss = F.cross_entropy(logits, labels[rows], label_smoothing=recipe.smoothing)
            if scores is not None:
                t = recipe.soften
                soft = F.kl_div(F.log_softmax(logits / t, 1), scores[rows], reduction="batchmean")
                loss = recipe.label_weight * loss + recipe.score_weight * t * t * soft
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1

"""The training loop: seeded, one checkpoint an epoch, the same whether or not it was interrupted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from deepvis.core.files import written_beside
from deepvis.network.model_error import ModelError
from default_model.batch import Batch
from default_model.batches import Material, centre_batches, epoch_batches
from default_model.recipe import Recipe
from default_model.student import Outputs, Student

VERSION = 1


@dataclass(eq=False)
class Run:
    """A run under way. average: name -> the moving average of every trained tensor and statistic; it is what is
    exported. curve: one row an epoch. epoch: how many are done. plans: what was changed when the run was resumed with
    other numbers, {"from_epoch": epochs done, field: value, ...} each.
    """

    recipe: Recipe
    student: Student
    optimizer: torch.optim.AdamW
    average: dict[str, Tensor]
    epoch: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)


def start_run(student: Student, recipe: Recipe) -> Run:
    average = {name: tensor.detach().clone() for name, tensor in student.everything().items()}
    return Run(recipe, student, _optimizer(student, recipe), average)


def train_epoch(run: Run, material: Material, progress: Callable[[Iterable, int], Iterable]) -> dict[str, float]:
    """One pass; returns the mean of each term of the loss. The run's epoch and curve are left to the caller."""
    recipe, student = run.recipe, run.student
    torch.manual_seed(recipe.seed * 1_000_003 + run.epoch)  # dropout
    sums: dict[str, float] = {}
    count = max(len(material.rows) // recipe.batch, 1)
    size = recipe.size_at(run.epoch, material.size)
    material = replace(material, size=size, grid=student.cells(size))
    for number, batch in enumerate(progress(epoch_batches(material, recipe, run.epoch), count)):
        rate = recipe.rate_at(run.epoch + (number + 1) / count)
        for group in run.optimizer.param_groups:
            group["lr"] = rate
        batch = batch.to(student.device)
        with torch.autocast(student.device.type, torch.bfloat16, enabled=recipe.fast):
            out = student.run(batch.x, training=True)
        terms = losses(out, batch, recipe)
        loss = torch.stack(list(terms.values())).sum()
        if not torch.isfinite(loss):
            where = f"in epoch {run.epoch + 1}"
            raise ModelError(f"the loss became {float(loss.detach())} {where}; lower the rate ({recipe.rate})")
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        run.optimizer.step()
        _smooth_first_filters(run, rate * recipe.conv1_smooth)
        _follow(run, number + 1 + run.epoch * count)
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + float(term.detach()) / count
    return sums


def losses(out: Outputs, batch: Batch, recipe: Recipe) -> dict[str, Tensor]:
    """The weighted terms of the loss by name: labels, and with a teacher scores, maps, vector.

    scores: Hinton et al. 2015, section 2, cross entropy with softened scores, times the squared temperature.
    maps, vector: squared error over the variance of the teacher's, which is 1 (Romero et al. 2015).
    """
    hard = F.cross_entropy(out.logits, batch.labels, label_smoothing=recipe.smoothing)
    if batch.targets is None:
        return {"labels": hard}
    t, targets = recipe.soften, batch.targets
    soft = F.kl_div(F.log_softmax(out.logits / t, 1), targets.scores, reduction="batchmean")
    return {
        "labels": recipe.label_weight * hard,
        "scores": recipe.score_weight * t * t * soft,
        "maps": recipe.maps_weight * F.mse_loss(out.maps, targets.maps),
        "vector": recipe.vector_weight * F.mse_loss(out.vector, targets.vector),
    }


@torch.no_grad()
def centre_scores(run: Run, material: Material, rows: np.ndarray) -> np.ndarray:
    """(len(rows), classes) float32: scores of the averaged network on centre views, without mirroring."""
    everything, device = run.student.everything(), run.student.device
    kept = {name: tensor.detach().clone() for name, tensor in everything.items()}
    _put(everything, run.average)
    try:
        parts = []
        for batch in centre_batches(material, rows):
            with torch.autocast(device.type, torch.bfloat16, enabled=run.recipe.fast):
                parts.append(run.student.run(batch.x.to(device), training=False).logits.cpu())
        return torch.cat(parts).numpy()
    finally:
        _put(everything, kept)


def save_run(run: Run, path: str | Path) -> None:
    """Write the run so that ``load_run`` goes on from here; npz, written beside and renamed."""
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in run.student.everything().items():
        arrays[f"now/{name}"] = tensor.detach().cpu().numpy()
    for name, tensor in run.average.items():
        arrays[f"average/{name}"] = tensor.cpu().numpy()
    for name, tensor in run.student.trained().items():
        for key, value in run.optimizer.state.get(tensor, {}).items():
            arrays[f"adam/{name}/{key}"] = value.cpu().numpy()
    facts = {
        "version": VERSION,
        "epoch": run.epoch,
        "curve": run.curve,
        "recipe": asdict(run.recipe),
        "plans": run.plans,
    }
    with written_beside(path) as file:
        np.savez(file, facts=np.array(json.dumps(facts)), **arrays)


def load_run(run: Run, path: str | Path, *, change: bool = False) -> None:
    """Take up the state of a checkpoint.

    The recipe must be the same, unless ``change``: then the new one counts from here on, and ``plans`` keeps the
    record. Raises ModelError.
    """
    with np.load(path) as saved:
        facts = json.loads(str(saved["facts"]))
        recipe, old = json.loads(json.dumps(asdict(run.recipe))), facts["recipe"]
        changes = {name: value for name, value in recipe.items() if old.get(name) != value}
        if changes and not change:
            name, value = next(iter(changes.items()))
            raise ModelError(
                f"{path}: found a run with {name} = {old.get(name)}, expected {value}; resume with the same numbers, "
                "say that they change on purpose (--change), or start in another folder (--work)"
            )
        arrays = {name: saved[name] for name in saved.files if name != "facts"}
    everything = run.student.everything()
    _put(everything, {n.removeprefix("now/"): _copy(a) for n, a in arrays.items() if n.startswith("now/")})
    _put(run.average, {n.removeprefix("average/"): _copy(a) for n, a in arrays.items() if n.startswith("average/")})
    for name, tensor in run.student.trained().items():
        prefix = f"adam/{name}/"
        state = {key.removeprefix(prefix): _copy(a) for key, a in arrays.items() if key.startswith(prefix)}
        if state:  # the count of steps stays on the CPU
            moved = {key: value if key == "step" else value.to(tensor.device) for key, value in state.items()}
            run.optimizer.state[tensor] = moved
    run.epoch, run.curve, run.plans = facts["epoch"], facts["curve"], facts["plans"]
    if changes:
        run.plans.append({"from_epoch": run.epoch, **changes})


def train(
    run: Run,
    material: Material,
    checkpoint: Path,
    *,
    judge: Callable[[Run], Mapping[str, float]],
    progress: Callable[[Iterable, int], Iterable],
    epochs: int | None = None,
) -> None:
    """Run the recipe's epochs to the end (or at most ``epochs`` more), a checkpoint after each."""
    last = run.recipe.epochs if epochs is None else min(run.recipe.epochs, run.epoch + epochs)
    while run.epoch < last:
        began = time.monotonic()
        row = train_epoch(run, material, progress)
        run.epoch += 1
        seconds = time.monotonic() - began
        run.curve.append({"epoch": run.epoch, **row, **judge(run), "seconds": round(seconds, 1)})
        save_run(run, checkpoint)


def _optimizer(student: Student, recipe: Recipe) -> torch.optim.AdamW:
    trained = student.trained()
    first = next(iter(trained))
    groups = [
        {"params": [t for n, t in trained.items() if t.dim() > 1 and n != first], "weight_decay": recipe.decay},
        {"params": [trained[first]], "weight_decay": recipe.conv1_decay},
        {"params": [t for t in trained.values() if t.dim() == 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.rate)


@torch.no_grad()
def _smooth_first_filters(run: Run, strength: float) -> None:
    """w <- (1 - strength) w + strength blurred(w); the blur is 3 x 3 binomial, its border repeats."""
    filters = next(iter(run.student.weights.values()))[0]
    taps = torch.tensor([1.0, 2.0, 1.0], device=filters.device) / 4
    kernel = (taps[:, None] * taps).expand(filters.shape[1], 1, 3, 3)
    blurred = F.conv2d(F.pad(filters, (1, 1, 1, 1), mode="replicate"), kernel, groups=filters.shape[1])
    filters.lerp_(blurred, strength)


@torch.no_grad()
def _follow(run: Run, step: int) -> None:
    """Let the average follow, faster in the first steps."""
    keep = min(run.recipe.average, (1 + step) / (10 + step))
    for name, tensor in run.student.everything().items():
        run.average[name].lerp_(tensor, 1 - keep)


@torch.no_grad()
def _put(into: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    for name, tensor in into.items():
        tensor.copy_(values[name])


def _copy(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array))

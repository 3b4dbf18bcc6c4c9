"""One training session from a folder of photos to a model's folder: the parts put together."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from deepvis.core.files import written_beside
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.models.zoo import load_model
from deepvis.network.device import device_of
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.sources.photos import load_rgb
from default_model.batches import Material, mean_colour
from default_model.distil import Lesson, Teacher, open_lesson
from default_model.export import averaged_weights, network_for, write_model
from default_model.loop import Run, centre_scores, load_run, start_run, train
from default_model.photos import SPLIT_RULE, PhotoFolder, list_photos, open_cache
from default_model.recipe import Recipe
from default_model.report import Accuracy, accuracy_page, filter_picture, measure
from default_model.student import Guides, Student
from default_model.tune import Tuning, Weights, tune

VERSION = 1
JUDGE_EVERY = 5  # epochs
Bars = Callable[..., Iterable]  # (things, total, what) -> things


@dataclass(frozen=True)
class Place:
    """Where everything is: photos, network file, the model's folder, the run's own folder, the docs' pictures."""

    photos: Path
    prototxt: Path
    out: Path
    work: Path
    docs: Path
    device: str = "cpu"

    @property
    def checkpoint(self) -> Path:
        return self.work / "run.npz"


@dataclass(eq=False)
class Session:
    """A run with all that it needs. lesson: None without a teacher."""

    place: Place
    photos: PhotoFolder
    material: Material
    run: Run
    network: Any
    teacher_name: str
    lesson: Lesson | None
    bars: Bars

    def train(self, epochs: int | None, tell: Callable[[dict[str, float]], None]) -> None:
        """Train to the end of the recipe, or at most ``epochs`` more; ``tell`` gets each epoch's row of the curve."""

        def bar(batches: Iterable, count: int) -> Iterable:
            return self.bars(batches, count, f"epoch {self.run.epoch + 1}/{self.run.recipe.epochs}")

        last = self.run.recipe.epochs if epochs is None else min(self.run.epoch + epochs, self.run.recipe.epochs)
        while self.run.epoch < last:
            train(self.run, self.material, self.place.checkpoint, judge=self._judge, progress=bar, epochs=1)
            tell(self.run.curve[-1])

    def export(self) -> Accuracy:
        """Write the model's folder as far as the run has come; the accuracy is that of the written files."""
        place, run = self.place, self.run
        weights = self._tuned(averaged_weights(run)) if run.epoch >= run.recipe.epochs else averaged_weights(run)
        classes, rule = self.photos.classes, SPLIT_RULE
        write_model(place.out, self.network, weights, classes, self.material.mean_rgb, _card(self.network))
        accuracy = accuracy_of(place.out, self.photos, self.bars)
        _write(place.out / "accuracy.md", accuracy_page(accuracy, place.out.name, rule).encode())
        _write(place.out / "training.json", (json.dumps(self._record(accuracy), indent=1) + "\n").encode())
        picture = filter_picture(next(iter(weights.values()))[0])
        png = cv2.imencode(".png", picture[:, :, ::-1])[1]
        _write(place.docs / f"{place.out.name}-conv1.png", png.tobytes())
        return accuracy

    def _tuned(self, weights: Weights) -> Weights:
        spec = load_net(self.network, weights)
        material = replace(self.material, grid=self.run.student.cells(self.material.size))

        def bar(batches: Iterable, count: int) -> Iterable:
            return self.bars(batches, count, "tuning")

        return tune(spec, weights, material, self.run.recipe, Tuning(), bar)

    def _judge(self, run: Run) -> dict[str, float]:
        if run.epoch % JUDGE_EVERY and run.epoch != run.recipe.epochs:
            return {}
        rows = np.flatnonzero(self.photos.held_out)
        scores = centre_scores(run, self.material, rows)
        accuracy = measure(scores, self.photos.labels[rows], self.photos.classes)
        return {"top1": round(accuracy.top1, 4), "mean_per_class": round(accuracy.mean_per_class, 4)}

    def _record(self, accuracy: Accuracy) -> dict[str, Any]:
        held_out = int(self.photos.held_out.sum())
        teacher = None
        if self.lesson is not None:
            right = {"top1": self.lesson.top1, "mean_per_class": self.lesson.mean_per_class}
            teacher = {"name": self.teacher_name, "held_out": {k: round(v, 4) for k, v in right.items()}}
        run = self.run
        return {
            "version": VERSION,
            "data": {
                "folder": self.photos.root.name,
                "classes": len(self.photos.classes),
                "trained_on": len(self.photos.paths) - held_out,
                "held_out": held_out,
                "split": SPLIT_RULE,
            },
            "accuracy": {k: round(getattr(accuracy, k), 4) for k in ("mean_per_class", "top1", "top5")},
            "teacher": teacher,
            "recipe": asdict(run.recipe),
            "tuning": asdict(Tuning()) if run.epoch >= run.recipe.epochs else None,
            "changes": run.plans,
            "epochs_done": run.epoch,
            "seconds": round(sum(row["seconds"] for row in run.curve), 1),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, {self.place.device}",
            "software": {"torch": torch.__version__, "numpy": np.__version__, "opencv": cv2.__version__},
            "curve": [{k: round(v, 4) for k, v in row.items()} for row in run.curve],
        }


def open_session(
    place: Place, recipe: Recipe, teacher: Callable[[], Teacher | None], bars: Bars, *, change: bool = False
) -> Session:
    """Prepare the photos, the teacher's lesson and the run, each made or taken up where it was.

    change: a run of another recipe may go on with this one. Raises ModelError.
    """
    place.work.mkdir(parents=True, exist_ok=True)
    photos = list_photos(place.photos)
    cache = open_cache(photos, place.work, progress=lambda paths: bars(paths, len(photos.paths), "reading photos"))
    rows = np.flatnonzero(~photos.held_out)
    network = network_for(place.prototxt, len(photos.classes))
    spec = fill_net(load_net(network, on_missing="fill"))
    master = teacher()
    lesson = None
    if master is not None:
        asked = {"progress": lambda parts: bars(parts, None, f"asking {master.name}")}
        lesson = open_lesson(master, cache, photos.labels, photos.held_out, place.work, **asked)
    size = next(iter(spec.inputs.values()))[-1]
    guides = None if lesson is None else _guides(lesson)
    student = Student(spec, recipe.seed, guides, device_of(place.device))
    maps = None if lesson is None else lesson.maps
    material = Material(cache, photos.labels, rows, mean_colour(cache, rows), size, maps, classes=photos.classes)
    run = start_run(student, recipe)
    if place.checkpoint.is_file():
        load_run(run, place.checkpoint, change=change)
    return Session(place, photos, material, run, network, master.name if master else "", lesson, bars)


def accuracy_of(folder: Path, photos: PhotoFolder, bars: Bars) -> Accuracy:
    """The accuracy of a model's folder on the held-out photos, shown as the live window shows them."""
    model = load_model(folder)
    net, scores_layer = GraphNet(model.graph), model.graph.names[-1]
    rows = np.flatnonzero(photos.held_out)
    scores = []
    for row in bars(rows, len(rows), "testing"):
        x = model.preprocessor.to_input(load_rgb(photos.root / photos.paths[row]))
        blobs = net.forward({model.data_blob: x[np.newaxis]}, keep=scores_layer).blobs
        scores.append(blobs[scores_layer][0].flatten().numpy())
    return measure(np.stack(scores), photos.labels[rows], model.labels)


def row_text(row: dict[str, float]) -> str:
    """An epoch of the curve as a line."""
    terms = " ".join(f"{name} {value:.3f}" for name, value in row.items() if name not in ("epoch", "seconds"))
    return f"epoch {row['epoch']:.0f}: {terms} ({row['seconds']:.0f} s)"


def _guides(lesson: Lesson) -> Guides:
    middle, _, last = lesson.maps.middle[0], lesson.maps.scores[0], lesson.maps.last[0]
    return Guides(maps_size=middle.shape[-1], vector_size=last.shape[-1])


def _card(network: Any) -> dict[str, Any]:
    """What a fresh model.yaml says of the network."""
    last = network.layer[-1]
    if last.type != "Softmax":
        raise ModelError(f"the network ends in {last.name!r} ({last.type}), expected a Softmax over the classes")
    return {
        "description": "Trained by scripts/train_default_model.py",
        "label_layers": [last.bottom[0], last.top[0]],
        "prob_layer": last.top[0],
    }


def _write(path: Path, content: bytes) -> None:
    with written_beside(path) as file:
        file.write(content)

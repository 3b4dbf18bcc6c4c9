"""Ask the teacher once about every training photo, and keep what it says on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.types import Fit
from deepvis.models.preprocess import Preprocessor
from deepvis.network.net import GraphNet
from default_model.photos import PhotoCache, Progress
from default_model.teacher import Maps, Projection, fit_classifier, fit_projection

VERSION = 1
SAMPLES = 240  # photos whose inner maps the projection is fitted to
TOGETHER = 8  # photos in one pass
PARTS = ("middle", "scores", "last")


@dataclass(frozen=True)
class TeacherBlobs:
    """Where the teacher is read: an inner map for the student's own map, the last map before its classes.

    size: to which both are projected. decay: of the linear classifier on the averages of the last map.
    """

    middle: str = "inception_4e/output"
    last: str = "inception_5b/output"
    size: int = 128
    decay: float = 2e-3


@dataclass(frozen=True, eq=False)
class Teacher:
    """A network that has learned more. name: for the record."""

    name: str
    net: GraphNet
    preprocessor: Preprocessor
    blobs: TeacherBlobs = TeacherBlobs()

    def look(self, photos: list[np.ndarray], mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
        """Photos stretched to the teacher's input -> its middle and last maps, (N, h, w, C) float32."""
        views = [np.ascontiguousarray(rgb[:, ::-1] if mirrored else rgb) for rgb in photos]
        x = np.stack([self.preprocessor.to_input(rgb, Fit.STRETCH) for rgb in views])
        names = (self.blobs.middle, self.blobs.last)
        blobs = self.net.forward({next(iter(self.net.graph.inputs)): x}, keep=set(names)).blobs
        middle, last = (blobs[name].permute(0, 2, 3, 1).cpu().numpy() for name in names)
        return middle, last


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the teacher says of the training photos, and how often its linear classifier is right on the others."""

    maps: Maps
    top1: float
    mean_per_class: float


def open_lesson(
    teacher: Teacher,
    cache: PhotoCache,
    labels: np.ndarray,
    held_out: np.ndarray,
    work: Path,
    *,
    seed: int = 0,
    progress: Progress = iter,
) -> Lesson:
    """The lesson in the folder ``work``: made on the first call (many minutes on a CPU), opened on the next.

    labels: (N,) int64, held_out: (N,) bool, of all photos. Only training photos shape the projections and the
    classifier; rows of held-out photos stay 0. A lesson of another teacher or other photos is made anew.
    """
    facts_path = work / "lesson.json"
    key = {"version": VERSION, "teacher": teacher.name, "blobs": asdict(teacher.blobs), "photos": len(cache)}
    facts = json.loads(facts_path.read_text(encoding="utf-8")) if facts_path.is_file() else {}
    if facts.get("key") != key:
        rows, others = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        sample = np.sort(np.random.default_rng(seed).permutation(rows)[:SAMPLES])
        project = _fit_middle(teacher, cache, sample)
        averages = [_keep_raw(teacher, cache, rows, side, project, work, progress) for side in (0, 1)]
        classifier = fit_classifier(
            np.concatenate(averages), np.tile(labels[rows], 2), int(labels.max()) + 1, teacher.blobs.decay
        )
        _keep_rest(cache, rows, work, classifier, fit_projection(averages[0], teacher.blobs.size))
        facts = {"key": key, **_judge(teacher, cache, others, labels, classifier, progress)}
        with written_beside(facts_path) as file:
            file.write(json.dumps(facts, indent=1).encode())
    pairs = [tuple(np.load(work / f"{name}_{side}.npy", mmap_mode="r") for side in (0, 1)) for name in PARTS]
    return Lesson(Maps(*pairs), facts["top1"], facts["mean_per_class"])


def _answers(teacher: Teacher, cache: PhotoCache, rows: np.ndarray, mirrored: bool, progress: Progress) -> Iterator:
    """(rows, middle maps, last maps) of a few photos at a time."""
    for at in progress(range(0, len(rows), TOGETHER)):
        part = rows[at : at + TOGETHER]
        yield part, *teacher.look([cache[row] for row in part], mirrored)


def _fit_middle(teacher: Teacher, cache: PhotoCache, sample: np.ndarray) -> Projection:
    cells = [
        middle.reshape(-1, middle.shape[-1])[::4] for _, middle, _ in _answers(teacher, cache, sample, False, iter)
    ]
    return fit_projection(np.concatenate(cells), teacher.blobs.size)


def _keep_raw(
    teacher: Teacher,
    cache: PhotoCache,
    rows: np.ndarray,
    side: int,
    project: Projection,
    work: Path,
    progress: Progress,
) -> np.ndarray:
    """Write the projected middle maps and the raw last ones of a side; returns the last ones' averages (n, C)."""
    files: dict[str, np.ndarray] = {}
    averages = []
    for part, middle, last in _answers(teacher, cache, rows, bool(side), progress):
        for name, maps in (("middle", project(middle)), ("raw", last)):
            if name not in files:
                files[name] = _array_file(work / f"{name}_{side}.npy", (len(cache), *maps.shape[1:]))
            files[name][part] = maps
        averages.append(last.mean((1, 2)))
    return np.concatenate(averages)


def _keep_rest(
    cache: PhotoCache, rows: np.ndarray, work: Path, classifier: tuple[np.ndarray, np.ndarray], project: Projection
) -> None:
    """Turn the raw last maps of both sides into scores and projections, and delete them."""
    weights, bias = classifier
    for side in (0, 1):
        raw_path = work / f"raw_{side}.npy"
        raw = np.load(raw_path, mmap_mode="r")
        scores = _array_file(work / f"scores_{side}.npy", (*raw.shape[:3], len(bias)))
        last = _array_file(work / f"last_{side}.npy", (*raw.shape[:3], project.matrix.shape[1]))
        for part in np.array_split(rows, max(len(rows) // 256, 1)):
            maps = raw[part].astype(np.float32)
            scores[part], last[part] = maps @ weights + bias, project(maps)
        del raw
        raw_path.unlink()


def _judge(
    teacher: Teacher,
    cache: PhotoCache,
    rows: np.ndarray,
    labels: np.ndarray,
    classifier: tuple[np.ndarray, np.ndarray],
    progress: Progress,
) -> dict[str, float]:
    """How often the classifier is right on photos ``rows``: of all, and the mean of the classes."""
    weights, bias = classifier
    answers = _answers(teacher, cache, rows, False, progress)
    said = np.concatenate([(last.mean((1, 2)) @ weights + bias).argmax(1) for _, _, last in answers])
    right = said == labels[rows]
    per_class = [right[labels[rows] == label].mean() for label in np.unique(labels[rows])]
    return {"top1": float(right.mean()), "mean_per_class": float(np.mean(per_class))}


def _array_file(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    return np.lib.format.open_memmap(path, "w+", np.float16, shape)

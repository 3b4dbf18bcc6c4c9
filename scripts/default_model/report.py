"""What a trained network is worth: accuracy overall and per class, what it confuses, its first filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Of held-out photos. confusion: (classes, classes) int64, rows the truth, columns what the network said.

    top5: share of all photos whose class is among the five highest scores.
    """

    classes: tuple[str, ...]
    confusion: np.ndarray
    top5: float

    @property
    def photos(self) -> np.ndarray:
        """(classes,) held-out photos of each."""
        return self.confusion.sum(1)

    @property
    def per_class(self) -> np.ndarray:
        """(classes,) share of each class's photos that are named right."""
        return np.diag(self.confusion) / self.photos

    @property
    def top1(self) -> float:
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def mean_per_class(self) -> float:
        return float(self.per_class.mean())


def measure(scores: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> Accuracy:
    """scores: (N, classes), labels: (N,) the truth, with every class in it."""
    count = len(classes)
    said = scores.argmax(1)
    confusion = np.bincount(labels * count + said, minlength=count * count).reshape(count, count)
    best = np.argsort(-scores, axis=1)[:, :5]
    return Accuracy(tuple(classes), confusion, float((best == labels[:, None]).any(1).mean()))


def confused_pairs(accuracy: Accuracy, count: int = 10) -> list[tuple[str, str, int, int, float]]:
    """The pairs of classes most often taken for each other, worst first.

    (a, b, photos of a called b, photos of b called a, the mean of the two shares); a comes first in the alphabet
    of the classes. By share rather than number, so that large classes do not fill the list.
    """
    share = accuracy.confusion / accuracy.photos[:, None]
    both = np.triu((share + share.T) / 2, 1)
    order = np.argsort(-both, axis=None, kind="stable")[:count]
    pairs = [np.unravel_index(flat, both.shape) for flat in order]
    c, n = accuracy.classes, accuracy.confusion
    return [(c[a], c[b], int(n[a, b]), int(n[b, a]), float(both[a, b])) for a, b in pairs if both[a, b] > 0]


def accuracy_page(accuracy: Accuracy, name: str, split_rule: str) -> str:
    """The page ``accuracy.md``."""
    lines = [
        f"# How right {name} is",
        "",
        f"Measured on {accuracy.photos.sum()} photos that it was not trained on (split: {split_rule}), each once, "
        "as the live window shows it: the centre square, no mirroring.",
        "",
        "| | |",
        "|---|---|",
        f"| top-1, mean of the classes | {accuracy.mean_per_class:.1%} |",
        f"| top-1, all photos | {accuracy.top1:.1%} |",
        f"| top-5, all photos | {accuracy.top5:.1%} |",
        "",
        "## The ten most confused pairs",
        "By the mean of the two shares: of the first class called the second, and the reverse.",
        "",
        "| first | second | first called second | second called first | mean share |",
        "|---|---|---|---|---|",
    ]
    for a, b, ab, ba, share in confused_pairs(accuracy):
        lines.append(f"| {a} | {b} | {ab} | {ba} | {share:.1%} |")
    lines += ["", "## Each class", "", "| class | held-out photos | right |", "|---|---|---|"]
    for name_, photos, right in zip(accuracy.classes, accuracy.photos, accuracy.per_class, strict=True):
        lines.append(f"| {name_} | {photos} | {right:.0%} |")
    return "\n".join(lines) + "\n"


def filter_picture(weights: np.ndarray, zoom: int = 6, gap: int = 2) -> np.ndarray:
    """First-layer filters side by side as an (H, W, 3) uint8 RGB picture.

    weights: (C, 3, k, k) for a BGR input. Each filter is scaled by its own largest weight; 0 is middle gray.
    """
    count, _, size, _ = weights.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    step = size * zoom + gap
    picture = np.full((rows * step + gap, columns * step + gap, 3), 255, np.uint8)
    for number, filter_chw in enumerate(weights):
        rgb = filter_chw[::-1].transpose(1, 2, 0)
        rgb = 127.5 + 127.5 * rgb / max(float(np.abs(rgb).max()), 1e-12)
        tile = np.round(rgb).astype(np.uint8).repeat(zoom, 0).repeat(zoom, 1)
        top, left = gap + number // columns * step, gap + number % columns * step
        picture[top : top + size * zoom, left : left + size * zoom] = tile
    return picture

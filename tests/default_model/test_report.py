"""The tables and the picture."""

from __future__ import annotations

import numpy as np
from default_model.report import accuracy_page, confused_pairs, filter_picture, measure

CLASSES = ("a", "b", "c")


def scores_of(said: list[int]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[said]


def test_accuracy_is_counted_by_class() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    accuracy = measure(scores_of([0, 0, 0, 1, 1, 0, 2, 2]), labels, CLASSES)
    assert accuracy.per_class.tolist() == [0.75, 0.5, 1.0]
    assert (accuracy.mean_per_class, accuracy.top1, accuracy.top5) == (0.75, 0.75, 1.0)
    assert accuracy.confusion.tolist() == [[3, 1, 0], [1, 1, 0], [0, 0, 2]]


def test_pairs_are_ordered_by_share_and_hold_both_directions() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    accuracy = measure(scores_of([0, 0, 0, 1, 1, 0, 2, 0]), labels, CLASSES)
    assert confused_pairs(accuracy) == [("a", "b", 1, 1, 0.375), ("a", "c", 0, 1, 0.25)]


def test_the_page_tells_all() -> None:
    page = accuracy_page(measure(scores_of([0, 1, 1]), np.array([0, 1, 2]), CLASSES), "tiny", "every fifth")
    assert "| top-1, mean of the classes | 66.7% |" in page
    assert "| b | c | 0 | 1 | 50.0% |" in page
    assert "| c | 1 | 0% |" in page and "every fifth" in page


def test_filters_are_shown_in_rgb() -> None:
    weights = np.zeros((5, 3, 2, 2), np.float32)
    weights[0, 2] = 1  # BGR: red
    weights[1, 0, 0, 0] = -2
    picture = filter_picture(weights, zoom=1, gap=1)
    assert picture.shape == (2 * 3 + 1, 3 * 3 + 1, 3)
    assert picture[1, 1].tolist() == [255, 128, 128] and picture[1, 4].tolist() == [128, 128, 0]
    assert picture[0, 0].tolist() == [255, 255, 255]

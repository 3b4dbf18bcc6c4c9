"""Sentences on what of a network was not named, or does not fit, when it is opened."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.core.program import program
from deepvis.models import listing
from deepvis.models.card import Card
from deepvis.models.preprocess import Preprocessor
from deepvis.network.graph import Graph
from deepvis.network.ref import Opened


def mean_notes(opened: Opened, preprocessor: Preprocessor) -> tuple[str, ...]:
    if preprocessor.mean is not None or not opened.mean_file:
        return ()
    return (f"the network was trained with the mean {opened.mean_file!r}; give it with --mean",)


def label_notes(card: Card, graph: Graph, classes: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    count = listing.class_count(graph, classes)
    if not labels and card.get("labels"):
        return (f"class names are missing; get them with: {program()} fetch {card.folder.name}",)
    if not labels or count is None or count == len(labels):
        return ()
    return (f"the labels file names {len(labels)} classes, the network has {count}",)

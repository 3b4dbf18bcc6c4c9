"""Sentences on what of a network was not named, or does not fit, when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from deepvis.core.program import program
from deepvis.models import listing
from deepvis.models.card import CARD_NAME, Card
from deepvis.models.preprocess import Preprocessor
from deepvis.network.graph import Graph
from deepvis.network.ref import Opened


def remedy(card: Card, key: str) -> str:
    """What to do about a file that the card's key names and that is not there: fetch it where the card tells how."""
    named = PurePosixPath(str(card.get(key)))
    for file in card.files:
        if any(named.is_relative_to(place) for place in (file.path, *file.extract.values())):
            return f"get it with: {program()} fetch {card.folder.name}{' --all' if file.optional else ''}"
    return f"put it there, or mend {key!r} in {card.folder / CARD_NAME}, none of whose 'files' brings it"


def mean_notes(opened: Opened, preprocessor: Preprocessor) -> tuple[str, ...]:
    if preprocessor.mean is not None or not opened.mean_file:
        return ()
    return (f"the network was trained with the mean {opened.mean_file!r}; give it with --mean",)


def label_notes(card: Card, graph: Graph, classes: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    count = listing.class_count(graph, classes)
    if not labels and card.get("labels"):
        return (f"class names are missing: {card.path('labels')} is not there; {remedy(card, 'labels')}",)
    if not labels or count is None or count == len(labels):
        return ()
    return (f"the labels file names {len(labels)} classes, the network has {count}",)

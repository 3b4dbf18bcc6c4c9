"""The numbers of what is selected as a file: arrays by name in an npz, or a table as csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from deepvis.core.saving import NumbersOf
from deepvis.window.ui.scene import Scene

VERSION = 1


def problem_of(scene: Scene, of: NumbersOf) -> str:
    """Why there are no such numbers, in a sentence; "" where there are."""
    state, snapshot = scene.state, scene.snapshot
    if snapshot is None:
        return "there are no numbers yet: the network has not seen a picture"
    if of is NumbersOf.CLASSES:
        has_classes = bool(state.info.prob_layer) and state.info.prob_layer in snapshot.activations
        return "" if has_classes else f"{state.info.name} has no layer of class probabilities"
    if state.layer.missing or snapshot.activations.get(state.layer.name) is None:
        return f"there are no numbers to save: {state.layer.missing_words or f'{state.layer.name} has none yet'}"
    return ""


def arrays_of(scene: Scene, of: NumbersOf) -> dict[str, np.ndarray]:
    """The arrays by their names (docs/keep.md); ``problem_of`` says "".

    activations, diffs (C, H, W) float32 of the layer, or (H, W) of the unit; unit () int; classes (N,) float32, labels
    (N,) str; projection (C, H, W) float32 and input (H, W, 3) uint8, what the network saw.
    """
    snapshot, state = scene.snapshot, scene.state
    found: dict[str, np.ndarray] = {}
    if snapshot is None:
        return found
    if of is not NumbersOf.CLASSES:
        for name, maps in (("activations", snapshot.activations), ("diffs", snapshot.diffs)):
            values = maps.get(state.layer.name)
            if values is not None:
                found[name] = values if of is NumbersOf.LAYER else values[min(state.unit.channel, len(values) - 1)]
        found["unit"] = np.array(state.unit.channel)
    probabilities = snapshot.activations.get(state.info.prob_layer) if state.info.prob_layer else None
    if probabilities is not None:
        found["classes"] = probabilities.reshape(len(probabilities), -1).max(axis=1)
        found["labels"] = np.array(state.info.labels[: len(probabilities)], dtype=str)
    if of is not NumbersOf.CLASSES and snapshot.input_diff is not None:
        found["projection"] = snapshot.input_diff
    if snapshot.input_rgb is not None:
        found["input"] = snapshot.input_rgb
    return found


def write_npz(file: BinaryIO, arrays: Mapping[str, np.ndarray], facts: Mapping[str, str]) -> None:
    """All arrays, ``version``, and ``facts`` as a text of JSON. Without pickle."""
    text = np.array(json.dumps(facts, ensure_ascii=False))
    named: dict[str, Any] = {"version": np.array(VERSION), "facts": text, **arrays}
    np.savez_compressed(file, **named)


def write_csv(file: BinaryIO, of: NumbersOf, arrays: Mapping[str, np.ndarray], facts: Mapping[str, str]) -> None:
    """A line for each value; the facts stand above as lines that begin with #."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    text.writelines(f"# {name}: {' '.join(words.split())}\r\n" for name, words in facts.items())
    writer = csv.writer(text)
    for lines in _classes(arrays) if of is NumbersOf.CLASSES else _values(arrays):
        writer.writerows(lines)
    text.detach()


def _classes(arrays: Mapping[str, np.ndarray]) -> Iterator[list[tuple[object, ...]]]:
    """Best first."""
    values, labels = arrays["classes"], arrays["labels"]
    yield [("rank", "class", "label", "probability")]
    order = np.argsort(-values, kind="stable").tolist()
    names = [str(labels[i]) if i < len(labels) else "" for i in order]
    yield [(rank, i, name, float(values[i])) for rank, (i, name) in enumerate(zip(order, names, strict=True), 1)]


def _values(arrays: Mapping[str, np.ndarray]) -> Iterator[list[tuple[object, ...]]]:
    """Unit by unit, row by row."""
    maps = [arrays[name] for name in ("activations", "diffs") if name in arrays]
    first = int(arrays["unit"]) if maps[0].ndim == 2 else 0
    maps = [each.reshape(-1, *each.shape[-2:]) for each in maps]
    yield [("unit", "row", "col", *("activation", "diff")[: len(maps)])]
    rows, cols = np.indices(maps[0].shape[1:]).reshape(2, -1).tolist()
    for channel in range(len(maps[0])):
        columns = [[first + channel] * len(rows), rows, cols, *(each[channel].ravel().tolist() for each in maps)]
        yield list(zip(*columns, strict=True))

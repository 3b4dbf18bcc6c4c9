"""Several passes that look like one: for networks into which the number of pictures of a pass is written.

A network that takes one picture at a time is given four: they go through one after another, and what comes of it is
joined. Whoever runs a ``Net`` need not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepvis.network.blobs import made_once
from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError
from deepvis.network.tape import Tape

Inputs = Mapping[str, "np.ndarray | Tensor"]


def count_of(graph: Graph, inputs: Inputs) -> int:
    """How many pictures these inputs are, by those that are declared with a batch."""
    return max((len(inputs[name]) for name in inputs if _has_batch(graph, name, inputs[name])), default=1)


def cut(graph: Graph, inputs: Inputs) -> list[tuple[Inputs, int]]:
    """The inputs of each pass, and how many of its pictures are real: the last one of a pass is repeated to fill it."""
    count, size = count_of(graph, inputs), graph.batch or 1
    passes: list[tuple[Inputs, int]] = []
    for begin in range(0, count, size):
        real = min(size, count - begin)
        passes.append(({name: _rows(graph, name, x, begin, real, size) for name, x in inputs.items()}, real))
    return passes


def _has_batch(graph: Graph, name: str, value: Any) -> bool:
    shape = graph.inputs.get(name, ())
    return np.ndim(value) == len(shape) > 0 and shape[0] == 1


def _rows(graph: Graph, name: str, value: Any, begin: int, real: int, size: int) -> Any:
    if not _has_batch(graph, name, value):
        return value
    x = torch.as_tensor(value)
    rows = x if len(x) == 1 else x[begin : begin + real]
    return torch.cat([rows, rows[-1:].expand(size - len(rows), *rows.shape[1:])]) if len(rows) < size else rows


class JoinedTape(Tape):
    """The tapes of several passes as one: blobs are joined along the batch, walks back are done pass by pass.

    tapes: each with the number of its pictures that are real. size: pictures of a pass.
    """

    def __init__(self, graph: Graph, tapes: Sequence[tuple[Tape, int]], size: int) -> None:
        self.graph, self._tapes, self._size = graph, tapes, size
        self._reals = [real for _, real in tapes]
        self._joined = _joined_blobs([tape.blobs for tape, _ in tapes], self._reals, size)

    @property
    def first(self) -> Tape:
        """The first of the passes."""
        return self._tapes[0][0]

    def changed(self, graph: Graph, change: Callable[[Tape], Tape]) -> JoinedTape:
        """The same of other passes of the same pictures."""
        return JoinedTape(graph, [(change(tape), real) for tape, real in self._tapes], self._size)

    @property
    def blobs(self) -> Mapping[str, Tensor]:
        return self._joined

    def backward_from(
        self, seeds: Mapping[str, Tensor | np.ndarray], mode: str = "gradient", *, to: str | None = None
    ) -> Mapping[str, Tensor]:
        return self._back(seeds, lambda tape, own: tape.backward_from(own, mode, to=to))

    def gradients(self, blob: str, seed: Tensor | np.ndarray, **how: Any) -> Mapping[str, Tensor]:
        return self._back({blob: torch.as_tensor(seed)}, lambda tape, own: tape.gradients(blob, own[blob], **how))

    def _back(
        self, seeds: Mapping[str, Tensor | np.ndarray], walk: Callable[[Tape, dict[str, Tensor]], Mapping[str, Tensor]]
    ) -> Mapping[str, Tensor]:
        given = {blob: self._seed(blob, seed) for blob, seed in seeds.items()}
        begins = dict.fromkeys(given, 0)
        diffs = []
        for tape, real in self._tapes:
            own = {}
            for blob, seed in given.items():
                value = tape.blobs[blob]
                rows = _real_rows(value, real, self._size)
                own[blob] = torch.zeros_like(value)
                mine = seed[begins[blob] : begins[blob] + rows]
                own[blob][(slice(rows),) if value.dim() else ()] = mine if value.dim() else mine[0]
                begins[blob] += rows
            diffs.append(walk(tape, own))
        return _joined_blobs(diffs, self._reals, self._size)


def _joined_blobs(passes: Sequence[Mapping[str, Tensor]], reals: Sequence[int], size: int) -> Mapping[str, Tensor]:
    """Blobs of several passes by name, those that all of them have, joined when first read."""
    names = dict.fromkeys(name for name in passes[0] if all(name in blobs for blobs in passes))
    return made_once(names, lambda name: joined([blobs[name] for blobs in passes], reals, size))


def joined(values: Sequence[Tensor], reals: Sequence[int], size: int) -> Tensor:
    """One value of several passes, without the rows of pictures that only fill a pass. Raises ModelError."""
    rows = [
        value[: _real_rows(value, real, size)] if value.dim() else value[None]
        for value, real in zip(values, reals, strict=True)
    ]
    if len({tuple(each.shape[1:]) for each in rows}) > 1:
        found = " and ".join(sorted({"x".join(map(str, each.shape[1:])) for each in rows}))
        raise ModelError(f"a layer gives maps of other sizes for other pictures: found {found}, expected one size")
    return rows[0] if len(rows) == 1 else torch.cat(rows)


def _real_rows(value: Tensor, real: int, size: int) -> int:
    """How many of a value's rows are of real pictures; all, where rows are not those of pictures."""
    if not value.dim():
        return 1
    return len(value) * real // size if len(value) % size == 0 else len(value)

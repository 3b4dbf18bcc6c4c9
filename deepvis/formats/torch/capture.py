"""A module as a graph, by the best way that there is.

torch.export for any number of pictures; else for so many at a time; where it refuses, as for a path that depends on
what is in the picture, forward hooks. What is not to be had then is said in a note.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from torch import nn

from deepvis.formats.torch.eager import eager_outputs, inputs_of
from deepvis.formats.torch.export import NOTHING, Others, Shape, baked_batch, capturing, example, exported
from deepvis.formats.torch.flat_graph import graph_of_program
from deepvis.formats.torch.hooked import hooked_graph
from deepvis.formats.torch.self_test import captured_against_eager
from deepvis.network.graph import Graph
from deepvis.network.mixing import unmixed
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)
PICTURES_NOTE = "the module takes {} at a time: more go through one after another"
BATCHES = (1, 4, 8, 16, 32, 64)  # tried one after another where a module does not take any number of pictures


def captured(
    title: str, module: nn.Module, shape: Shape, others: Others = NOTHING, picture: str = "", notes: Sequence[str] = ()
) -> Graph:
    """The module in evaluation mode as a graph that can be run, for pictures (N, *shape). Raises ModelError.

    title: how errors name it. others, picture: see ``export.example``. notes: sentences that the graph has besides its
    own. Where the module takes so many pictures at a time alone, ``Graph.batch`` says so.
    """
    module.eval()
    try:
        graph = _by_export(title, module, shape, others, picture, None, notes)
        if graph.batch is not None or _agrees(graph, module, others, picture):
            return with_own_numbers(graph, others, picture)
        log.info("%s does something else for one picture than for several: one at a time goes through", title)
        return _by_export(title, module, shape, others, picture, 1, notes)
    except ModelError as refused:
        batch = _batch_that_runs(module, shape, others, picture)
        if batch is None:
            raise
        try:
            return with_own_numbers(_by_export(title, module, shape, others, picture, batch, notes), others, picture)
        except ModelError:
            if batch != 1:
                raise refused from None
        log.info("%s", refused)
        try:
            return hooked_graph(title, module, shape, others, picture, (*notes, f"{refused}"))
        except ModelError:
            raise refused from None


def with_own_numbers(graph: Graph, others: Others = NOTHING, picture: str = "") -> Graph:
    """The graph, for one picture at a time where it must be (``network/mixing.py``)."""
    with capturing():
        inputs = inputs_of(graph, graph.batch or 2, others, picture)
        return unmixed(graph, picture or next(iter(graph.inputs)), inputs)


def _by_export(
    title: str, module: nn.Module, shape: Shape, others: Others, picture: str, batch: int | None, notes: Sequence[str]
) -> Graph:
    program = exported(title, module, shape, others, picture, batch)
    return graph_of_program(title, program, module, [*notes, *pictures_notes(baked_batch(program))])


def pictures_notes(batch: int | None) -> list[str]:
    """A note where so many pictures at a time alone go through."""
    return [] if batch is None else [PICTURES_NOTE.format("one picture" if batch == 1 else f"{batch} pictures")]


def _agrees(graph: Graph, module: nn.Module, others: Others, picture: str) -> bool:
    """One picture gives what the module itself gives for one, unless that is no matter of the batch."""
    own = captured_against_eager(graph, module, others, picture, 1)
    return own.is_same or not captured_against_eager(graph, module, others, picture, 2).is_same


def _batch_that_runs(module: nn.Module, shape: Shape, others: Others, picture: str) -> int | None:
    """The least number of pictures that the module itself takes; None: none that is tried."""
    for batch in BATCHES:
        with capturing():
            try:
                eager_outputs(module, example(batch, shape, others, picture))
            except Exception:  # the module's own code, of which the export's error has said why
                continue
        return batch
    return None

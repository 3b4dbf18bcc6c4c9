"""A module captured by torch.export, for any number of pictures of one size."""

from __future__ import annotations

import io
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import torch
from torch import nn
from torch.export import Dim, ExportedProgram

from deepvis.formats.torch.attention import IN_PARTS
from deepvis.formats.torch.call import is_open
from deepvis.formats.torch.refusal import refusal
from deepvis.network.errors import ModelError

log = logging.getLogger(__name__)
Shape = tuple[int, int, int]


def exported(title: str, module: nn.Module, shape: Shape) -> ExportedProgram:
    """The module's forward pass on pictures (N, *shape), without operators in place. Raises ModelError.

    title: how errors name the module. Where it does not go through for any number of pictures, it is captured for one
    at a time. Source: torch.export with Dim.AUTO, and a table of decompositions that holds fused attention alone.
    """
    began = time.perf_counter()
    with (
        warnings.catch_warnings(),
        torch.no_grad(),
        plain_attention(),
        quiet(),
    ):  # no_grad: the module's own then leaves no trace
        warnings.simplefilter("ignore")
        try:
            program = _capture(module, 2, shape, batch=Dim.AUTO)
            if is_for_one_batch(program):
                program = _capture(module, 1, shape, batch=None)
        except Exception as error:  # the module's own code, and torch's many complaints about it
            raise ModelError(refusal(title, shape, error)) from error
    log.info("%s was exported in %.1f s", title, time.perf_counter() - began)
    return program


@contextmanager
def quiet() -> Iterator[None]:
    """Without torch's own words on what it cannot capture: tracebacks and code, before our sentence; with -v they stay.

    Torch's loggers have handlers of their own; some of what it says goes to standard error directly.
    """
    if log.isEnabledFor(logging.DEBUG):
        yield
        return
    loggers = [each for name, each in list(logging.root.manager.loggerDict.items()) if name.split(".")[0] == "torch"]
    handlers = {handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers}
    for handler in handlers:
        handler.addFilter(_nothing)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        for handler in handlers:
            handler.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return False


@contextmanager
def plain_attention() -> Iterator[None]:
    """torch.nn's attention as its parts, not as one operator for all of it, which has no gradient."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def is_for_one_batch(program: ExportedProgram) -> bool:
    """True where the batch of the example is baked in."""
    first = program.graph_signature.user_inputs[0]
    value = next(node.meta["val"] for node in program.graph.nodes if node.name == first)
    return not is_open(value.shape[0])


def _capture(module: nn.Module, pictures: int, shape: Shape, batch: object) -> ExportedProgram:
    example = torch.rand(pictures, *shape, generator=torch.Generator().manual_seed(0))
    dynamic = None if batch is None else ({0: batch},)
    return torch.export.export(module, (example,), dynamic_shapes=dynamic).run_decompositions(dict(IN_PARTS))

"""A module captured by torch.export, for any number of pictures of one size."""

from __future__ import annotations

import inspect
import io
import logging
import re
import sysconfig
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from deepvis.formats.torch.attention import IN_PARTS
from deepvis.formats.torch.call import is_open
from deepvis.formats.torch.wrapped import scripted_parts
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)
Shape = tuple[int, int, int]
Others = Mapping[str, Tensor]
NOTHING: Others = MappingProxyType({})


def exported(
    title: str, module: nn.Module, shape: Shape, others: Others = NOTHING, picture: str = "", batch: int | None = None
) -> ExportedProgram:
    """The module's forward pass on pictures (N, *shape), without operators in place. Raises ModelError.

    title: how errors name the module. others, picture: see ``example``. batch: capture it for so many pictures; None:
    for any number, or where that does not go through, for one at a time. Source: torch.export with Dim.AUTO, and a
    table of decompositions that holds fused attention alone.
    """
    began = time.perf_counter()
    if scripted := scripted_parts(module):
        names = ", ".join(map(repr, scripted))
        raise ModelError(
            f"{title}: found {names} in TorchScript, into which torch.export does not look, expected Python; "
            "give what it was made from"
        )
    with capturing():
        try:
            program = _capture(module, example(batch or 2, shape, others, picture), is_open=batch is None)
            if batch is None and baked_batch(program) is not None:
                program = _capture(module, example(1, shape, others, picture), is_open=False)
        except Exception as error:  # the module's own code, and torch's many complaints about it
            raise ModelError(refusal(title, shape, error)) from error
    log.info("%s was exported in %.1f s", title, time.perf_counter() - began)
    return program


def example(
    pictures: int, shape: Sequence[int], others: Others = NOTHING, picture: str = ""
) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
    """Positional and named arguments of a forward pass: pictures drawn at random, from 0 to 1.

    picture: the name of the parameter that takes the picture; "": it is the first. others: parameter -> the value for
    one picture, batch first, which is repeated for several.
    """
    drawn = torch.rand(pictures, *shape, generator=torch.Generator().manual_seed(0))
    named = {name: repeated(value, pictures) for name, value in others.items()}
    return ((), {picture: drawn, **named}) if picture else ((drawn,), named)


def repeated(value: Tensor, pictures: int) -> Tensor:
    """A value for one picture, batch first, for several; one without a batch as it is."""
    return value.repeat_interleave(pictures, 0) if value.dim() and len(value) == 1 else value


@contextmanager
def capturing() -> Iterator[None]:
    """What captures of a module run in: without gradients, so that the module's own modes leave no trace, and quiet."""
    with warnings.catch_warnings(), torch.no_grad(), plain_attention(), quiet():
        warnings.simplefilter("ignore")
        yield


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


def baked_batch(program: ExportedProgram) -> int | None:
    """How many pictures it was captured for; None: any number."""
    first = program.graph_signature.user_inputs[0]
    value = next(node.meta["val"] for node in program.graph.nodes if node.name == first)
    return None if is_open(value.shape[0]) else int(value.shape[0])


def _capture(
    module: nn.Module, arguments: tuple[tuple[Tensor, ...], dict[str, Tensor]], *, is_open: bool
) -> ExportedProgram:
    """is_open: for any number of pictures."""
    positional, named = arguments

    def dims(value: Tensor) -> dict[int, Any] | None:
        return {0: Dim.AUTO} if value.dim() else None

    dynamic = None
    if is_open:  # torch wants them in the shape of the arguments
        dynamic = (*map(dims, positional),) if not named else _by_parameter(module, arguments, dims)
    return torch.export.export(module, positional, named, dynamic_shapes=dynamic).run_decompositions(dict(IN_PARTS))


def _by_parameter(
    module: nn.Module,
    arguments: tuple[tuple[Tensor, ...], dict[str, Tensor]],
    dims: Callable[[Tensor], dict[int, Any] | None],
) -> dict[str, Any]:
    """Parameter of the forward pass -> what ``dims`` says of its argument."""
    bound = inspect.signature(module.forward).bind(*arguments[0], **arguments[1]).arguments
    return {
        name: {key: dims(each) for key, each in value.items()} if isinstance(value, dict) else dims(value)
        for name, value in bound.items()
    }


_PACKAGE = Path(__file__).resolve().parents[2]
_LIBRARIES = (Path(torch.__file__).resolve().parent, _PACKAGE, Path(sysconfig.get_paths()["stdlib"]).resolve())
_OWN_FAULTS = (AttributeError, NameError, LookupError, TypeError)  # wherever they come up, it is the module's code
_OF_SHAPES = re.compile(
    r"\b(shapes?|sizes?|dims?|dimensions?|channels?|heights?|widths?|resolutions?)\b", re.IGNORECASE
)


def refusal(title: str, shape: Sequence[int], error: Exception) -> str:
    """title: of the module. shape: of its pictures. error: what the export ended with."""
    message = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    found = f"{type(error).__name__}: {message[:300]}".rstrip(". :")
    lines = traceback.extract_tb(error.__traceback__)
    own = [line for line in lines if _is_own(line)]
    where = f" at line {own[-1].lineno} of {Path(own[-1].filename).name} ({own[-1].line})" if own else ""
    head = f"{title}: torch.export could not capture its forward pass on pictures of {'x'.join(map(str, shape))}{where}"
    if "DataDependent" in type(error).__name__:
        return (
            f"{head}: found a choice that depends on what is in the picture, expected the same operators for every "
            "picture; leave that part out, or write it with torch.where"
        )
    if not own:
        return f"{head}: found {found}, expected a module that takes one batch of pictures"
    if _OF_SHAPES.search(message) and not isinstance(error, (AttributeError, NameError)):
        return (
            f"{head}: found {found}, expected sizes that fit; give another --input-size, or put that right in the file"
        )
    if own[-1] is lines[-1] or isinstance(error, _OWN_FAULTS):
        return f"{head}: found {found}, expected a forward pass without errors; put that right in the file"
    return (
        f"{head}: found {found}, expected what torch.export can capture; wrap what is to be looked at in a module of "
        "its own"
    )


def _is_own(line: traceback.FrameSummary) -> bool:
    """A line of the user's file or of a package that it uses: neither torch's, nor Python's, nor this project's."""
    file = Path(line.filename).resolve()
    is_installed = "site-packages" in file.parts  # below the standard library, where there is no virtual environment
    library = next((folder for folder in _LIBRARIES if folder in file.parents), None)
    return file.is_file() and (library is None or (is_installed and library is _LIBRARIES[2]))

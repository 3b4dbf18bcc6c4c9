"""Reads .pt2, the archive of torch.export.save: nothing in it is run unless the file is trusted."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor
from torch.export import ExportedProgram

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.regular_file import instead_of_file, open_regular
from deepvis.core.zip_files import checked_zip
from deepvis.formats.torch.archive import dangers
from deepvis.formats.torch.call import is_open
from deepvis.formats.torch.export import plain_attention, quiet
from deepvis.formats.torch.user_module import words_of
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)
SAVE = "torch.export.save(torch.export.export(module, (pictures,), dynamic_shapes=({0: Dim.AUTO},)), FILE)"


def read_pt2(file: Path, *, trust_file: bool = False) -> ExportedProgram:
    """The program of an archive, without operators in place. Raises ModelError.

    trust_file: run what the archive brings along. Otherwise one that holds more than tensors, plain values and sizes
    is refused before torch loads it, and torch reads pickles with weights_only.
    """
    if not file.is_file():
        raise ModelError(f"{file}: found {instead_of_file(file)}, expected an archive of torch.export.save")
    if trust_file:
        log.warning("%s is trusted: what it brings along to be run is run", file)
    elif found := _danger(file):
        raise ModelError(
            f"{file}: found {found}: reading it may run code; give --trust-file if you trust whoever made it, or save "
            f"it anew without: {SAVE}"
        )
    try:
        with warnings.catch_warnings(), quiet(), plain_attention(), _weights_only(not trust_file):
            warnings.simplefilter("ignore")
            program = torch.export.load(file).run_decompositions({})
    except Exception as error:  # torch's many complaints
        raise ModelError(f"{file}: torch cannot read it ({words_of(error)}); save it anew with: {SAVE}") from error
    _check(file, program)
    return program


def _danger(file: Path) -> str:
    try:
        with open_regular(file) as content, checked_zip(content) as archive:
            return next(dangers(archive), "")
    except (OSError, *CONTENT_ERRORS) as error:
        raise ModelError(f"{file}: is no .pt2 archive ({words_of(error)}), expected one that {SAVE} writes") from error


@contextmanager
def _weights_only(wanted: bool) -> Iterator[None]:
    """torch.load reads tensors alone, even where torch itself asks for more."""
    name = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(name)
    if wanted:
        os.environ[name] = "1"
    try:
        yield
    finally:
        if wanted:
            os.environ.pop(name) if before is None else os.environ.update({name: before})


def _check(file: Path, program: ExportedProgram) -> None:
    """Raise ModelError for inputs that are no tensors, and for pictures of any size or of a fixed number above one."""
    shapes = [value.shape for value in input_values(program).values()]
    pictures = [shape for shape in shapes if len(shape) == 4]
    if not pictures:
        found = ", ".join(str(tuple(map(str, shape))) for shape in shapes) or "none"
        raise ModelError(f"{file}: found the inputs {found}, expected one that takes pictures (N, C, H, W)")
    for shape in pictures:
        if any(is_open(size) for size in shape[1:]):
            raise ModelError(
                f"{file}: found pictures of any size, expected one fixed size; export it with Dim.AUTO for 0 alone"
            )
        if not is_open(shape[0]) and int(shape[0]) != 1:
            raise ModelError(
                f"{file}: found a program for {int(shape[0])} pictures at a time, expected any number, or one; save it "
                f"anew with: {SAVE}"
            )


def input_values(program: ExportedProgram) -> dict[str, Tensor]:
    """Input's name -> what is known of its values: shape and type."""
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    found = {name: nodes[name].meta.get("val") for name in program.graph_signature.user_inputs if name in nodes}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}

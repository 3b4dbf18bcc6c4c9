"""Why torch.export could not capture a module, in one sentence that names the line of the user's own file."""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path

import torch

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

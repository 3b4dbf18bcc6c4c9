"""Files that are either complete or not there: written beside, then renamed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_beside(target: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write to that takes the name ``target`` once the block has ended well.

    Missing folders are made. Where the block raises, nothing is left behind and what was there before stays.
    An OSError names ``target``, never the file beside it; that of a write, which has no name (a full disk), too.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with open(part, "wb") as file:
            yield file
        os.replace(part, target)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(part)):
            error.filename, error.filename2 = str(target), None
        raise
    finally:
        part.unlink(missing_ok=True)

"""An npz file of this program, read without pickle: what is wrong with it becomes one sentence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from deepvis.core.array_files import arrays_of
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.user_error import UserError

Refusal = Callable[[str], UserError]  # what is raised, from why the file is not what it should be


@contextmanager
def npz_of(path: Path, names: Sequence[str], version: int, refusal: Refusal) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays of a file, ``version`` and ``names`` among them.

    Raises what ``refusal`` gives where the file is not there or holds something else, also while its arrays are used.
    """
    try:
        with arrays_of(path) as found:
            for name in ("version", *names):
                if name not in found:
                    raise refusal(f"it has no {name}")
            if (there := int(found["version"])) != version:
                raise refusal(f"its version is {there}, expected {version}")
            yield found
    except UserError:
        raise
    except FileNotFoundError:
        raise refusal("there is no such file") from None
    except OSError as error:
        raise refusal(f"it cannot be read: {error.strerror or error}") from None
    except zipfile.BadZipFile as error:
        raise refusal(reason(error)) from None
    except CONTENT_ERRORS as error:
        raise refusal(f"it is broken, or its values are of another kind: {reason(error)}") from None

"""The inputs of a module that take no picture: values from files, else zeros of a shape that the module takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from deepvis.core.array_files import read_array
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.network.model_error import ModelError

MOST_WIDTHS = 8  # that the module's own layers suggest for an input


@dataclass(frozen=True, eq=False)
class Other:
    """What an input that takes no picture is given: the values of a file, or zeros.

    shape: of the zeros, the batch apart; None: a single number. with_batch: the values are repeated for every picture.
    dtype: of the zeros; None: that of the pictures.
    """

    name: str
    shape: tuple[int, ...] | None = ()
    values: Tensor | None = None
    with_batch: bool = True
    dtype: torch.dtype | None = None

    def given(self, pictures: Tensor) -> Tensor:
        """For a batch of pictures."""
        if self.values is None:
            shape = () if self.shape is None else (pictures.shape[0], *self.shape)
            return pictures.new_zeros(shape, dtype=self.dtype)
        if not self.with_batch:
            return self.values
        row = self.values if self.values.dim() and self.values.shape[0] == 1 else self.values[None]
        return row.expand(pictures.shape[0], *row.shape[1:])

    @property
    def note(self) -> str:
        if self.values is not None:
            return ""
        size = (
            "a single 0"
            if self.shape is None
            else f"zeros of N x {' x '.join(map(str, self.shape))}".removesuffix(" x ")
        )
        return f"the input {self.name!r} is given {size}; give other values with --input {self.name}=FILE.npy"


def others_of(
    name: str,
    given: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[int, ...]],
    picture: tuple[int, int, int],
    suggested: Sequence[Other] = (),
) -> list[Other]:
    """What an input that takes no picture may be given, the likeliest first.

    suggested: in place of the usual zeros, see ``suggested_by``.
    """
    if name in given:
        values = given[name]
        whole = Other(name, values=values, with_batch=False)
        return [Other(name, values=values), Other(name, values=values[None]), whole]
    if name in shapes:
        return [Other(name, shapes[name])]
    if suggested:
        return [replace(each, name=name) for each in suggested]
    channels, height, width = picture
    return [Other(name, shape) for shape in ((channels, height, width), (1, height, width), (1,), (), None)]


def suggested_by(module: nn.Module) -> list[Other]:
    """Zeros as wide as the module's layers take them, where the usual ones do not fit: the name is left open."""
    parts = list(module.modules())
    widths = [part.in_features for part in parts if isinstance(part, nn.Linear)]
    widths += [part.input_size for part in parts if isinstance(part, nn.RNNBase)]
    channels = [part.in_channels for part in parts if isinstance(part, nn.modules.conv._ConvNd)]
    vectors = [(width,) for width in [*dict.fromkeys([*widths, *channels])][:MOST_WIDTHS]]
    numbers = [Other("", shape, dtype=torch.int64) for shape in ((), (1,), (8,))]
    has_indices = any(isinstance(part, (nn.Embedding, nn.EmbeddingBag)) for part in parts)
    rows = [Other("", (8, *shape)) for shape in vectors]
    return [*(numbers if has_indices else []), *(Other("", shape) for shape in vectors), *rows, *numbers]


def values_of(inputs: Sequence[str]) -> dict[str, Tensor]:
    """Name -> values of each ``name=FILE.npy``. Raises ModelError."""
    found = dict(_read(each) for each in inputs)
    return {name: values.float() if values.is_floating_point() else values for name, values in found.items()}


def _read(option: str) -> tuple[str, Tensor]:
    name, _, file = option.partition("=")
    if not name or not file:
        raise ModelError(f"--input {option!r}: expected NAME=FILE.npy, the input's name and its values")
    try:
        values = read_array(file)
        if np.issubdtype(values.dtype, np.inexact) and np.isnan(values).any():
            raise ModelError(f"{file}: found NaN among the values of the input {name!r}, expected numbers")
        return name, torch.from_numpy(np.array(values))
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}), expected values of {name!r}") from None
    except CONTENT_ERRORS as error:
        raise ModelError(f"{file}: is no numpy array ({reason(error)}), expected values of {name!r}") from None

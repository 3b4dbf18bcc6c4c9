"""Looks at a network's first answers and says when they are not plausible for the scale that was assumed."""

from __future__ import annotations

from deepvis.core.types import Snapshot
from deepvis.models.model import Model
from deepvis.models.plausible import is_all_or_nothing, scale_warning

MOST_PHOTOS = 50  # that are looked at; a network that was plausible so long is


class ScaleDoubt:
    """Called with each snapshot; gives the warning with the first picture that is answered so, "" until then."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._last_frame: int | None = None
        self._left = MOST_PHOTOS if _is_doubtful(model) else 0

    def __call__(self, snapshot: Snapshot) -> str:
        frame, values = snapshot.request.frame.id, snapshot.activations
        if not self._left or frame == self._last_frame or self._model.prob_layer not in values:
            return ""
        self._left -= 1
        self._last_frame = frame
        if not is_all_or_nothing(values[self._model.prob_layer]):
            return ""
        first = next(layer for layer in self._model.layer_names if layer in values)
        return scale_warning(self._model.input_words, first, values[first])


def _is_doubtful(model: Model) -> bool:
    """Is it fed with 0 to 255 because nobody said otherwise?"""
    return "scale" in model.assumed and model.preprocessor.scale == 255 and bool(model.prob_layer)

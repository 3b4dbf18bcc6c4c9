"""A network that was opened, whose weights may change: what the window needs of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from deepvis.models.model import Model
from deepvis.network.model_error import ModelError

if TYPE_CHECKING:
    import torch

    from deepvis.api.live_module import LiveModule


class RenewableModel:
    """A model and its device; made of a module in memory, it takes up the weights that the module has by now.

    live: that module. labels: named by the user. All methods raise ModelError, one sentence.
    """

    def __init__(
        self, model: Model, device: str, live: LiveModule | None = None, labels: tuple[str, ...] | None = None
    ) -> None:
        self._device, self._live, self._labels = device, live, labels
        self._lock = threading.RLock()
        self._take(self._labelled(model))

    def _take(self, model: Model) -> None:
        """Use the model from now on."""
        self._model = model

    def _labelled(self, model: Model) -> Model:
        return model if self._labels is None else replace(model, labels=self._labels)

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def model(self) -> Model:
        """The opened network as the other rooms of this package take it."""
        return self._model

    @property
    def device(self) -> str:
        return self._device

    def take_weights(self, *, may_capture: bool = True) -> Model:
        """The model with the module's weights of now, copied in this thread; it is this network's from now on."""
        with self._lock:
            self._take(self._labelled(self._live_module.renewed(self._model, may_capture=may_capture)))
            return self._model

    def has_new_weights(self) -> bool:
        """Has the module other weights than those that were taken up last?"""
        with self._lock:
            return self._live_module.differs(self._model)

    def check_is_live(self) -> torch.nn.Module:
        """The module in memory. Raises ModelError where the network was opened from files."""
        return self._live_module.module

    @property
    def _live_module(self) -> LiveModule:
        if self._live is None:
            raise ModelError(f"{self.name} was opened from its files, and has no module in memory whose weights change")
        return self._live

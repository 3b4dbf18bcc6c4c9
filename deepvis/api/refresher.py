"""Takes the weights of a module that trains up every so many seconds, between two steps of its optimizer."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from deepvis.api.renewable import RenewableModel
from deepvis.api.window_thread import RunningWindow
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)
TRIES, TRY_SECONDS = 40, 0.005  # to meet a moment at which all weights have had equally many changes


class Refresher:
    """Refreshes a window until it is closed.

    Where torch.optim makes the steps, the copy is taken in the thread that trains, right after a step. Weights that
    change otherwise are looked at by a thread of its own: it takes a copy during which none has changed, at a moment
    at which all have been changed equally often, if it meets one.
    """

    def __init__(self, network: RenewableModel, window: RunningWindow, seconds: float) -> None:
        self._network, self._window, self._seconds = network, window, seconds
        self._module: nn.Module = network.check_is_live()
        self._over = threading.Event()
        self._copied_at = self._stepped_at = time.monotonic()
        self._counts = _counts(self._module)
        self._last_warning = ""
        self._hook = register_optimizer_step_post_hook(self._stepped)
        self._thread = threading.Thread(target=self._look, name="new weights", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more copies; a second call does nothing."""
        self._over.set()
        self._hook.remove()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _stepped(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """In the thread that trains, after each step of any optimizer."""
        mine = {id(parameter) for parameter in self._module.parameters()}
        if not any(id(each) in mine for group in optimizer.param_groups for each in group["params"]):
            return
        self._stepped_at = now = time.monotonic()
        if now - self._copied_at >= self._seconds:
            self._refresh()

    def _look(self) -> None:
        """In the thread of its own."""
        while not (self._over.wait(self._seconds) or self._window.is_over):
            now = time.monotonic()
            is_stepping = now - self._stepped_at < max(2 * self._seconds, 1.0)
            if not is_stepping and self._network.has_new_weights():
                self._meet_a_step()
                self._refresh(may_capture=False)
        self._hook.remove()

    def _meet_a_step(self) -> None:
        for _ in range(TRIES):
            changes = {now - before for now, before in zip(_counts(self._module), self._counts, strict=False)} - {0}
            if len(changes) <= 1:
                return
            time.sleep(TRY_SECONDS)

    def _refresh(self, *, may_capture: bool = True) -> None:
        """What goes wrong is said once, and does not end the training."""
        try:
            renew(self._network, self._window, may_capture=may_capture)
        except ModelError as error:
            if str(error) != self._last_warning:
                self._last_warning = str(error)
                log.warning("%s", error)
        self._copied_at = time.monotonic()
        self._counts = _counts(self._module)


def renew(network: RenewableModel, window: RunningWindow, *, may_capture: bool = True) -> bool:
    """Show the weights that the module has now; False where the window is closed. Raises ModelError."""
    if window.is_over:
        return False
    window.renew(network.take_weights(may_capture=may_capture))
    return True


def _counts(module: nn.Module) -> list[int]:
    """How often each weight was changed in place."""
    return [parameter._version for parameter in module.parameters()]

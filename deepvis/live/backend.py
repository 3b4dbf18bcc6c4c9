"""What a network must do to be shown: the protocol, the table of backends, and how one is opened."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from deepvis.core.attributions import UnitFunction
from deepvis.core.registry import Registry, modules_in
from deepvis.core.types import NetInfo, NetRequest, Snapshot
from deepvis.core.user_error import UserError

if TYPE_CHECKING:
    from deepvis.models.model import Model


class BackendError(UserError):
    """A network that cannot be opened, or a request that it cannot answer. The message is one sentence."""


class Backend(Protocol):
    """A network that answers requests, all in the one thread that opened it.

    info: what the window knows of it before the first pass.
    """

    info: NetInfo

    def run(self, request: NetRequest) -> Snapshot:
        """The answer to ``request``, with an id above those before. Raises BackendError.

        activations cover at least ``request.shown`` and the layer of ``request.back``. Two requests for the same frame
        and fit need only one forward pass. seconds: 0 for the part that was not run.
        """

    def unit_function(self, request: NetRequest) -> UnitFunction:
        """The unit of ``request.attribution`` as a function of the input, at the request's picture.

        To be used before the next ``run``, in the same thread. Raises BackendError.
        """

    def close(self) -> None:
        """Let go of the network; a second call does nothing."""


BACKENDS: Registry[Callable[[Model, str], Backend]] = Registry("backend")


def backend_of(name: str) -> str:
    """The backend that a name means: "auto" is a real Caffe where one is installed, and the engine elsewhere."""
    if name == "auto":
        return "caffe" if importlib.util.find_spec("caffe") else "engine"
    return name


def open_backend(name: str, model: Model, device: str = "cpu") -> Backend:
    """Open ``model`` on the backend ``name``: "engine", "caffe", "fake". May take seconds.

    name: "auto" too; its file in ``live/backends`` is imported now, for torch takes a second. Raises BackendError, and
    KeyError with the names that there are for any other name.
    """
    name = backend_of(name)
    if name in modules_in("live/backends"):
        importlib.import_module(f"deepvis.live.backends.{name}")
    return BACKENDS[name](model, device)

"""Models that the tasks of a process share: each is opened once, and found again by its identity.

A worker of a cluster lives longer than one run, and a network's files may be replaced meanwhile: a file's name does not
say which network a task is about.
"""

from __future__ import annotations

import platform
import threading
from collections import deque

from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.model_error import ModelError
from deepvis.network.ref import NetworkRef

MOST = 2  # models that are kept
DIGITS = 12  # of an identity, in a sentence

_opened: deque[tuple[NetworkRef, Model]] = deque(maxlen=MOST)
_opening = threading.Lock()


def model_now(network: NetworkRef) -> Model:
    """The model as its files are now, kept for the tasks of this process that name its identity. Raises ModelError."""
    with _opening:
        for earlier in [each for each in _opened if each[0] == network]:
            _opened.remove(earlier)
        model = open_model(network)
        _opened.append((network, model))
        return model


def model_of_identity(network: NetworkRef, identity: str) -> Model:
    """The model of that identity, as ``Model.is_named`` has it; opened where this process has not done so yet.

    Raises ModelError, also where the files hold another network by now.
    """
    with _opening:
        for ref, model in _opened:
            if ref == network and model.is_named(identity):
                return model
        model = open_model(network)
        if not model.is_named(identity):
            raise ModelError(
                f"the network {model.name} is {model.identity} on {platform.node()}, expected {identity[:DIGITS]} as "
                "when the run was begun: its files have changed, or are others there; let all workers see the same "
                "files, start a Dask worker again that has imported its code before, and run the same command again"
            )
        _opened.append((network, model))
        return model


def forget_models() -> None:
    """Let go of all of them."""
    with _opening:
        _opened.clear()

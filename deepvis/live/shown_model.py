"""The model that a window shows now, and those before it: the same network with earlier weights."""

from __future__ import annotations

import threading
from pathlib import Path

from deepvis.live.own_folder import identity_if_any, own_folder
from deepvis.models.model import Model

MOST_OLDER = 200  # identities that are remembered
MAY_COME = 5  # of the newest, whose folders may still be made


class ShownModel:
    """Read by the workers' threads, each time they begin something; changed by the window's."""

    def __init__(self, model: Model) -> None:
        self._lock = threading.Lock()
        self._model = model
        self._older: dict[str, Path] = {}  # identity -> folder of the user's own pictures, the oldest first

    @property
    def model(self) -> Model:
        with self._lock:
            return self._model

    def take(self, model: Model) -> None:
        """The network has other weights from now on. Both models' identities are worked out here, if nobody did."""
        before = self.model
        identity, folder = identity_if_any(before), own_folder(before)
        with self._lock:
            self._older.pop(identity, None)
            self._older[identity] = folder
            self._older.pop(identity_if_any(model), None)
            while len(self._older) > MOST_OLDER:
                del self._older[next(iter(self._older))]
            self._model = model

    def older_folders(self) -> dict[str, Path]:
        """Identity -> the user's own folder of the earlier weights, the newest first.

        Of all but the newest only folders that are there: pictures in work may still come.
        """
        with self._lock:
            older = list(reversed(self._older.items()))
        return {word: folder for n, (word, folder) in enumerate(older) if n < MAY_COME or folder.is_dir()}

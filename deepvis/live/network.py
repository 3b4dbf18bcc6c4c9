"""The network worker: opens the backend in its thread; asks in, snapshots out, the newest ask wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deepvis.core.mailbox import Mailbox
from deepvis.core.types import NetAsk, NetInfo, Snapshot
from deepvis.live.backends.base import Backend
from deepvis.live.worker import Worker

Follower = Callable[[Snapshot], object]


class NetworkWorker(Worker[NetAsk]):
    """Puts what the window may know of the network into ``infos``, once, and the newest answer into ``snapshots``.

    open_backend: called in the thread as it starts; if that fails, ``errors`` says why and no ask is answered.
    An ask that fails is named in ``errors``, and the next one is answered. followers: called in this thread with
    each snapshot after the window has it (the running top-9); they should be quick.
    """

    def __init__(self, open_backend: Callable[[], Backend], followers: Sequence[Follower] = ()) -> None:
        super().__init__("network")
        self.infos: Mailbox[NetInfo] = Mailbox()
        self.snapshots: Mailbox[Snapshot] = Mailbox()
        self._open_backend: Callable[[], Backend] | None = open_backend
        self._backend: Backend | None = None
        self._followers = tuple(followers)

    def answer(self, ask: NetAsk | None) -> float | None:
        if self._open_backend is not None:
            open_backend, self._open_backend = self._open_backend, None
            self._backend = open_backend()
            self.infos.put(self._backend.info)
        if ask is not None and self._backend is not None:
            snapshot = self._backend.run(ask)
            self.snapshots.put(snapshot)
            for follower in self._followers:
                follower(snapshot)
            self.recover()
        return None

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()

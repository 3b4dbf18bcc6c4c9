"""The network worker: opens the backend in its thread; requests in, snapshots out, the newest request wins."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deepvis.core.changed_pictures import ChangedPictures
from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Attribution, FieldOf, NetInfo, NetRequest, Snapshot
from deepvis.live.attributing import Attributing
from deepvis.live.backend import Backend, BackendError
from deepvis.live.changing import ChangeRounds
from deepvis.live.comparing import PinnedPasses, with_beside
from deepvis.live.core_share import CoreShare
from deepvis.live.worker import Worker
from deepvis.network.layer_waits import wait_between_layers
from deepvis.network.model_error import ModelError

Follower = Callable[[Snapshot], object]
Doubt = Callable[[Snapshot], str]  # a sentence once the answers so far are not plausible, until then ""


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """What the network has given so far."""

    info: NetInfo
    field_of: FieldOf | None = None  # of its units; None before it is computed, or where it cannot be
    snapshot: Snapshot | None = None  # the newest
    followed: Snapshot | None = None  # the newest that all followers have seen
    warning: str = ""  # why what it gives may mean nothing
    attribution: Attribution | None = None  # the newest step of what was asked last
    pinned: Snapshot | None = None  # of the pinned frame; None while none is
    changed: ChangedPictures | None = None  # the picture and its changes, None while nobody asks


def unchanged(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the activations of the network as it is: what is collected is of that, without what ifs."""
    return snapshot if snapshot.before is None else replace(snapshot, activations=snapshot.before, before=None)


class NetworkWorker(Worker[NetRequest, NetworkOutput]):
    """Describes the network before it is asked for anything, then gives a snapshot for each request.

    open_backend: called in the thread as it starts; if that fails, each answer says why and has no value.
    open_fields: gives the receptive fields, in the thread too. followers: called in this thread with each snapshot
    after the window has it (the running top 9); they should be quick. A second answer says that they have seen it.
    doubt: called likewise, until it has said something. share: counts the passes; others that use the same cores
    ask it. renewals: gives the same network with other weights, called in the thread too; the newest request is then
    answered once more.

    An attribution of one pass is given with its snapshot. One of many is refined while no request waits, and begun anew
    with the next; each picture gets some steps. So are the changes of a picture, at the pace of ``ChangeRounds``.
    """

    def __init__(
        self,
        open_backend: Callable[[], Backend],
        open_fields: Callable[[], FieldOf | None] = lambda: None,
        followers: Sequence[Follower] = (),
        doubt: Doubt = lambda snapshot: "",
        share: CoreShare | None = None,
    ) -> None:
        super().__init__("network")
        self.renewals: Mailbox[Callable[[], Backend]] = Mailbox(wakes=self._wake)
        self._open_backend, self._open_fields = open_backend, open_fields
        self._backend: Backend | None = None
        self._followers = tuple(followers)
        self._doubt = doubt
        self._attributing: Attributing | None = None  # what is still to be refined
        self._pinned = PinnedPasses()
        self._changes = ChangeRounds()
        self.share = share or CoreShare()

    @property
    def info(self) -> NetInfo | None:
        """The network's description, None before it is read."""
        output = self._newest.value
        return None if output is None else output.info

    def answer(self, request: NetRequest | None) -> float | None:
        if self._backend is not None and (renew := self.renewals.take(0)) is not None:
            request = request or self._request
            self._renew(renew)
        output = self._newest.value
        if request is not None and self._backend is not None and output is not None:
            self._attributing = None
            pinned = self._run_pinned(self._backend, request, output.snapshot)
            snapshot = self._run_pass(self._backend, request)
            first = self._first_step(output.attribution)
            output = replace(output, snapshot=snapshot, attribution=first, pinned=pinned)
            self.publish(output)
            as_it_is = unchanged(snapshot)
            for follower in self._followers:
                follower(as_it_is)
            warning = output.warning or self._doubt(as_it_is)
            self.publish(replace(output, followed=snapshot, warning=warning))
        return soonest(self._refine(), self._change())

    def _run_pass(self, backend: Backend, request: NetRequest) -> Snapshot:
        with self.share.passing(counts=True):
            snapshot = with_beside(backend, backend.run(request))
            if request.attribution is not None:
                self._attributing = Attributing(backend, snapshot)
            self._changes.passed(backend, snapshot)
            return snapshot

    def _run_pinned(self, backend: Backend, request: NetRequest, newest: Snapshot | None) -> Snapshot | None:
        """The values of the pinned frame; before the pass, so that the backend's newest one is the live frame's."""
        if request.pin is None:
            return self._pinned.of(backend, request, newest)
        with self.share.passing():
            return self._pinned.of(backend, request, newest)

    def _first_step(self, before: Attribution | None) -> Attribution | None:
        """What there is of the attribution just begun; until there is something, what there was."""
        return None if self._attributing is None else self._attributing.newest or before

    def _refine(self) -> float | None:
        """Take some steps of the attribution that is not complete. Returns the seconds until the next."""
        attributing, output = self._attributing, self._newest.value
        if attributing is None or attributing.is_done or output is None:
            return None
        with self.share.passing():
            attributing.go_on(self.inbox.has_new)
        self.publish(replace(output, attribution=attributing.newest), self._newest.error)
        return None if attributing.is_done else 0.0

    def _change(self) -> float | None:
        """Pass some changes of the picture, if they are asked for. Returns the seconds until the next."""
        output = self._newest.value
        if output is None or not (self._changes.is_on or output.changed):
            return None
        with self.share.passing():
            seconds = self._changes.go_on(self.inbox.has_new)
        if self._changes.newest is not output.changed:
            self.publish(replace(output, changed=self._changes.newest), self._newest.error)
        return seconds

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()

    def _renew(self, renew: Callable[[], Backend]) -> None:
        """Take another backend in the place of the one that is open, which stands where that fails."""
        self._attributing = None
        self._changes = ChangeRounds()
        backend, before = renew(), self._backend
        self._backend = backend
        if before is not None:
            before.close()
        if self._newest.value is not None:
            self._pinned.forget(self._newest.value.snapshot)
            self.publish(replace(self._newest.value, info=backend.info, warning=""))

    def set_up(self) -> None:
        wait_between_layers(self.share.wait_for_key)
        try:
            self._backend = self._open_backend()
        except (BackendError, ModelError) as error:
            self.publish(None, str(error), level=logging.DEBUG)  # the program ends with this sentence
            return
        self.publish(NetworkOutput(self._backend.info))
        self.publish(NetworkOutput(self._backend.info, self._open_fields()))


def soonest(*waits: float | None) -> float | None:
    """The shortest of some waits in seconds; None: nothing is waited for."""
    return min((each for each in waits if each is not None), default=None)

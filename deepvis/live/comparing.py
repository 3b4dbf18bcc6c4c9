"""What is compared with a pass, in the network's thread: the pinned frame's values, other projections beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.types import BackRequest, NetRequest, PassSeconds, Snapshot
from deepvis.live.backend import Backend, BackendError


class PinnedPasses:
    """The values of the pinned frame, kept from request to request.

    They take one pass when a frame is pinned, or when the fit, what is done to units (what if) or the network has
    changed; none where the newest
    snapshot is of that frame already.
    """

    def __init__(self) -> None:
        self._newest: Snapshot | None = None
        self._outdated: Snapshot | None = None  # of a network that is no more

    def of(self, backend: Backend, request: NetRequest, newest: Snapshot | None) -> Snapshot | None:
        """The snapshot of the request's pinned frame, without projections; None where none is pinned.

        newest: the one before. Raises BackendError.
        """
        wanted = None
        if request.pin is not None:
            wanted = NetRequest(request.pin, fit=request.fit, interventions=request.interventions)
        if wanted is None:
            self._newest = None
        elif self._newest is None or not _is_of(self._newest, wanted):
            serves = newest is not None and newest is not self._outdated and _is_of(newest, wanted)
            snapshot = newest if newest is not None and serves else backend.run(wanted)
            self._newest = Snapshot(
                snapshot.id, wanted, snapshot.activations, input_rgb=snapshot.input_rgb, seconds=snapshot.seconds
            )
        return self._newest

    def forget(self, newest: Snapshot | None) -> None:
        """The network is another; newest: the last snapshot of the one before."""
        self._newest, self._outdated = None, newest


def _is_of(snapshot: Snapshot, wanted: NetRequest) -> bool:
    asked = snapshot.request
    return (asked.frame.id, asked.fit, asked.shown, asked.interventions) == (
        wanted.frame.id,
        wanted.fit,
        wanted.shown,
        wanted.interventions,
    )


def with_beside(backend: Backend, snapshot: Snapshot) -> Snapshot:
    """The snapshot with the pictures of ``request.beside``: a way back each, over the forward pass that there is."""
    request = snapshot.request
    if not request.beside:
        return snapshot
    found: dict[BackRequest, np.ndarray | str] = {}
    seconds = 0.0
    for back in request.beside:
        if back == request.back and snapshot.input_diff is not None:
            found[back] = snapshot.input_diff
            continue
        try:
            asked = backend.run(
                NetRequest(request.frame, back, request.fit, request.shown, interventions=request.interventions)
            )
        except BackendError as error:
            found[back] = str(error)
            continue
        seconds += asked.seconds.back
        found[back] = "the projection does not reach the input" if asked.input_diff is None else asked.input_diff
    took = PassSeconds(snapshot.seconds.forward, snapshot.seconds.back + seconds)
    return replace(snapshot, beside=found, seconds=took)

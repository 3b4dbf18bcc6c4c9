"""The workers beside the window: asked for what the state wants, looked at without waiting."""

from __future__ import annotations

from collections.abc import Callable

from deepvis.core.state import AppState, InputState
from deepvis.core.types import NetAsk, NetInfo
from deepvis.ui.scene import FieldOf
from deepvis.wants import Known, wanted_pass
from deepvis.workers.input import InputWorker
from deepvis.workers.network import NetworkWorker
from deepvis.workers.unit_images import ImagesAsk, UnitImagesWorker


class Parts:
    """Asks go out only where what is wanted differs from what was asked; answers are the newest ones.

    input: starts at once; network: with ``start_network``. open_images: makes the unit-image worker, once the
    network's description has come. moving_source: the camera's or the video's name, for the status line.
    """

    def __init__(
        self,
        input: InputWorker,
        network: NetworkWorker,
        open_images: Callable[[NetInfo], UnitImagesWorker],
        moving_source: str = "camera",
        field_of: Callable[[], FieldOf] | None = None,
    ) -> None:
        self.known = Known()
        self.info: NetInfo | None = None
        self.moving_source = moving_source
        self.field_of: FieldOf | None = None
        self._input, self._network, self._open_images, self._open_fields = input, network, open_images, field_of
        self._images: UnitImagesWorker | None = None
        self._has_network = False
        self._asked_input: InputState | None = None
        self._asked_pass: NetAsk | None = None
        self._asked_images: ImagesAsk | None = None
        input.start()

    def start_network(self) -> None:
        """Begin to load the network; a second call does nothing."""
        if not self._has_network:
            self._has_network = True
            self._network.start()

    def ask(self, state: AppState) -> None:
        """Tell the workers what the state wants, where that differs from what they were told."""
        if state.input != self._asked_input:
            self._asked_input = state.input
            self._input.inbox.put(state.input)
        wanted = wanted_pass(state, self.known)
        if wanted is not None and not wanted.same_as(self._asked_pass):
            self._asked_pass = wanted
            self._network.inbox.put(wanted)
        if self._images is not None and (state.view.unit_images or state.view.pattern):
            images = ImagesAsk(state.unit, state.view.pattern, self._refreshes)
            if images != self._asked_images:
                self._asked_images = images
                self._images.inbox.put(images)

    def look(self) -> Known:
        """The newest values of all workers; ``known`` is the same until the next look."""
        info = self._network.infos.peek()
        if info is not None and self.info is None:
            self._open_with(info)
        images = self._images
        self.known = Known(
            ready=info is not None,
            answered=self._input.answered,  # read before the frame: that of the answer is then there
            frame=self._input.frames.peek(),
            snapshot=self._network.snapshots.peek(),
            unit_images=images.images.peek() if images else None,
            whole_layer=images.layers.peek() if images else None,
            input_error=self._input.errors.peek(),
            network_error=self._network.errors.peek(),
        )
        return self.known

    def stop(self) -> None:
        """End all workers; a pass in progress is waited for a moment."""
        self._input.stop()
        if self._has_network:
            self._network.stop()
        if self._images is not None:
            self._images.stop()

    _refreshes = 0

    def _open_with(self, info: NetInfo) -> None:
        """What can only begin once the network is known."""
        self.info = info
        self._images = self._open_images(info)
        self._images.start()
        if self._open_fields:
            self.field_of = self._open_fields()

"""The workers beside the window: asked for what the state wants, looked at without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from deepvis.core.mailbox import Mailbox
from deepvis.core.state import PRESETS, AppState, InputState, LiveState
from deepvis.core.types import NetAsk, NetInfo
from deepvis.live.input import InputWorker
from deepvis.live.network import NetworkWorker
from deepvis.live.optimize import OptimizeAsk, OptimizeWorker
from deepvis.live.stream_top import StreamTop
from deepvis.live.unit_images import ImagesAsk, UnitImagesWorker
from deepvis.live.worker import Worker
from deepvis.window.ui.scene import FieldOf
from deepvis.window.wants import Known, ended_press, wanted_pass


@dataclass(frozen=True)
class Makers:
    """How to make what can only begin later.

    images: once the network's description has come. optimize: with the first key that asks for it. fields: a
    function for the receptive fields, once there is a network; may give None.
    """

    images: Callable[[NetInfo], UnitImagesWorker]
    optimize: Callable[[NetInfo], OptimizeWorker]
    fields: Callable[[], FieldOf | None] = lambda: None


class Parts:
    """Asks go out only where what is wanted differs from what was asked; answers are the newest ones.

    input: starts at once; network: with ``start_network``. stream: the running top 9. refusals: why the network
    cannot be opened at all. moving_source: the camera's or the video's name, for the status line.
    """

    def __init__(
        self,
        input: InputWorker,
        network: NetworkWorker,
        makers: Makers,
        stream: StreamTop | None = None,
        refusals: Mailbox[str] | None = None,
        moving_source: str = "",
    ) -> None:
        self.known = Known()
        self._refusals: Mailbox[str] = refusals or Mailbox()
        self.info: NetInfo | None = None
        self.moving_source = moving_source
        self.field_of: FieldOf | None = None
        self._input, self._network, self._makers, self._stream = input, network, makers, stream
        self._images: UnitImagesWorker | None = None
        self._optimize: OptimizeWorker | None = None
        self._running: list[Worker] = [input]
        self._asked_input: InputState | None = None
        self._asked_pass: NetAsk | None = None
        self._asked_images: ImagesAsk | None = None
        self._asked_live = LiveState()
        self._asked_top = (0, 0)  # resets and saves of the running top 9
        self._told: str | None = None
        self._ended = 0  # press of the newest optimization that has come to an end
        self._refresh = 0  # rises when files may have become others
        input.start()

    def start_network(self) -> None:
        """Begin to load the network; a second call does nothing."""
        if self._network not in self._running:
            self._start(self._network)

    def ask(self, state: AppState) -> None:
        """Tell the workers what the state wants, where that differs from what they were told."""
        if state.input != self._asked_input:
            self._asked_input = state.input
            self._input.inbox.put(state.input)
        wanted = wanted_pass(state, self.known)
        if wanted is not None and not wanted.same_as(self._asked_pass):
            self._asked_pass = wanted
            self._network.inbox.put(wanted)
        self._ask_stream(state.live)
        if self._images is not None and (state.view.unit_images or state.view.pattern):
            images = ImagesAsk(state.unit, state.view.pattern, self._refresh)
            if images != self._asked_images:
                self._asked_images = images
                self._images.inbox.put(images)
        self._ask_optimizer(state)

    def look(self) -> Known:
        """The newest values of all workers; ``known`` is the same until the next look."""
        info = self._network.infos.peek()
        if info is not None and self.info is None:
            self._open_with(info)
        images, optimize = self._images, self._optimize
        self.known = Known(
            ready=info is not None,
            answered=self._input.answered,  # read before the frame: the one of that answer is then there
            frame=self._input.frames.peek(),
            snapshot=self._network.snapshots.peek(),
            images_answered=images.answered if images else None,
            unit_images=images.images.peek() if images else None,
            whole_layer=images.layers.peek() if images else None,
            followed_still=self.known.followed_still,
            refresh=self._refresh,
            optimize=optimize.progress.peek() if optimize else None,
            input_error=self._input.errors.peek(),
            network_error=self._network.errors.peek(),
            images_error=images.errors.peek() if images else None,
            optimize_error=optimize.errors.peek() if optimize else None,
        )
        self._look_at_stills()
        return self.known

    def refusal(self) -> str | None:
        """Why there will be no network, None as long as there may be one."""
        error = self.known.network_error
        return self._refusals.peek() or (error.sentence if error and not self.known.ready else None)

    def has_optimized(self, press: int) -> bool:
        """True once, when the optimization that this press asked for has come to an end, well or not.

        That of an earlier press may end after a newer one was made: its picture is taken in, no more.
        """
        ended = ended_press(self.known)
        if ended <= self._ended:
            return False
        self._ended = ended
        self._look_again()
        if ended != press:
            return False
        self._asked_live = LiveState(optimize_presses=press)
        return True

    def news(self) -> str | None:
        """A sentence for the user, once."""
        told = self._stream.told.peek() if self._stream else None
        if told is None or told is self._told:
            return None
        self._told = told
        return told

    def stop(self) -> None:
        """End all workers; what is in progress is waited for a moment."""
        for worker in self._running:
            worker.inbox.close()
        for worker in self._running:
            worker.stop(timeout=2.0)

    def _look_at_stills(self) -> None:
        """A photo was passed that was not before: the running top 9 may have grown, look again without delay."""
        followed = self._stream.followed_still if self._stream else None
        if followed != self.known.followed_still:
            self._look_again()
        self.known = replace(self.known, followed_still=followed)

    def _look_again(self) -> None:
        """The unit images may have become others: those that are known are not the ones wanted any more."""
        self._refresh += 1
        self.known = replace(self.known, refresh=self._refresh)

    def _ask_stream(self, live: LiveState) -> None:
        """Reset or save the running top 9; the unit-image worker then looks again."""
        wanted = (live.top_resets, live.top_saves)
        if wanted == self._asked_top or self._stream is None:
            return
        if live.top_resets != self._asked_top[0]:
            self._stream.running.reset()
        if live.top_saves != self._asked_top[1]:
            self._stream.save()
        self._asked_top = wanted
        self._look_again()

    def _ask_optimizer(self, state: AppState) -> None:
        live, asked = state.live, self._asked_live
        if (live.optimize, live.optimize_presses) == (asked.optimize, asked.optimize_presses):
            return
        self._asked_live = live
        if self._optimize is None and self.info is not None:
            self._optimize = self._makers.optimize(self.info)
            self._start(self._optimize)
        frame = self.known.frame if live.from_frame else None
        preset = PRESETS[live.preset]
        ask = OptimizeAsk(live.optimize, preset, frame, state.input.fit, live.optimize_presses)
        if self._optimize is not None:
            self._optimize.inbox.put(ask)

    def _open_with(self, info: NetInfo) -> None:
        """What can only begin once the network is known."""
        self.info = info
        self._images = self._makers.images(info)
        self._start(self._images)
        self.field_of = self._makers.fields()

    def _start(self, worker: Worker) -> None:
        worker.start()
        self._running.append(worker)

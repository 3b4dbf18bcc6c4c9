"""The input worker: owns the sources; what the user wants of the input in, the newest picture out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepvis.core.playing import MovingSource
from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.live.photo_reading import SILENT_SECONDS, LeftBehind, PhotoReading
from deepvis.sources.base import Play, SourceError, new_frame
from deepvis.sources.capture import FrameSource
from deepvis.sources.directory import images_problem
from deepvis.sources.photos import PhotoError, load_photo
from deepvis.sources.stills import Stills

LOOK_SECONDS = 1.0  # between looks for new files
MOST_SKIPPED = 1000  # bad files in a row, for one press of a key


@dataclass(frozen=True, eq=False)
class ListedPhotos:
    """The photos of the still source, as (path, name). first: the file index of the first of them."""

    photos: Sequence[tuple[str, str]] = ()
    first: int = 0


NO_PHOTOS = ListedPhotos()


class ImagesError(Exception):
    """What the user wants to see cannot be opened; the message is a sentence that names it."""


class InputWorker(PhotoReading):
    """Answers with the newest Frame.

    Still: the photo at ``file_index``; a bad file is named as the error beside its neighbour, which is shown in its
    place, on the side to which the user was going; its neighbours on both sides are decoded ahead. Moving:
    each frame as it comes, the newest wins; frozen: none but the first. Where there is no picture the last
    one stays.

    A video that was wound or stepped gives its new frame frozen too.

    The sources are opened in the thread, when they are first wanted. open_moving: another camera or video closes the
    one before. open_still: of ``InputState.images``. Images that cannot be opened are named as the error; the photos
    from before stay. listed: the photos that are found so far; may be read from any thread. ``clock``: seconds, never
    runs backwards.
    """

    after_failure = LOOK_SECONDS

    def __init__(
        self,
        open_still: Callable[[str | None], Stills],
        open_moving: Callable[[MovingSource], FrameSource],
        clock: Callable[[], float] = time.monotonic,
        patience: float = SILENT_SECONDS,
    ) -> None:
        super().__init__("input", patience)
        self._open_still, self._open_moving = open_still, open_moving
        self._clock = clock
        self.listed = NO_PHOTOS
        self._stills: dict[str | None, Stills] = {}
        self._refused: str | None = None  # images of which it was said that they cannot be opened
        self._still: Stills | None = None
        self._moving: FrameSource | None = None
        self._opened_source: tuple[str, int] | None = None  # what ``_moving`` plays
        self._jumps: tuple[float, int] | None = None  # of the frame that is awaited, frozen too
        self._ahead: list[int] = []  # indices to decode when there is nothing else to do
        self._last_moving: Frame | None = None  # since the moving source was turned to; not mirrored
        self._last_item_at = 0.0  # when the moving source last gave something

    def answer(self, request: InputState | None) -> float | None:
        before, state = self._state, request or self._state
        if state is None:
            return None
        self._state = state
        if state.moving:
            if before is None or before != state:
                self._turn_to_moving(before, state)
            return self._follow(state)
        try:
            if before is None or before.moving or _photo_choice(before) != _photo_choice(state):
                self._turn_to_still(before, state)
                return 0.0
            return self._idle(state)
        except LeftBehind:
            self._state = None  # what was asked for is not shown: the next request begins anew
            return 0.0

    def close(self) -> None:
        if self._moving is not None:
            self._moving.close()

    def _turn_to_still(self, before: InputState | None, state: InputState) -> None:
        if self._moving is not None:
            self._moving.want(Play.OFF)
        still = self._opened(state.images)
        is_same = before is not None and before.images == state.images
        backwards = is_same and before is not None and state.file_index < before.file_index
        self._show_requested(still, state, -1 if backwards else 1)

    def forget_photos(self, images: str | None) -> None:
        self._stills.pop(images, None)
        self._still = None

    def _opened(self, images: str | None) -> Stills:
        """The still source of these images. Raises ImagesError, and leaves the one from before, where there is none."""
        if images not in self._stills:
            path = None if images is None else os.path.expanduser(images)
            is_checked = path is not None and self._still is not None
            problem = self.read(lambda: images_problem(str(path))) if is_checked else None
            if problem and images != self._refused:
                self._refused = images
                raise ImagesError(problem.removeprefix("--images "))
            if problem and self._still is not None:
                return self._still  # it was said: go on among the photos that there are
            self._stills[images] = self.read(lambda: self._open_still(path))
        self._still = self._stills[images]
        return self._still

    def _list(self, still: Stills) -> None:
        """Keep ``listed`` up to date."""
        photos, first = still.listed
        if photos is not self.listed.photos or first != self.listed.first:
            self.listed = ListedPhotos(photos, first)

    def _show_requested(self, still: Stills, state: InputState, step: int) -> None:
        """The photo that is asked for by its path, or the one that the index means."""
        place = self.read(lambda: still.find(state.photo)) if state.photo else None
        if place is not None:
            self._show(still, place + state.file_index - state.photo_at, step)
        elif state.photo and state.file_index == state.photo_at:
            self._show_alone(state.photo)
        else:
            self._show(still, state.file_index, step)

    def _show_alone(self, path: str) -> None:
        """A photo that is none of the open files."""
        try:
            photo = self.read(lambda: load_photo(path))
        except PhotoError as error:
            self.publish(self._newest.value, f"{error}; it is none of the open files either (/ opens others)")
            return
        self.publish(new_frame(photo.rgb, os.path.basename(path), path=path))
        self._ahead = []

    def _show(self, still: Stills, index: int, step: int) -> None:
        """Hand out the photo at ``index``, or the next good one; name the bad ones."""
        bad: list[str] = []
        shown = self._newest.value
        for _ in range(max(1, min(still.count, MOST_SKIPPED))):
            photo = self.read(lambda: still.read(index))
            if isinstance(photo, Frame):
                shown = photo
                break
            bad.append(photo.sentence)
            if still.count > 1:
                still.skip(step)
            if self.inbox.has_new():
                break
        self._list(still)
        if len(bad) > 1:
            bad = [f"{len(bad)} files in a row cannot be shown; the last: {bad[-1]}"]
        self.publish(shown, "; ".join(filter(None, [*bad, still.note])))
        self._ahead = [index + step, index - step] if still.count > 1 else []

    def _idle(self, state: InputState) -> float:
        """With the photo shown: decode its neighbours, then look for new files now and then."""
        still = self._still or self._opened(state.images)
        if self._ahead:
            index = self._ahead.pop(0)
            self.read(lambda: still.prefetch(index))
            return 0.0
        if self.read(still.refresh):
            self._show_requested(still, state, 1)
        self._list(still)
        return LOOK_SECONDS

    def _turn_to_moving(self, before: InputState | None, state: InputState) -> None:
        source = state.moving_source
        is_another = self._opened_source != (source.video, source.camera)
        if self._moving is not None and is_another:
            self._moving.close()
            self._moving = None
        if self._moving is None:
            self._moving = self._open_moving(source)
            self._opened_source = source.video, source.camera
            self._moving.start(self._wake)
        if before is None or before.moving_source.playback != source.playback or is_another:
            self._moving.play_as(source.playback)
            was = source.playback if before is None or is_another else before.moving_source.playback
            self._jumps = source.playback.jumps if was.jumps != source.playback.jumps else self._jumps
        if before is None or not before.moving or is_another:
            self._moving.frames.take(0)  # what was left over from the last time
            self._last_moving = None
            self._last_item_at = self._clock()
            self.recover()
        elif before.frozen and not state.frozen:
            self._last_item_at = self._clock()
        elif state.held is not None and before.held is not state.held:
            self._hold(state.held, self._moving, state)
        elif before.mirror != state.mirror and self._last_moving is not None:
            self._hand_out(self._last_moving, self._moving, state)
        # frozen before the first frame: let that one through
        self._moving.want(Play.HOLD if state.frozen and self._last_moving else Play.PLAY)

    def _follow(self, state: InputState) -> float | None:
        """Hand on what the moving source has given; say so if it is silent for long."""
        moving = self._moving
        if moving is None:
            return None
        item = moving.frames.take(0)
        now = self._clock()
        if item is not None:
            self._last_item_at = now
        if isinstance(item, SourceError):
            self.fail(item.sentence)
        elif item is not None and (not (state.frozen and self._last_moving) or self._is_awaited(item)):
            self._last_moving, self._jumps = item, None
            self._hand_out(item, moving, state)
            if state.frozen:
                moving.want(Play.HOLD)
        if (state.frozen and self._last_moving) or self._newest.error:
            return None
        silent = now - self._last_item_at
        if silent >= SILENT_SECONDS:
            self.fail(f"{moving.name} has given no picture for {silent:.0f} seconds; waiting for it")
            return None
        return SILENT_SECONDS - silent

    def _hold(self, frame: Frame, moving: FrameSource, state: InputState) -> None:
        """Show a frame that was handed out before, instead of the newest, while the source is frozen."""
        if frame.seconds is not None:
            moving.stand_at(frame.seconds)
        is_turned = moving.mirrored and state.mirror
        self._last_moving = moved_frame(frame, np.ascontiguousarray(frame.rgb[:, ::-1])) if is_turned else frame
        self._hand_out(self._last_moving, moving, state)

    def _is_awaited(self, frame: Frame) -> bool:
        """It is the one to which a frozen video was wound or stepped."""
        return frame.video is not None and frame.video.playback.jumps == self._jumps

    def _hand_out(self, frame: Frame, moving: FrameSource, state: InputState) -> None:
        if moving.mirrored and state.mirror:
            frame = moved_frame(frame, np.ascontiguousarray(frame.rgb[:, ::-1]))
        elif (last := self._newest.value) is not None and last.id > frame.id:
            frame = moved_frame(frame, frame.rgb)  # ids rise
        self.publish(frame)


def moved_frame(frame: Frame, rgb: np.ndarray) -> Frame:
    """The same place of a camera or video with another picture, and the next id."""
    return new_frame(rgb, frame.label, moving=True, seconds=frame.seconds, video=frame.video)


def _photo_choice(state: InputState) -> tuple[int, str | None, str, int]:
    """What decides which photo is shown."""
    return state.file_index, state.images, state.photo, state.photo_at

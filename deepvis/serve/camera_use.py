"""Whose camera the window shows: which page gives it, which one is asked for it, who has switched it off. Pure."""

from __future__ import annotations

from enum import Enum, auto

from deepvis.serve.camera_pace import CameraPace
from deepvis.serve.viewer import Viewer
from deepvis.sources.base import Play


class CameraState(Enum):
    """What each means: the table of ``CameraUse``."""

    UNWANTED = auto()
    NOBODY_TO_ASK = auto()
    WAITING = auto()
    ASKED = auto()
    REFUSED = auto()
    ON = auto()


class CameraEnd(Enum):
    """How a camera was switched off: it was not on; by who controls; by itself, or with its page."""

    WAS_OFF = auto()
    BY_HAND = auto()
    FAILED = auto()


class CameraUse:
    """The states, as the page that controls sees them:

    | state | the window wants moving pictures | and | ends when |
    |---|---|---|---|
    | UNWANTED | no: photos, or it stands still | no page gives a camera | the window wants them, a page gives one |
    | NOBODY_TO_ASK | yes | nobody controls | a page controls |
    | WAITING | yes | who controls has pressed nothing that asks for it | its button is pressed, or key c twice |
    | ASKED | yes | a press in the page that controls asked for it | its page gives one, or says that it does not |
    | REFUSED | yes | who controls has switched it off | its button is pressed, or key c has shown photos |
    | ON | yes or no | a page gives a camera, ``giver`` | it is switched off, photos are shown, or its page leaves |

    A camera never begins in a page in which nobody has asked for it: not in one that takes control or is loaded anew.

    Four things are stored: what the window wants, the giver, who is asked, and the names of those who refused. What a
    source itself keeps of it is for its thread (``BrowserCamera``, ``SwitchedSource``), what the window shows is
    ``AppState.input``.
    """

    def __init__(self) -> None:
        self.giver: Viewer | None = None
        self._play = Play.OFF
        self._asked: Viewer | None = None
        self._refused_by: set[str] = set()
        self._pace = CameraPace()

    def state(self, controller: Viewer | None) -> CameraState:
        if self.giver is not None:
            return CameraState.ON
        if self._play is not Play.PLAY:
            return CameraState.UNWANTED
        if controller is None:
            return CameraState.NOBODY_TO_ASK
        if controller.name in self._refused_by:
            return CameraState.REFUSED
        return CameraState.ASKED if controller is self._asked else CameraState.WAITING

    def want(self, play: Play, presser: Viewer | None = None) -> None:
        """What the window wants of the camera. presser: who pressed something last, and so has asked for it.

        Photos in its place: it is on no more, and nobody has refused any more.
        """
        before, self._play = self._play, play
        if play is Play.OFF:
            self._refused_by.clear()
            self._asked = None
            if before is not Play.OFF:  # else it was given a moment ago, and the window does not know yet
                self.giver = None
        elif before is Play.OFF:
            self._asked = presser

    def control_taken(self) -> None:
        """Another page controls: who was asked is so no more."""
        self._asked = None

    def begin(self, giver: Viewer) -> None:
        """A page gives its camera, in the place of another's."""
        self.giver = giver
        self._asked = None
        self._refused_by.discard(giver.name)
        self._pace.begin()

    def end(self, viewer: Viewer, controller: Viewer | None, why: str = "") -> CameraEnd:
        """A viewer has no camera on any more, for the reason that its browser gave, if any.

        Who loses control, or leaves, has not refused. Nor has a page whose camera fails while photos are shown: key c
        asks it.
        """
        was_on, self.giver = self.giver is not None, None
        if controller is viewer and self._play is Play.PLAY:
            self._refused_by.add(viewer.name)
        if was_on and controller is viewer and not why:
            return CameraEnd.BY_HAND
        return CameraEnd.FAILED if was_on or why else CameraEnd.WAS_OFF

    # ----------------------------------------------------------------- its frames

    def frames_due(self) -> int:
        """How many more frames to ask the giver for now; they count as asked for."""
        return self._pace.due() if self.giver is not None and self._play is Play.PLAY else 0

    def takes_frame(self, viewer: Viewer) -> bool:
        """A viewer has sent a frame: True if it was asked for one."""
        return viewer is self.giver and self._pace.came()

    def shown(self) -> None:
        """The window shows another picture."""
        self._pace.shown()

    def waited(self) -> None:
        """Nothing has come of it for long."""
        self._pace.waited()

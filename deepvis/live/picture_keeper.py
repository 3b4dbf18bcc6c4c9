"""Finished pictures that the user keeps among the nine of a unit, as optimize-layer would have made them.

They lie in the user's folder of the model (core/unit_files.py): each picture with its json, and the montage with them
(users_nine.py says when it is shown).
The nine are the layer's own first, then those that were kept, the newest last. Where there are more than nine, the last
of the layer's own give way, then the oldest that were kept; their files stay.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.effects import KeepPicture, TakeOutPicture, UndoKeep
from deepvis.core.files import write_file
from deepvis.core.mailbox import Mailbox
from deepvis.core.types import Unit
from deepvis.core.unit_files import UnitImagePaths, next_of_user, pictures_of_user, unit_image_paths
from deepvis.live.undoable_saves import UndoableSaves
from deepvis.live.users_nine import NINE, comment_of, held_by, put_behind, read_json, same_picture, story
from deepvis.sources.photos import PhotoError, load_rgb

UNDONE = "the picture is taken out of the unit's nine again; Z puts it back"
REDONE = "the picture is among the unit's nine once more; backspace takes it out"
BACK_AGAIN = "the picture is back among the unit's nine; Z takes it out once more"
OUT_AGAIN = "the picture is taken out of the unit's nine once more; backspace puts it back"

Request = KeepPicture | TakeOutPicture


class PictureKeeper:
    """Keeps pictures in the thread of the unit images, before it reads the files.

    folder: gives where they are kept, in the thread. own_nine: unit -> its block of nine without those kept, (h, w, 3),
    None where there is none. inbox: the effects, taken when the thread next looks. outbox: the answer to the newest.
    saves: those of this run, to be undone and done again.
    """

    def __init__(self, folder: Callable[[], Path], own_nine: Callable[[Unit], np.ndarray | None]) -> None:
        self.inbox: Mailbox[Request] = Mailbox()
        self.outbox: Mailbox[Answer[Request, EffectReport]] = Mailbox()
        self.saves = UndoableSaves(UNDONE, REDONE)
        self._folder, self._own_nine = folder, own_nine
        self._last: Request | None = None

    @property
    def is_saving(self) -> bool:
        """Has it been asked to keep one or to take one out, and not answered yet?"""
        request, answer = self.inbox.peek(), self.outbox.peek()
        return request is not None and (answer is None or answer.request != request)

    def __call__(self) -> None:
        """Do what was asked for since the last call."""
        if (request := self.inbox.take(0)) is not None:
            self._last = request
            self.outbox.put(self._keep(request) if isinstance(request, KeepPicture) else self._take_out(request))
        words = "the change of the unit's nine could not be undone or done again"
        undone: Answer[Request, EffectReport] | None = self.saves.carried_out(self._last, words)
        if undone is not None:
            self.outbox.put(undone)

    def _keep(self, request: KeepPicture) -> Answer[Request, EffectReport]:
        unit, folder = request.unit, self._folder()
        place = unit_image_paths(folder, unit.layer, unit.channel)
        name = f"{unit.layer} {unit.channel}"
        if not place.live.is_file():
            why = f"there is no finished picture of {name} to keep; x makes one"
            return Answer(request, EffectReport(f"{why}, and what is stopped or changes a photo is not kept"))
        montage, earlier = place.montage, pictures_of_user(place)
        path = next_of_user(place)
        try:
            if same_picture(place, held_by(montage, earlier), read_json):
                return Answer(request, EffectReport(f"this picture of {name} is among its nine already"))
            if earlier and same_picture(place, earlier[-1:], read_json):
                path = earlier.pop()  # the program was killed before it could write the montage
            own = self._pictures_of_layer(unit)
            self._write(folder, place, path, own, earlier)
        except (OSError, PhotoError) as error:
            return Answer(request, error=f"the picture of {name} could not be kept in {folder}: {error}")
        sentence = f"{place_words(len(own), len(earlier) + 1)}; backspace takes it out"
        return Answer(request, EffectReport(sentence, reverse=UndoKeep))

    def _take_out(self, request: TakeOutPicture) -> Answer[Request, EffectReport]:
        """Take the newest kept picture of a unit out, of whichever run; where that fails, all is as it was."""
        unit, folder = request.unit, self._folder()
        place = unit_image_paths(folder, unit.layer, unit.channel)
        name = f"{unit.layer} {unit.channel}"
        left = pictures_of_user(place)
        if not left:
            return Answer(request, EffectReport(f"none of the nine of {name} is yours; N keeps a finished picture"))
        path = left.pop()
        try:
            own = self._pictures_of_layer(unit)
            with self.saves.saving(folder, BACK_AGAIN, OUT_AGAIN):
                self._remove(place, path, own, left[-NINE:])
        except (OSError, PhotoError) as error:
            return Answer(request, error=f"the picture of {name} could not be taken out of {folder}: {error}")
        rest = (
            f"{len(left)} of yours stay" if len(left) > 1 else "one of yours stays" if left else "none of yours is left"
        )
        sentence = f"your last picture of {name} is taken out of its nine, {rest}; backspace puts it back"
        return Answer(request, EffectReport(sentence, reverse=UndoKeep))

    def _remove(self, place: UnitImagePaths, path: Path, own: list[np.ndarray], of_user: list[Path]) -> None:
        """Remove a picture and its json, after the montage has been written without it. Raises OSError, PhotoError.

        From then on the nine are shown, also once it is put back, and not a finished picture that is in no nine.
        """
        for each in (place.montage, path, path.with_suffix(".json")):
            self.saves.put_aside(each)
        if of_user:
            _write_nine(place, own, of_user)
        else:
            place.montage.unlink(missing_ok=True)
        path.unlink()
        path.with_suffix(".json").unlink(missing_ok=True)
        put_behind(place, read_json)

    def _pictures_of_layer(self, unit: Unit) -> list[np.ndarray]:
        """The layer's own of a unit's nine."""
        from deepvis.optimize.layout import cells_of

        block = self._own_nine(unit)
        return [] if block is None else [cell for cell in cells_of(block) if cell is not None]

    def _write(
        self, folder: Path, place: UnitImagePaths, path: Path, own: list[np.ndarray], earlier: list[Path]
    ) -> None:
        """Write the picture, its json and the montage; where one cannot be, all is as it was.

        Raises OSError, PhotoError.

        The montage comes last: until then the nine are those before.
        """
        from deepvis.optimize.results import to_json, write_png

        rgb = load_rgb(place.live)
        with self.saves.saving(folder):
            for each in (path, path.with_suffix(".json"), place.montage):
                self.saves.put_aside(each)
            write_file(path.with_suffix(".json"), to_json(story(read_json(place.live.with_suffix(".json")))))
            write_png(path, rgb)
            _write_nine(place, own, [*earlier[1 - NINE :], path])


def _write_nine(place: UnitImagePaths, own: list[np.ndarray], of_user: list[Path]) -> None:
    """Write the montage: of the layer's own as many as there is room for, and the user's, nine at most.

    Raises OSError, PhotoError.
    """
    from deepvis.optimize.layout import montage
    from deepvis.optimize.results import JPEG_QUALITY, write_jpeg

    pictures = list(map(load_rgb, of_user))
    height, width = (own or pictures)[0].shape[:2]
    nine = montage([(), (), [*own[: NINE - len(pictures)], *pictures], ()], (height, width))
    write_jpeg(place.montage, nine, JPEG_QUALITY, comment_of(of_user))


def place_words(own: int, saved: int) -> str:
    """Which place the newest of ``saved`` pictures has beside so many of the layer's own."""
    place = f"kept as number {min(own + saved, NINE)} of the unit's nine"
    if saved > NINE:
        return f"{place}; the oldest kept one gives way"
    return f"{place}; the last of the layer's own gives way" if own + saved > NINE else place

"""A finished picture kept among a unit's nine: on real files, read back as the window reads them."""

from __future__ import annotations

import itertools
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from deepvis.core.effects import KeepPicture, TakeOutPicture, UndoKeep
from deepvis.core.types import LayerInfo, NetInfo, Unit
from deepvis.core.unit_files import saved_pictures, unit_image_paths
from deepvis.live.provenance import Provenance
from deepvis.live.saved_pictures import SavedPictures, place_words
from deepvis.live.unit_image_commands import Commands
from deepvis.live.unit_image_reader import UnitImageReader
from deepvis.optimize.layout import cells_of, montage
from deepvis.optimize.results import write_jpeg, write_png

UNIT = Unit("conv1", 7)
INFO = NetInfo("net", (LayerInfo("conv1", "Convolution", 20, 9, 9),), (3, 9, 9))
NETWORK = "0123456789ab"


def plain(level: int, side: int = 20) -> np.ndarray:
    return np.full((side, side, 3), level, np.uint8)


class Folders:
    """The layer's own pictures, and the user's folder."""

    def __init__(self, root: Path) -> None:
        self.layers, self.own = root / "layers", root / f"net-{NETWORK}"
        self.place = unit_image_paths(self.own, UNIT.layer, UNIT.channel)
        self.ids = iter(range(1, 100))

    def reader(self) -> UnitImageReader:
        provenance = Provenance(NETWORK, self.own)
        return UnitImageReader([self.layers, self.own], INFO, Commands("--model net"), provenance=provenance)

    def layer_has(self, count: int) -> None:
        own = unit_image_paths(self.layers, UNIT.layer, UNIT.channel)
        write_jpeg(own.montage, montage([(), (), [plain(100 + 10 * n) for n in range(count)], ()], (20, 20)))
        own.how.write_text(json.dumps({"network": NETWORK, "units": [0.0] * 7 + [3.25]}))

    def finishes(self, level: int, value: float) -> None:
        write_png(self.place.live, plain(level))
        content = {"network": NETWORK, "parameters": {"rand_seed": level}, "value": value}
        self.place.live.with_suffix(".json").write_text(json.dumps(content))
        newest = max([path.stat().st_mtime_ns for path in self.own.rglob("*_montage.jpg")], default=0) + 1_000_000
        os.utime(self.place.live, ns=(newest, newest))

    def saver(self) -> SavedPictures:
        return SavedPictures(lambda: self.own, lambda unit: self.reader().own_nine(unit))

    def keep(self, saver: SavedPictures):
        saver.inbox.put(KeepPicture(next(self.ids), UNIT))
        assert saver.is_saving
        saver()
        assert not saver.is_saving
        return saver.outbox.peek()

    def take_out(self, saver: SavedPictures):
        saver.inbox.put(TakeOutPicture(next(self.ids), UNIT))
        saver()
        return saver.outbox.peek()

    def shown(self) -> tuple[list[int | None], str, float | None]:
        """The grey levels of the cells that the window shows, the note, the value."""
        found = self.reader().unit(UNIT, 1)
        cells = cells_of(found.optimized)
        levels = [None if cell is None else round(float(cell.mean())) for cell in cells]
        return levels, found.notes.get("optimized", ""), found.value


def die_at_move(moment: int) -> None:
    """From now on this process is killed as it moves its file of that number into place, counted from 1."""
    moves, replace = itertools.count(1), os.replace

    def dying(source: str, target: str) -> None:
        if next(moves) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    os.replace = dying  # type: ignore[assignment]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_a_kept_picture_stands_after_the_layers_own_and_is_taken_out_again(folders: Folders) -> None:
    folders.layer_has(4)
    folders.finishes(220, 41.5)
    assert folders.shown()[1:] == ("your own live optimization", 41.5)
    saver = folders.saver()
    answer = folders.keep(saver)
    assert answer.value.sentence == "kept as number 5 of the unit's nine; backspace takes it out"
    assert answer.value.reverse is UndoKeep
    levels, note, value = folders.shown()  # by a reader of its own, as after a restart
    assert levels == [100, 110, 120, 130, 220, None, None, None, None]
    assert (note, value) == ("1 of the nine kept by you", 41.5)
    (picture,) = saved_pictures(folders.place)
    assert json.loads(picture.with_suffix(".json").read_text())["parameters"] == {"rand_seed": 220}
    saver.saves.undo(), saver()
    assert "taken out" in saver.outbox.peek().value.sentence
    assert folders.shown()[1] == "your own live optimization" and not saved_pictures(folders.place)
    saver.saves.redo(), saver()
    assert folders.shown()[0] == levels
    saver.saves.close()
    assert not list(folders.own.glob(".replaced-*"))


def test_in_nine_places_the_last_of_the_layers_own_give_way_then_the_oldest_kept(folders: Folders) -> None:
    folders.layer_has(9)
    saver, said = folders.saver(), []
    for n in range(11):
        folders.finishes(40 + 3 * n, float(n))
        said.append(folders.keep(saver).value.sentence)
        levels = folders.shown()[0]
        levels_of_user = [40 + 3 * m for m in range(n + 1)][-9:]
        assert np.allclose(
            levels, [*[100 + 10 * m for m in range(9)][: 9 - len(levels_of_user)], *levels_of_user], atol=1
        )
    assert all("as number 9" in words for words in said)
    assert "the last of the layer's own gives way" in said[8] and "the oldest kept one gives way" in said[9]
    saver.saves.undo(), saver()
    assert len(saved_pictures(folders.place)) == 10
    assert place_words(0, 1) == "kept as number 1 of the unit's nine"


def test_a_picture_is_kept_once_and_a_newer_one_is_shown_until_it_is_kept(folders: Folders) -> None:
    saver = folders.saver()
    assert "no finished picture of conv1 7 to keep; x makes one" in folders.keep(saver).value.sentence
    folders.finishes(220, 41.5)
    folders.keep(saver)
    again = folders.keep(saver).value
    assert "among its nine already" in again.sentence and again.reverse is None
    assert folders.shown()[0] == [220, *[None] * 8]
    folders.finishes(220, 41.5)  # the same once more covers the nine, until the key is pressed
    assert folders.shown()[1] == "your own live optimization"
    folders.keep(saver)
    assert folders.shown()[0] == [220, *[None] * 8]
    folders.finishes(150, 5.0)
    assert folders.shown()[1:] == ("your own live optimization", 5.0)


def test_a_disk_that_refuses_leaves_all_as_it_was(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.layer_has(9)
    folders.finishes(220, 41.5)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("deepvis.optimize.results.write_jpeg", full)
    answer = folders.keep(folders.saver())
    assert "could not be kept in" in answer.error and "No space left" in answer.error
    assert not saved_pictures(folders.place) and not folders.place.montage.exists()


def test_the_value_under_the_nine_is_the_largest_of_those_that_are_shown(folders: Folders) -> None:
    folders.layer_has(9)  # they have reached 3.25
    saver, values = folders.saver(), []
    for n, value in enumerate([2.5, 12.1, *[1.5] * 7, 1.0]):
        folders.finishes(40 + 3 * n, value)
        folders.keep(saver)
        values.append(folders.shown()[2])
    assert values == [3.25, *[12.1] * 9]
    folders.finishes(90, 1.0)
    folders.keep(saver)
    assert folders.shown()[2] == 1.5, "the nine are all the user's, and the one of 12.1 has given way"


def test_a_picture_of_an_earlier_run_is_taken_out_and_comes_back(folders: Folders) -> None:
    folders.layer_has(4)
    earlier = folders.saver()
    for level in (220, 60):
        folders.finishes(level, float(level))
        folders.keep(earlier)
    earlier.saves.close()
    both, files = folders.shown(), sorted(folders.own.rglob("*"))
    saver = folders.saver()  # as after a restart
    answer = folders.take_out(saver)
    assert "conv1 7 is taken out of its nine, one of yours stays" in answer.value.sentence
    assert answer.value.reverse is UndoKeep and len(saved_pictures(folders.place)) == 1
    assert folders.shown()[1:] == ("your own live optimization", 60.0)
    saver.saves.undo(), saver()
    assert "back among" in saver.outbox.peek().value.sentence and folders.shown() == both
    saver.saves.redo(), saver()
    assert "once more" in saver.outbox.peek().value.sentence and len(saved_pictures(folders.place)) == 1
    folders.place.live.unlink()
    assert folders.shown() == ([100, 110, 120, 130, 220, *[None] * 4], "1 of the nine kept by you", 220.0)
    assert "none of yours is left" in folders.take_out(saver).value.sentence
    assert folders.shown()[0] == [100, 110, 120, 130, *[None] * 5] and not list(folders.place.saved.iterdir())
    again = folders.take_out(saver).value
    assert "none of the nine of conv1 7 is yours" in again.sentence and again.reverse is None
    saver.saves.undo(), saver.saves.undo(), saver()
    assert folders.shown() == both
    saver.saves.close()
    assert [path for path in files if not path.exists()] == [folders.place.live]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed in a fork of this one")
def test_a_program_that_is_killed_while_it_saves_loses_none_of_the_nine(folders: Folders) -> None:
    folders.layer_has(4)
    folders.finishes(220, 41.5)
    folders.keep(folders.saver())
    standing = folders.place.montage.read_bytes()
    folders.finishes(60, 5.0)
    for moment in (1, 2, 3):  # the json, the picture, the montage
        if not (child := os.fork()):
            die_at_move(moment)
            folders.keep(folders.saver())
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert folders.place.montage.read_bytes() == standing
        assert folders.shown()[1:] == ("your own live optimization", 5.0)
        assert list(folders.own.glob(".replaced-*"))
    saver = folders.saver()
    assert "as number 6" in folders.keep(saver).value.sentence
    assert folders.shown()[0] == [100, 110, 120, 130, 220, 60, None, None, None]
    assert len(saved_pictures(folders.place)) == 2
    saver.saves.close()
    assert not list(folders.own.glob(".replaced-*")), "what the killed programs had put aside"


def test_a_disk_without_hard_links_has_copies(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*arguments: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    saver = folders.saver()
    for level in (220, 60):
        folders.finishes(level, 1.0)
        folders.keep(saver)
    both = folders.shown()[0]
    saver.saves.undo(), saver()
    assert len(saved_pictures(folders.place)) == 1 and folders.shown()[1] == "your own live optimization"
    saver.saves.redo(), saver()
    assert folders.shown()[0] == both == [220, 60, *[None] * 7]


def test_what_a_layer_reached_is_in_how_json(folders: Folders) -> None:
    folders.layer_has(9)
    assert folders.shown()[2] == 3.25
    unit_image_paths(folders.layers, UNIT.layer).how.write_text("{")
    assert folders.shown()[2] is None

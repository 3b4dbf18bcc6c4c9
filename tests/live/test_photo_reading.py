"""Photos on a share that gives no answer: it is said, and others can be looked at meanwhile."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.live.input import InputWorker
from deepvis.live.photo_thread import PhotoThread, within
from deepvis.sources.listing import FolderListing
from deepvis.sources.photos import load_photo
from deepvis.sources.stills import Stills
from tests.helpers.pictures import save_photo
from tests.helpers.waiting import until

HANGS = "the disk or the share gives no answer"


class Share:
    """Photos of a folder, whose reading hangs while ``answers`` is not set; and the worker that shows them."""

    def __init__(self, folder) -> None:
        self.answers = threading.Event()
        self.answers.set()
        for number, brightness in enumerate((20, 120)):
            save_photo(folder / "share" / f"{number}.png", brightness)
        save_photo(folder / "disk" / "other.png", 220)
        self.here, self.there = str(folder / "disk"), str(folder / "share")
        self.worker = InputWorker(self._open, lambda source: pytest.fail("no camera is wanted"), patience=0.05)
        self.worker.start()

    def _open(self, path: str | None) -> Stills:
        return Stills(FolderListing(str(path)), load=self._load, cache_bytes=0)

    def _load(self, path: str):
        if path.startswith(self.there):
            self.answers.wait()
        return load_photo(path)

    def shown(self) -> tuple[int, str]:
        """Brightness of the newest picture, and the error."""
        answer = self.worker.outbox.peek()
        frame = answer.value if answer else None
        return int(frame.rgb[0, 0, 0]) if isinstance(frame, Frame) else -1, answer.error if answer else ""

    def threads(self) -> int:
        return sum(thread.name == "photos" for thread in threading.enumerate())


@pytest.fixture
def share(tmp_path):
    share = Share(tmp_path)
    yield share
    share.answers.set()
    share.worker.stop()


def test_a_photo_that_hangs_is_told_and_shown_once_it_comes(share):
    state = InputState(images=share.there)
    share.worker.inbox.put(state)
    until(lambda: share.shown() == (20, ""), "the first photo")
    share.answers.clear()
    share.worker.inbox.put(replace(state, file_index=1))
    until(lambda: HANGS in share.shown()[1] and share.there in share.shown()[1], "the sentence")
    share.answers.set()
    until(lambda: share.shown() == (120, ""), "the second photo")


def test_other_photos_are_shown_while_a_share_hangs_and_it_is_read_anew_later(share):
    state = InputState(images=share.there)
    share.answers.clear()
    share.worker.inbox.put(state)
    until(lambda: HANGS in share.shown()[1], "the sentence")
    before = share.threads()
    share.worker.inbox.put(InputState(images=share.here))
    until(lambda: share.shown() == (220, ""), "the other photo")
    assert share.threads() == before + 1
    share.answers.set()
    until(lambda: share.threads() == before, "the end of the thread that was left behind")
    share.worker.inbox.put(state)
    until(lambda: share.shown() == (20, ""), "the photo of the share")


def test_closing_waits_for_no_share(share):
    share.answers.clear()
    share.worker.inbox.put(InputState(images=share.there))
    until(lambda: HANGS in share.shown()[1], "the sentence")
    share.worker.stop(timeout=30)
    assert not share.worker._thread.is_alive()


def test_at_rest_the_worker_sleeps(share, monkeypatch):
    state, calls = InputState(images=share.there), []
    share.worker.inbox.put(state)
    until(lambda: share.shown() == (20, ""), "the first photo")
    monkeypatch.setattr(share.worker, "_idle", lambda state: calls.append(state) or 1e9)
    until(lambda: calls, "the first look for new files")
    time.sleep(0.2)
    assert len(calls) == 1


def test_what_takes_too_long_is_left_to_itself():
    hangs = threading.Event()
    assert within(0.01, hangs.wait, "no answer") == "no answer"
    hangs.set()
    assert within(60, lambda: 3, 0) == 3
    with pytest.raises(KeyError):
        within(60, lambda: {}["x"], 0)


def test_a_thread_carries_out_calls_in_order_and_hands_errors_on():
    thread = PhotoThread()
    readings = [thread.begin(lambda n=n: 6 // n) for n in (1, 0, 2)]
    thread.leave()
    assert readings[2].result(60) == 3 and readings[0].result() == 6
    with pytest.raises(ZeroDivisionError):
        readings[1].result()

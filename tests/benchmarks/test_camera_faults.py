"""The campaign of cameras, once each: it goes and comes back, its size changes, the window goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.faults.camera_faults import CAMERA_PROGRAM, GRAYS, CameraCampaign, returns
from benchmarks.faults.driven_window import INPUT_PANE, driven_window
from benchmarks.faults.picture_stream import PictureStream
from benchmarks.faults.screen_watch import ScreenWatch
from benchmarks.faults.stalling_share import NoShareError, stalling_share
from deepvis.core.state import InputState
from deepvis.core.user_error import UsageError
from deepvis.live.input import InputWorker
from deepvis.settings.table import Settings
from deepvis.sources.opening import open_moving, open_still
from deepvis.window.app import check_sources
from tests.helpers.pictures import save_photo
from tests.helpers.waiting import until

if TYPE_CHECKING:
    from tests.helpers.screen import Screen


@pytest.mark.window
def test_a_camera_that_goes_comes_back_and_of_another_size(
    screen: Screen, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, watch = PictureStream(), ScreenWatch(screen)
    monkeypatch.setitem(os.environ, "CAMERA_ADDRESS", stream.address)
    with driven_window(screen, tmp_path, [*tiny, "--camera", "0", "--size", "1500x930"], CAMERA_PROGRAM) as window:
        assert watch.seconds_until_gray(stream.shown.gray, INPUT_PANE, 60) is not None
        campaign = CameraCampaign(window, watch, stream, seed=1)
        assert campaign.gone_and_back() is not None
        stream.shown.height, stream.shown.width = 57, 101
        assert campaign.gone_and_back() is not None
        ended = window.quit()
    stream.go()
    assert ended["exit_code"] == 0 and "camera 0 gives no more frames" in str(ended["said"])
    assert "Traceback" not in str(ended["said"])


def test_photos_of_a_share_that_gives_no_answer(tmp_path: Path) -> None:
    served, mounted = tmp_path / "served", tmp_path / "mounted"
    mounted.mkdir()
    for number, gray in enumerate(GRAYS[:2]):
        save_photo(served / f"{number}.png", gray)
    worker = InputWorker(open_still, open_moving, patience=0.1)

    def shown() -> tuple[int, bool]:
        answer = worker.outbox.peek()
        if answer is None or answer.value is None:
            return -1, False
        return int(answer.value.rgb[0, 0, 0]), "gives no answer" in answer.error

    try:
        with stalling_share(served, mounted) as share:
            worker.start()
            worker.inbox.put(InputState(images=str(mounted)))
            until(lambda: shown()[0] == GRAYS[0], "the first photo")
            share.stall()
            worker.inbox.put(InputState(images=str(mounted), file_index=1))
            until(lambda: share.waiting and shown()[1], "the sentence")
            share.go_on()
            until(lambda: shown() == (GRAYS[1], False), "the second photo")
            worker.stop()
    except NoShareError as error:
        pytest.skip(str(error))


def test_a_share_that_hangs_from_the_start_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepvis.window.app.ANSWER_SECONDS", 0.1)
    served, mounted = tmp_path / "served", tmp_path / "mounted"
    served.mkdir()
    mounted.mkdir()
    save_photo(served / "0.png", GRAYS[0])
    settings = Settings(images=str(mounted / "nowhere"))
    try:
        with stalling_share(served, mounted) as share:
            share.stall()
            check_sources(settings)
            share.go_on()
            with pytest.raises(UsageError, match="there is no such folder"):
                check_sources(settings)
    except NoShareError as error:
        pytest.skip(str(error))


def test_what_never_comes_back_is_counted() -> None:
    assert returns([0.5, None, 1.5]) == {"never_back": 1, "back_seconds_median": 1.0, "back_seconds_max": 1.5}
    assert returns([None]) == {"never_back": 1, "back_seconds_median": None, "back_seconds_max": None}

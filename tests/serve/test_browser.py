"""A real Chromium at a server in a process of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.waiting import until
from tests.serve.chromium_page import canvas_size, changes, difference, handed_over, moves, page_of, settled
from tests.serve.conftest import Served, serving
from tests.serve.test_browser_keys import dom_event, sent_keys

KEYS = [(name, dom_event(name)) for name in sent_keys()]
NAMED = "keys => keys.map(([name, event]) => [name, nameOf(new KeyboardEvent('keydown', event))])"


def test_keys_mouse_size_and_reload(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url) as page:
        start = settled(page)
        assert page.evaluate(NAMED, KEYS) == [[name, name] for name, _ in KEYS]
        page.keyboard.press("o")
        after_key = changes(page, start, "what key o does")
        page.keyboard.press("/")
        page.keyboard.type("é ü")
        typed = changes(page, after_key, "what is typed")
        page.keyboard.press("Escape")
        changes(page, typed, "the palette's end")
        before = settled(page)
        page.mouse.move(550, 300)
        hovered = changes(page, before, "the tooltip")
        page.mouse.click(550, 300)
        clicked = changes(page, hovered, "the click")
        page.mouse.wheel(0, 200)
        changes(page, clicked, "the wheel")
        page.set_viewport_size({"width": 900, "height": 600})
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] == 900, "the new size")
        page.reload()
        page.wait_for_selector("#veil", state="hidden")
        assert page.is_hidden("#take")  # it still controls
        assert canvas_size(page)[0] == 900


@pytest.mark.slow
def test_pixel_ratio_and_touch(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url, viewport={"width": 700, "height": 640}, device_scale_factor=2) as page:
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] == 1400, "the picture in the page's pixels")
    phone = {"viewport": {"width": 390, "height": 740}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
    with page_of(chromium, served.url, **phone) as page:
        until(lambda: "nobody controls" in page.inner_text("#state"), "what is so")
        page.wait_for_timeout(4500)  # the other page's control has lapsed
        page.keyboard.press("o")
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] == 1170, "the phone's own pixels")
        before = settled(page)
        page.touchscreen.tap(110, 390)  # a tile
        tapped = changes(page, before, "the tap")
        page.tap("#moves [data-key=right]")
        changes(page, tapped, "the button of an arrow")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_camera_photo_and_two_viewers(chromium: Any, served: Served, photos: Path) -> None:
    with page_of(chromium, served.url) as page, page_of(chromium, served.url) as other:
        assert page.is_hidden("#take") and other.is_visible("#take")
        for press in (lambda: other.keyboard.press("o"), lambda: other.mouse.click(550, 300)):
            other.evaluate("notice('')")
            press()
            assert other.inner_text("#notice") == "You are watching; take control first."
        before = settled(page)
        photo = next(path for path in sorted(photos.iterdir()) if path.suffix in (".jpg", ".png"))
        page.dispatch_event("#picture", "drop", {"dataTransfer": handed_over(page, photo)})
        shown = changes(page, before, "the dropped photo")
        page.evaluate(
            "clipboardData => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true}))",
            handed_over(page, next(path for path in sorted(photos.iterdir()) if path != photo)),
        )
        changes(page, shown, "the pasted photo")
        until(lambda: page.wait_for_timeout(20) or difference(other, page) < 1, "the same in both")
        page.click("#camera")
        moves(page, "the camera's pictures")
        page.click("#camera")
        until(lambda: page.wait_for_timeout(50) or not page.evaluate("facts.camera_is_on"), "no camera")
        settled(page)  # a photo again
        assert page.evaluate("stream === null")  # it is not asked for again
        other.click("#take")
        until(lambda: page.wait_for_timeout(50) or page.is_visible("#take"), "the other's control")
        with other.expect_download() as download:
            other.click("#screenshot")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_network_gone_and_back(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url) as page:
        before = settled(page)
        os.kill(served.process.pid, signal.SIGSTOP)
        page.wait_for_timeout(500)
        os.kill(served.process.pid, signal.SIGCONT)
        page.evaluate("socket.close()")  # the page's own name for its connection
        page.wait_for_timeout(900)
        page.wait_for_selector("#veil", state="hidden")
        page.keyboard.press("o")
        changes(page, before, "what a key does after the connection has come back")
        page.keyboard.press("q")
        page.keyboard.press("q")  # others may look on, so it is asked for twice
        page.wait_for_selector("#veil")
        assert "has ended" in page.inner_text("#veil")
    assert served.process.wait(30) == 0


@pytest.mark.slow
def test_a_page_of_an_earlier_start_says_so(
    chromium: Any, served: Served, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    with page_of(chromium, served.url) as page:
        served.process.kill()
        served.process.wait(30)
        place = served.place.removeprefix("http://")
        with serving(*tiny, "--images", str(photos), folder=tmp_path, address=(place,)):
            until(lambda: page.wait_for_timeout(50) or "started anew" in page.inner_text("#veil"), "the sentence")
            page.wait_for_timeout(5000)
            assert page.inner_text("#veil").startswith("The token is another: deepvis was started anew")  # and stays


@pytest.mark.parametrize("size", [(1500, 930), (390, 740)])
def test_no_part_of_the_bar_is_cut(chromium: Any, served: Served, size: tuple[int, int]) -> None:
    with page_of(chromium, served.url, viewport={"width": size[0], "height": size[1]}) as page:
        right = page.evaluate(
            "Math.max(...[...document.querySelectorAll('#bar button')].map(b => b.getBoundingClientRect().right))"
        )
        assert 0 < right <= size[0]
        assert page.is_hidden("#moves")  # there is a keyboard
        assert np.all(np.array(canvas_size(page)) > 200)


def test_who_has_the_address_to_look_on_never_controls(
    chromium: Any, tiny: list[str], photos: Path, tmp_path: Path
) -> None:
    with serving(*tiny, "--images", str(photos), "--serve-view", folder=tmp_path) as served:
        assert served.process.stdout is not None
        words, _, view_url = served.process.stdout.readline().strip().partition(": ")
        assert words == "to look on, without control"
        assert view_url.startswith(served.place) and served.token not in view_url
        with page_of(chromium, view_url) as onlooker:
            assert onlooker.is_hidden("#take") and "watching" in onlooker.inner_text("#state")
            onlooker.evaluate(
                "send({type: 'control'}); send({type: 'key', key: 'q'}); send({type: 'record', on: true})"
            )
            upload = "fetch(address('photo', {name: 'a.jpg'}), {method: 'POST', body: 'x'}).then(a => a.status)"
            assert onlooker.evaluate(upload) == 403
            before = settled(onlooker)
            assert served.process.poll() is None and not onlooker.evaluate("facts.controls || facts.recording")
            with page_of(chromium, served.url) as page:
                assert page.is_hidden("#take") and page.evaluate("facts.controls")
                page.keyboard.press("o")
                changes(onlooker, before, "what the other page's key does")

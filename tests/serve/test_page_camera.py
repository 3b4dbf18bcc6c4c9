"""When a page's camera is on in a real Chromium: from its button or key c in that page, until photos are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.helpers.waiting import until
from tests.serve.chromium_page import controlling_page, moves, page_of
from tests.serve.conftest import Served

IS_LIVE = "stream !== null && stream.getTracks().some(track => track.readyState === 'live')"
WAITS = "The window waits for a camera: press Camera, or c for photos."


def comes_to(page: Any, script: str, what: str) -> None:
    until(lambda: page.wait_for_timeout(50) or page.evaluate(script), what)


def test_no_page_gives_its_camera_unless_it_is_asked_in_that_page(chromium: Any, window: Served) -> None:
    with page_of(chromium, window.url) as page:
        page.click("#camera")
        moves(page, "the camera's pictures")
        with page_of(chromium, window.url) as other:
            other.keyboard.press("h")
            other.click("#take")
            comes_to(other, f"$('notice').textContent === '{WAITS}' && !$('notice').hidden", "the sentence")
            comes_to(page, "stream === null", "the end of the first page's camera")
            page.click("#take")
            comes_to(page, f"$('notice').textContent === '{WAITS}'", "the sentence there")
            for each in (page, other):
                each.wait_for_timeout(500)
                assert not each.evaluate(IS_LIVE)
    with controlling_page(chromium, window.url) as anew:  # all pages were closed; the window still wants a camera
        comes_to(anew, f"$('notice').textContent === '{WAITS}'", "the sentence in a page that is opened")
        anew.wait_for_timeout(500)
        assert not anew.evaluate(IS_LIVE)
        anew.click("#camera")
        comes_to(anew, "facts.camera_is_on", "the camera, with its button")
        assert anew.evaluate(IS_LIVE)
        anew.keyboard.press("c")
        comes_to(anew, "stream === null && !facts.camera_is_on", "the end with photos")


def test_what_was_said_of_a_camera_that_failed_goes_once_it_is_tried_again(chromium: Any, window: Served) -> None:
    with controlling_page(chromium, window.url) as page:
        page.evaluate(
            """() => { const devices = navigator.mediaDevices; window.asks = devices.getUserMedia;
                       devices.getUserMedia = async () => { throw new Error("Permission denied"); }; }"""
        )
        page.click("#camera")
        comes_to(page, "$('notice').textContent === 'The camera gives no pictures: Permission denied.'", "the reason")
        page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.asks; }")
        page.click("#camera")
        assert page.is_hidden("#notice")
        comes_to(page, f"facts.camera_is_on && {IS_LIVE}", "the camera")
        assert page.is_hidden("#notice")
        page.click("#camera")
        comes_to(page, "stream === null && !facts.camera_is_on", "its end")


def test_photos_end_the_camera_and_c_begins_it_again(chromium: Any, window: Served, photos: Path) -> None:
    with controlling_page(chromium, window.url) as page:
        page.click("#camera")
        comes_to(page, "facts.camera_is_on", "the camera")
        moves(page, "the camera's pictures")
        page.evaluate("() => { window.lost = socket; socket.close(); }")
        comes_to(page, "socket !== lost && socket.readyState === WebSocket.OPEN", "the new connection")
        moves(page, "the pictures of its camera, which stayed on")
        assert page.evaluate(f"facts.camera_is_on && {IS_LIVE} && $('notice').hidden")
        for _ in range(2):
            track = page.evaluate_handle("stream.getTracks()[0]")
            page.keyboard.press("c")
            comes_to(page, "stream === null && !facts.camera_is_on", "the end of the camera")
            assert track.evaluate("track => track.readyState") == "ended"
            assert page.get_attribute("#camera", "aria-pressed") == "false"
            page.keyboard.press("c")  # in this page: it is asked
            comes_to(page, f"facts.camera_is_on && {IS_LIVE}", "the camera again")
            moves(page, "its pictures")
        photo = list(next(path for path in sorted(photos.iterdir()) if path.suffix == ".png").read_bytes())
        page.evaluate("bytes => upload([new File([new Uint8Array(bytes)], 'cat.png')])", photo)
        comes_to(page, "stream === null && !facts.camera_is_on", "the end of the camera with a photo")
        page.click("#camera")  # does what it says
        comes_to(page, f"facts.camera_is_on && {IS_LIVE}", "the camera, with its button")
        page.click("#camera")
        comes_to(page, "stream === null && !facts.camera_is_on", "its end, with its button")

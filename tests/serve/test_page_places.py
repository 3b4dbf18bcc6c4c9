"""Where a page can be: behind https, in a notebook's frame, on a phone that is held across; and what it downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.api.served import frame_html
from tests.helpers.waiting import until
from tests.serve.chromium_page import SUM, canvas_size, changes, moves, page_of, settled
from tests.serve.conftest import Served, serving

UPRIGHT = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
ACROSS = {"viewport": {"width": 844, "height": 390}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}


@pytest.fixture
def encrypted(tiny: list[str], photos: Path, tmp_path: Path, certificate: tuple[str, str]) -> Iterator[Served]:
    with serving(*tiny, "--images", str(photos), folder=tmp_path, address=("--tls", *certificate)) as program:
        yield program


@pytest.mark.slow
def test_the_window_over_https(chromium: Any, encrypted: Served) -> None:
    assert encrypted.url.startswith("https://127.0.0.1:")
    with page_of(chromium, encrypted.url, ignore_https_errors=True) as page:
        assert page.evaluate("socket.url").startswith("wss://")
        before = settled(page)
        page.keyboard.press("o")
        changes(page, before, "what a key does")
        page.click("#camera")  # browsers give it to encrypted pages
        moves(page, "the camera's pictures")
        with page.expect_download() as download:
            page.click("#screenshot")
        assert cv2.imread(str(download.value.path())) is not None


@pytest.mark.slow
def test_the_window_in_a_frame_of_another_page(chromium: Any, served: Served, tmp_path: Path) -> None:
    """As a notebook holds it: the page around it has another origin."""
    notebook = tmp_path / "notebook.html"
    notebook.write_text("<!DOCTYPE html><input id=cell value=abc><div id=output></div><p style='height: 900px'>")
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.goto(notebook.as_uri())
    page.focus("#cell")
    page.keyboard.press("End")
    page.evaluate("words => { document.getElementById('output').innerHTML = words; }", frame_html(served.url))
    frame = page.frame_locator("iframe")
    frame.locator("#veil").wait_for(state="hidden")
    picture = frame.locator("#picture")

    def look() -> int:
        return int(picture.evaluate(SUM))

    page.wait_for_timeout(1500)
    page.mouse.move(500, 400)
    page.mouse.wheel(0, 60)
    until(lambda: page.wait_for_timeout(50) or page.evaluate("scrollY") > 0, "the notebook scrolls under the frame")
    page.keyboard.type("xyz")
    assert page.input_value("#cell") == "abcxyz", "the frame took the keyboard without a click"
    before = look()
    picture.click(position={"x": 400, "y": 300})
    page.keyboard.press("h")
    until(lambda: look() != before, "what a key does in the frame")
    assert picture.evaluate("c => c.height") > 600
    frame.locator("#camera").click()
    seen: set[int] = set()
    until(lambda: seen.add(look()) or len(seen) > 4, "the camera's pictures in the frame")  # type: ignore[func-returns-value]
    context.close()


def test_a_frame_has_its_control_again_when_the_page_around_it_is_loaded_anew(
    chromium: Any, served: Served, tmp_path: Path
) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html>{frame_html(served.url)}")
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.goto(notebook.as_uri())
    frame = page.frame_locator("iframe")
    for _ in range(2):
        frame.locator("#veil").wait_for(state="hidden")
        assert frame.locator("#state").inner_text() == "deepvis"
        page.reload()
    context.close()


def test_a_duplicated_tab_is_one_more_viewer(chromium: Any, served: Served) -> None:
    """Browsers copy a tab's storage then, and with it the page's name."""
    with page_of(chromium, served.url) as page:
        name = page.evaluate("viewer")
        with page_of(chromium, served.url) as other:
            other.evaluate("name => { sessionStorage.viewer = name; }", name)
            other.reload()
            until(lambda: page.wait_for_timeout(50) or page.evaluate("facts.viewers === 2"), "both pages")
            until(lambda: page.wait_for_timeout(50) or page.is_visible("#take"), "the first looks on")
            page.wait_for_selector("#veil", state="hidden")
            assert other.evaluate("viewer") == name != page.evaluate("viewer")
            assert other.evaluate("facts.controls")
            page.click("#take")
            until(lambda: other.wait_for_timeout(50) or other.is_visible("#take"), "the first controls again")


@pytest.mark.slow
def test_a_phone_that_is_held_across(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url, **ACROSS) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert page.evaluate("document.getElementById('bar').scrollWidth <= innerWidth")  # the bar is not cut
        before = settled(page)
        page.touchscreen.tap(300, 200)
        changes(page, before, "the tap")
        wide, tall = canvas_size(page)
        page.set_viewport_size({"width": 360, "height": 740})  # it is turned
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[1] > tall, "the picture of the turned phone")
        assert canvas_size(page)[0] < wide


def video_frames(path: Path) -> list[np.ndarray]:
    video, frames = cv2.VideoCapture(str(path)), list[np.ndarray]()
    while (found := video.read())[0]:
        frames.append(found[1])
    return frames


def test_screenshot_and_recording_are_downloaded(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url) as page:
        before = settled(page)
        with page.expect_download() as download:
            page.click("#screenshot")
        shot = cv2.imread(str(download.value.path()))
        assert re.fullmatch(r"deepvis-\d{8}-\d{6}\.png", download.value.suggested_filename)
        assert shot is not None and (shot.shape[1], shot.shape[0]) == canvas_size(page)
        page.click("#record")
        page.wait_for_selector("#record[aria-pressed=true]")
        page.keyboard.press("o")
        changes(page, before, "what a key does")
        page.set_viewport_size({"width": 700, "height": 740})
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] == 700, "the new size")
        settled(page)
        with page.expect_download() as download:
            page.click("#record")
        assert download.value.suggested_filename == "deepvis-1.mp4"
        frames = video_frames(Path(download.value.path()))
        assert np.abs(np.array(frames[0].shape[:2]) - shot.shape[:2]).max() <= 1
        assert frames[-1].shape == frames[0].shape and frames[-1][:, 500:600].max() > 100
        assert all(frames[-1][:, beside].max() < 20 for beside in (slice(180), slice(-180, None))), "black beside it"


def test_a_recording_comes_to_the_page_that_began_it_and_is_there_for_others(chromium: Any, served: Served) -> None:
    with page_of(chromium, served.url) as one, page_of(chromium, served.url) as other:
        one.click("#record")
        one.wait_for_selector("#record[aria-pressed=true]")
        assert one.is_hidden("#recorded")
        one.reload()
        one.wait_for_selector("#record[aria-pressed=true]")
        other.click("#take")
        other.wait_for_selector("#record[aria-pressed=true]")
        with one.expect_download() as began, other.expect_download() as ended:
            other.click("#record")
        assert began.value.suggested_filename == ended.value.suggested_filename == "deepvis-1.mp4"
        one.close()
        other.wait_for_selector("#recorded")
        with other.expect_download() as again:
            other.click("#recorded")
        assert again.value.suggested_filename == "deepvis-1.mp4"


def test_a_phone_shows_all_of_what_is_said_of_who_controls(chromium: Any, served: Served) -> None:
    is_cut = (
        "() => { const s = $('state'); return s.scrollWidth > s.clientWidth || s.scrollHeight > s.clientHeight + 1; }"
    )
    with page_of(chromium, served.url, **UPRIGHT) as one, page_of(chromium, served.url, **UPRIGHT) as other:
        until(
            lambda: one.wait_for_timeout(20) or one.inner_text("#state") == "1 watching", "the controlling page's words"
        )
        assert other.inner_text("#state") == "you are watching, 1 more"
        one.evaluate("$('recorded').hidden = false")
        assert not one.evaluate(is_cut) and not other.evaluate(is_cut)
        one.close()
        until(lambda: other.wait_for_timeout(20) or other.inner_text("#state") == "nobody controls", "it has gone")
        assert not other.evaluate(is_cut)

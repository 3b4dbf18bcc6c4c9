"""A real Chromium at a server in a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.waiting import until
from tests.serve.conftest import Served

SUM = "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let s = 0; for (let i = 0; i < d.length; i += 41) s = (s * 31 + d[i]) % 1000003; return s; }"  # noqa: E501


@contextmanager
def page_of(chromium: Any, served: Served, **words: Any) -> Iterator[Any]:
    context = chromium.new_context(**{"viewport": {"width": 1100, "height": 740}, **words})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served.url)
    page.wait_for_selector("#veil", state="hidden")
    yield page
    context.close()
    assert errors == []


def look(page: Any) -> int:
    return int(page.eval_on_selector("#picture", SUM))


def settled(page: Any) -> int:
    """The picture's sum once it stays the same for a second."""
    before, same = look(page), 0
    while same < 10:
        page.wait_for_timeout(100)
        now = look(page)
        before, same = now, same + 1 if now == before else 0
    return before


def changes(page: Any, before: int, what: str) -> int:
    def differs() -> bool:
        page.wait_for_timeout(30)
        return look(page) != before

    until(differs, what)
    return settled(page)


def canvas_size(page: Any) -> tuple[int, int]:
    width, height = page.eval_on_selector("#picture", "c => [c.width, c.height]")
    return int(width), int(height)


def test_keys_mouse_size_and_reload(chromium: Any, served: Served) -> None:
    with page_of(chromium, served) as page:
        start = settled(page)
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
    with page_of(chromium, served, viewport={"width": 700, "height": 640}, device_scale_factor=2) as page:
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] == 1400, "the picture in the page's pixels")
    phone = {"viewport": {"width": 390, "height": 740}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
    with page_of(chromium, served, **phone) as page:
        page.wait_for_timeout(4500)  # the other page's control has lapsed
        page.keyboard.press("o")
        until(lambda: page.wait_for_timeout(50) or canvas_size(page)[0] < 700, "a picture for a phone")
        before = settled(page)
        page.touchscreen.tap(190, 300)
        changes(page, before, "the tap")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_camera_photo_and_two_viewers(chromium: Any, served: Served, photos: Path) -> None:
    with page_of(chromium, served) as page, page_of(chromium, served) as other:
        assert page.is_hidden("#take") and other.is_visible("#take")
        before = settled(page)
        photo = next(path for path in sorted(photos.iterdir()) if path.suffix in (".jpg", ".png"))
        content = photo.read_bytes()
        transfer = page.evaluate_handle(
            "bytes => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array(bytes)], 'my cat.jpg',"
            " {type: 'image/jpeg'})); return t; }",
            list(content),
        )
        page.dispatch_event("#picture", "drop", {"dataTransfer": transfer})
        shown = changes(page, before, "the dropped photo")
        assert settled(other) != 0
        page.click("#camera")
        seen = {shown}

        def moves() -> bool:
            page.wait_for_timeout(100)
            seen.add(look(page))
            return len(seen) > 6

        until(moves, "the camera's pictures")
        page.click("#camera")
        page.keyboard.press("c")
        other.click("#take")
        until(lambda: page.wait_for_timeout(50) or page.is_visible("#take"), "the other's control")
        with other.expect_download() as download:
            other.click("#screenshot")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_network_gone_and_back(chromium: Any, served: Served) -> None:
    with page_of(chromium, served) as page:
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
        page.wait_for_selector("#veil")
        assert "has ended" in page.inner_text("#veil")
    assert served.process.wait(30) == 0


@pytest.mark.parametrize("size", [(1500, 930), (390, 740)])
def test_no_part_of_the_bar_is_cut(chromium: Any, served: Served, size: tuple[int, int]) -> None:
    with page_of(chromium, served, viewport={"width": size[0], "height": size[1]}) as page:
        right = page.evaluate(
            "Math.max(...[...document.querySelectorAll('#bar button')].map(b => b.getBoundingClientRect().right))"
        )
        assert 0 < right <= size[0]
        assert np.all(np.array(canvas_size(page)) > 200)

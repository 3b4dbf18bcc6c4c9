"""What a page says in a real Chromium: why there is no camera, and how its words go away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.waiting import until
from tests.serve.chromium_page import controlling_page, handed_over, page_of
from tests.serve.conftest import Served

NO_MEDIA = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined, configurable: true})"
NO_CAMERA = (
    "navigator.mediaDevices.getUserMedia = async () => {"
    " throw new DOMException('Requested device not found', 'NotFoundError'); }"
)
DROP_WORDS = (
    "() => { const dataTransfer = new DataTransfer(); dataTransfer.items.add(new File(['words'], 'bikes.mp4'));"
    " $('picture').dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true})); }"
)

DRAG = """() => {
  const finger = {pointerId: 7, pointerType: "touch", clientX: 150, bubbles: true};
  const moves = (kind, clientY) => $("picture").dispatchEvent(new PointerEvent(kind, {...finger, clientY}));
  moves("pointerdown", 300);
  for (let row = 310; row < 400; row += 10) moves("pointermove", row);
  moves("pointerup", 400);
}"""


@pytest.fixture
def page(chromium: Any, window: Served) -> Iterator[Any]:
    """A page that controls."""
    with controlling_page(chromium, window.url) as found:
        yield found


@pytest.mark.parametrize(
    ("missing", "why"), [(NO_CAMERA, "Requested device not found"), (NO_MEDIA, "the page needs https, or a tunnel")]
)
def test_the_page_says_why_there_is_no_camera(page: Any, missing: str, why: str) -> None:
    page.evaluate(f"() => {{ {missing} }}")
    page.click("#camera")  # while photos are shown
    until(lambda: page.wait_for_timeout(20) or page.is_visible("#notice"), "the reason")
    assert page.inner_text("#notice").startswith(f"The camera gives no pictures: {why}")
    page.evaluate("notice('')")
    page.keyboard.press("c")
    until(lambda: page.wait_for_timeout(20) or page.is_visible("#notice"), "the reason, asked for with c")
    page.keyboard.press("c")  # photos


def test_a_notice_goes_away_and_is_in_nobodys_way(page: Any, photos: Path) -> None:
    def refused() -> None:
        page.evaluate(DROP_WORDS)
        page.evaluate("uploads")  # it was sent, and answered
        assert "bikes.mp4" in page.inner_text("#notice")

    refused()
    photo = next(path for path in sorted(photos.iterdir()) if path.suffix == ".png")
    page.dispatch_event("#picture", "drop", {"dataTransfer": handed_over(page, photo)})
    assert "bikes.mp4" not in page.inner_text("#notice")
    page.evaluate("uploads")  # the photo is there
    assert page.is_hidden("#notice")
    refused()
    page.keyboard.press("Escape")
    assert page.is_hidden("#notice")
    refused()
    area = page.locator("#notice").bounding_box()
    row, col = area["y"] + area["height"] / 2, area["x"] + area["width"] / 2
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).id", [col, row]) == "picture"
    page.mouse.click(col, row)
    assert page.is_hidden("#notice")


def test_a_photo_that_takes_long_is_said_to_be_sent_and_why_it_did_not_arrive(page: Any, photos: Path) -> None:
    asked: list[Any] = []
    page.route("**/photo?*", lambda route: asked.append(route))  # a link so slow that nothing comes of it
    photo = next(path for path in sorted(photos.iterdir()) if path.suffix == ".png")
    page.dispatch_event("#picture", "drop", {"dataTransfer": handed_over(page, photo)})
    assert page.is_visible("#notice") and page.inner_text("#notice") == "Sending my cat.jpg ..."
    until(lambda: page.wait_for_timeout(20) or asked, "the photo's request")
    asked[0].fulfill(status=408, body="the photo did not arrive: nothing came for 20 seconds\n")
    until(lambda: page.wait_for_timeout(20) or "Sending" not in page.inner_text("#notice"), "the answer")
    assert page.inner_text("#notice") == "my cat.jpg: the photo did not arrive: nothing came for 20 seconds"
    page.unroute("**/photo?*")


def test_who_watches_is_told_why_the_wheel_does_nothing_until_it_controls(
    chromium: Any, page: Any, window: Served
) -> None:
    phone = {"viewport": {"width": 390, "height": 740}, "has_touch": True, "is_mobile": True}
    said = "$('notice').hidden ? '' : $('notice').textContent"
    watching = "You are watching; take control first."
    for words in ({}, phone):
        with page_of(chromium, window.url, **words) as other:
            if words:
                other.evaluate(DRAG)
            else:
                other.mouse.move(300, 300)
                assert other.evaluate(said) == "", "a move asks for nothing"
                other.mouse.wheel(0, 120)
            until(lambda each=other: each.wait_for_timeout(20) or each.evaluate(said) == watching, "the sentence")
            other.click("#take")
            until(lambda each=other: each.wait_for_timeout(20) or each.evaluate(said) == "", "its end")
            assert other.evaluate("facts.controls")
        page.click("#take")

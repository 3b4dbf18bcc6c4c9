"""What a page makes of what it is given in a real Chromium: words that a keyboard composes, Option, many photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deepvis.serve.limits import MOST_VIEWERS
from tests.helpers.waiting import until
from tests.serve.chromium_page import changes, controlling_page, settled
from tests.serve.conftest import Served

NOTE_KEYS = (
    "(() => { window.keys = []; const through = socket.send.bind(socket); socket.send = (message) => {"
    " const found = typeof message === 'string' ? JSON.parse(message) : {};"
    " if (found.type === 'key') keys.push(found.key); through(message); }; })()"
)
OPTION = (
    "words => [...words].map(key => nameOf(new KeyboardEvent('keydown', {key, altKey: true, modifierAltGraph: false})))"
)

# A mouse and a screen of 360 Hz for half a second; what was sent, as kinds, and how far the wheel was turned in all.
FAST_MOUSE = """() => new Promise((done) => {
  const sent = [], through = socket.send.bind(socket), pace = setInterval(later, 3), beginning = performance.now();
  const area = canvas.getBoundingClientRect();
  socket.send = (message) => { sent.push(JSON.parse(message)); through(message); };
  window.requestAnimationFrame = (act) => setTimeout(act, 0);
  function later() {
    const place = {clientX: area.left + 9 + sent.length % 9, clientY: area.top + 9, bubbles: true, cancelable: true};
    canvas.dispatchEvent(new PointerEvent("pointermove", {...place, pointerType: "mouse"}));
    canvas.dispatchEvent(new WheelEvent("wheel", {...place, deltaY: 60}));
    turns++;
    if (performance.now() - beginning < 500) return;
    clearInterval(pace);
    setTimeout(() => {
      socket.send = through;
      const mice = sent.filter(({type}) => type === "mouse");
      done({moves: mice.filter(({kind}) => kind === "move").length, turns,
        seconds: (performance.now() - beginning) / 1000,
        wheels: mice.filter(({kind}) => kind === "wheel").length,
        steps: mice.reduce((sum, {steps}) => sum - (steps || 0), 0)});
    }, 100);
  }
  let turns = 0;
})"""

DROP = (
    "async ([bytes, count]) => {"
    " const post = () => fetch(address('photo', {name: 'a.png'}), {method: 'POST', body: 'x'});"
    " const answers = await Promise.all(Array.from({length: 40}, post));"
    " const content = new Uint8Array(bytes), files = [new File(['words'], 'notes.txt')];"
    " for (let i = 1; i < count; i++) files.push(new File([content], `cat ${i}.png`));"
    " const dataTransfer = new DataTransfer();"
    " for (const file of files) dataTransfer.items.add(file);"
    " $('picture').dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));"
    " return answers.map(answer => answer.status); }"
)


OTHER_SCRIPTS = """() => {  // they have no nonce, or are of another kind than the page has
  const add = (words) => document.head.append(Object.assign(document.createElement("script"), words));
  add({textContent: "window.ran = 'inline'"});
  add({textContent: "window.ran = 'module'", type: "module"});
  add({src: "data:text/javascript,window.ran = 'data'"});
  add({src: address("screenshot.png")});
  document.body.insertAdjacentHTML('beforeend', `<img src=x onerror="window.ran = 'attribute'">`);
}"""


@pytest.fixture
def page(chromium: Any, window: Served) -> Iterator[Any]:
    """A page that controls, and writes down the keys that it sends."""
    with controlling_page(chromium, window.url) as found:
        found.evaluate(NOTE_KEYS)
        yield found


class ScreenKeyboard:
    """A keyboard on a screen that composes words: ``shown`` is the word before it is done."""

    def __init__(self, page: Any) -> None:
        self._page, self._devtools = page, page.context.new_cdp_session(page)
        page.evaluate("$('typing').focus(); keys.length = 0")

    def shown(self, *words: str) -> None:
        for word in words:
            place = {"selectionStart": len(word), "selectionEnd": len(word)}
            self._devtools.send("Input.imeSetComposition", {"text": word, **place})

    def done(self, word: str) -> None:
        self._devtools.send("Input.insertText", {"text": word})

    def sent(self) -> list[str]:
        """The keys since the last time."""
        return list(self._page.evaluate("keys.splice(0)"))


def test_a_keyboard_that_composes_words_types_into_the_palette(page: Any) -> None:
    page.keyboard.press("/")
    keyboard, opened = ScreenKeyboard(page), settled(page)
    keyboard.shown("c", "co", "con", "conv", "conv2")
    assert keyboard.sent() == list("conv2")  # before the word is done
    changes(page, opened, "what was found")
    keyboard.done("conv2")
    assert keyboard.sent() == []
    keyboard.shown("b", "bl", "bk")  # the keyboard has changed its mind
    assert keyboard.sent() == ["b", "l", "backspace", "k"]
    keyboard.done("back ")
    assert keyboard.sent() == ["backspace", "a", "c", "k", "space"]
    page.keyboard.press("Backspace")
    assert keyboard.sent() == ["backspace"]
    keyboard.done("x")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert keyboard.sent() == ["x", "backspace", "backspace"]


def test_enter_and_leaving_the_field_lose_no_letter_of_a_word(page: Any) -> None:
    keyboard = ScreenKeyboard(page)
    page.keyboard.press("/")
    keyboard.sent()
    keyboard.shown("conv1")
    page.keyboard.press("Enter")
    assert keyboard.sent() == [*"conv1", "enter"]
    keyboard.done("conv1")
    keyboard.shown("o")
    page.evaluate("canvas.focus()")
    assert keyboard.sent() == ["o"]
    page.keyboard.press("o")
    assert keyboard.sent() == ["o"]


def test_signs_that_are_typed_with_option_are_sent(page: Any) -> None:
    assert page.evaluate(OPTION, "[]{}|@~") == list("[]{}|@~")
    assert page.evaluate(OPTION, "a7å ñ") == [""] * 5  # menus, and letters that are no keys here
    assert page.evaluate("nameOf(new KeyboardEvent('keydown', {key: 'Tab', altKey: true}))") == ""
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: ']', altKey: true, bubbles: true}))")
    assert page.evaluate("keys") == ["]"]


def test_a_fast_mouse_sends_no_more_than_a_usual_one_and_loses_no_step_of_the_wheel(page: Any) -> None:
    sent = page.evaluate(FAST_MOUSE)
    most = sent["seconds"] / 0.016 + 2
    assert 1 <= sent["moves"] <= most and 1 <= sent["wheels"] <= most
    assert sent["steps"] == sent["turns"]
    assert page.is_hidden("#veil")


def test_photos_wait_until_the_server_takes_them_and_what_is_none_is_named(page: Any, photos: Path) -> None:
    photo = next(path for path in sorted(photos.iterdir()) if path.suffix == ".png")
    statuses = page.evaluate(DROP, [list(photo.read_bytes()), 5])
    assert 429 in statuses  # it takes no more for now
    seen: set[str] = set()

    def is_over() -> bool:
        page.wait_for_timeout(20)
        seen.add(page.inner_text("#notice"))
        return "were sent" in page.inner_text("#notice")

    until(is_over, "all photos")
    words = "4 of 5 photos were sent. Not sent: notes.txt is no picture in a format that can be read"
    assert page.inner_text("#notice") == words
    assert any(f"Sending photos: {number} of 5 ..." in seen for number in range(1, 6))


def test_the_page_is_one_small_answer_and_runs_no_other_script(page: Any) -> None:
    assert 0 < page.evaluate("performance.getEntriesByType('navigation')[0].transferSize") < 16_000
    loaded = page.evaluate("performance.getEntriesByType('resource').map(each => each.name.slice(0, 4))")
    assert "http" not in loaded
    page.evaluate(OTHER_SCRIPTS)
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None


def test_a_page_that_there_is_no_room_for_shows_a_sentence_and_no_buttons(
    chromium: Any, page: Any, window: Served
) -> None:
    watching = chromium.new_context(viewport={"width": 300, "height": 240})
    for _ in range(MOST_VIEWERS - 1):
        each = watching.new_page()
        each.goto(window.url)
        each.wait_for_selector("#veil", state="hidden")
    one_more = watching.new_page()
    one_more.goto(window.url)
    words = "Too many pages look at this window"
    until(lambda: one_more.wait_for_timeout(50) or words in one_more.inner_text("#veil"), "the end of its connection")
    shown = (
        "[...document.querySelectorAll('#bar button')].filter(each => each.checkVisibility({visibilityProperty: true}))"
    )
    assert one_more.evaluate(f"{shown}.length") == 0 and page.evaluate(f"{shown}.length") >= 4
    one_more.wait_for_timeout(2500)  # it has tried again
    assert words in one_more.inner_text("#veil") and one_more.is_visible("#veil")
    watching.pages[0].close()
    one_more.wait_for_selector("#veil", state="hidden", timeout=10000)  # by itself
    assert one_more.evaluate(f"{shown}.length") >= 1
    watching.close()

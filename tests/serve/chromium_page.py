"""A page of a served window in Chromium, as the tests drive and look at it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.helpers.waiting import until

# What the page's modules export, as names of the page: its scripts alone may import, which have its nonce.
EXPORTS = """addEventListener("DOMContentLoaded", () => {
  const map = document.querySelector("script[type=importmap]");
  if (!map) return;
  window.offer = (module) => {
    for (const name of Object.keys(module)) {
      Object.defineProperty(window, name, {get: () => module[name], configurable: true});
    }
  };
  const names = Object.keys(JSON.parse(map.textContent).imports);
  const script = Object.assign(document.createElement("script"), {type: "module", nonce: map.nonce});
  script.textContent = names.map((name, i) => `import * as m${i} from "${name}"; offer(m${i});`).join("")
    + "window.hasExports = true;";
  document.head.append(script);
});"""
SUM = "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let s = 0; for (let i = 0; i < d.length; i += 41) s = (s * 31 + d[i]) % 1000003; return s; }"  # noqa: E501


@contextmanager
def page_of(chromium: Any, url: str, **words: Any) -> Iterator[Any]:
    """A page at an address; no error may happen in it. words: of its context."""
    context = chromium.new_context(**{"viewport": {"width": 1100, "height": 740}, **words})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(EXPORTS)
    page.goto(url)
    page.wait_for_selector("#veil", state="hidden")
    until(lambda: page.evaluate("window.hasExports"), "the names of the page")
    yield page
    context.close()
    assert errors == []


@contextmanager
def controlling_page(chromium: Any, url: str) -> Iterator[Any]:
    """A page at an address that controls the window."""
    with page_of(chromium, url) as page:
        if page.is_visible("#take"):
            page.click("#take")
            page.wait_for_selector("#take", state="hidden")
        yield page


def look(page: Any) -> int:
    """A number that stands for the picture."""
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
    """Wait until the picture is another, and settles; its sum then."""

    def differs() -> bool:
        page.wait_for_timeout(30)
        return look(page) != before

    until(differs, what)
    return settled(page)


def difference(page: Any, other: Any) -> float:
    """The mean difference of two pages' pictures once both stay the same, in gray levels; infinite for two sizes."""
    shown = []
    for each in (page, other):
        settled(each)
        coded = each.eval_on_selector("#picture", "c => c.toDataURL('image/png').split(',')[1]")
        shown.append(cv2.imdecode(np.frombuffer(base64.b64decode(coded), np.uint8), cv2.IMREAD_COLOR).astype(int))
    return float(np.abs(shown[0] - shown[1]).mean()) if shown[0].shape == shown[1].shape else float("inf")


def canvas_size(page: Any) -> tuple[int, int]:
    """(width, height) of the picture in its own pixels."""
    width, height = page.eval_on_selector("#picture", "c => [c.width, c.height]")
    return int(width), int(height)


def handed_over(page: Any, photo: Path) -> Any:
    """A photo as a page gets it with a drop or a paste."""
    return page.evaluate_handle(
        "bytes => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array(bytes)], 'my cat.jpg',"
        " {type: 'image/jpeg'})); return t; }",
        list(photo.read_bytes()),
    )


def moves(page: Any, what: str) -> None:
    """Wait until six more pictures have been seen."""
    seen = {look(page)}

    def has_moved() -> bool:
        page.wait_for_timeout(100)
        seen.add(look(page))
        return len(seen) > 6

    until(has_moved, what)

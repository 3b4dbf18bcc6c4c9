"""The gallery of the embedded model in a real browser: pictures, search, links, on a phone, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from deepvis.core.unit_files import unit_image_paths
from tests.gallery.conftest import ODD_LAYERS

DESKTOP = {"viewport": {"width": 1500, "height": 930}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
TOUCH = 44  # pixels a side that a finger needs
PAGES = ("index.html", "all-units.html", "true-sizes.html", "conv5/index.html", "fc8/index.html", "fc6/index.html",
         "conv1/0003.html", "fc8/0003.html", "fc6/0000.html")  # fmt: skip

# pictures that are drawn, of images and of backgrounds: those that are broken have no size
BROKEN = """async () => {
  const urls = [...document.images].map(i => i.src);
  for (const e of document.querySelectorAll('i')) {
    const found = getComputedStyle(e).backgroundImage.match(/url\\("(.*)"\\)/);
    if (found) urls.push(found[1]);
  }
  const broken = [];
  for (const url of new Set(urls)) {
    const image = new Image();
    image.src = url;
    try { await image.decode(); } catch { broken.push(url); }
  }
  return [urls.length, broken];
}"""


class Watched:
    """A page of the browser, and what it did that it should not do."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page, self.folder, self.problems = page, folder.resolve(), []
        page.on("console", lambda said: self.problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", self._check)

    def _check(self, request: Any) -> None:
        parts = urlsplit(request.url)
        inside = parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(self.folder)
        if not inside and parts.scheme not in ("data", "blob"):
            self.problems.append(f"leaves the folder: {request.url}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page still asked for when another was opened
            self.problems.append(f"failed: {request.url}")

    def open(self, name: str) -> Any:
        self.page.goto((self.folder / name).as_uri())
        return self.page

    @property
    def place(self) -> str:
        """The page that is shown, from the folder."""
        return unquote(urlsplit(self.page.url).path).removeprefix(f"{self.folder}/")


@pytest.fixture
def desktop(chromium: Any, mini: Path) -> Iterator[Watched]:
    yield from _watched(chromium, mini, DESKTOP)


@pytest.fixture
def phone(chromium: Any, mini: Path) -> Iterator[Watched]:
    yield from _watched(chromium, mini, PHONE)


def _watched(chromium: Any, mini: Path, how: dict[str, Any]) -> Iterator[Watched]:
    context = chromium.new_context(**how)
    watched = Watched(context.new_page(), mini)
    yield watched
    context.close()
    assert watched.problems == []


def test_every_kind_of_page_shows_its_pictures_on_a_desktop_and_a_phone(desktop: Watched, phone: Watched) -> None:
    for name in PAGES:
        for watched in (desktop, phone):
            page = watched.open(name)
            count, broken = page.evaluate(BROKEN)
            assert broken == [] and (count > 0 or name.startswith("fc6")), name
            width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert width <= room, f"{name} is wider than the screen"


def test_what_a_finger_touches_is_large_enough(phone: Watched) -> None:
    for name in PAGES:
        sizes = phone.open(name).evaluate(
            """() => [...document.querySelectorAll(
            'nav a, .strip a, .units a, .steps > a, input, select, .some a, summary')].map(
            e => [e.getBoundingClientRect().width, e.getBoundingClientRect().height, e.textContent])"""
        )
        assert sizes and [each for each in sizes if min(each[:2]) < TOUCH] == [], name


def test_the_search_finds_classes_numbers_and_layers(desktop: Watched) -> None:
    page = desktop.open("index.html")

    def found(text: str) -> list[str]:
        page.fill("input[type=search]", text)
        return page.locator("#found li").all_inner_texts()

    assert [words.split() for words in found("flaming")] == [["fc8", "40", "flamingo"], ["fc8", "41", "flamingo_head"]]
    assert [words.split() for words in found("155")][:2] == [["unit", "conv3", "155"], ["unit", "conv4", "155"]]
    assert found("conv5 7")[0].split()[-2:] == ["conv5", "7"]
    page = desktop.open("conv4/0003.html")  # of a layer's pages its own units come first
    assert [words.split()[1:] for words in found("155")][:2] == [["conv4", "155"], ["conv3", "155"]]
    assert [words.split()[-2:] for words in found("conv5/0042")] == [["conv5", "42"]]
    assert [words.split()[-1] for words in found("fc")] == ["fc6", "fc7", "fc8"]
    assert found("no such thing") == ["no class, layer or unit of that name"]
    assert found("  ") == [] and page.locator("#found").is_hidden()


def test_a_search_leads_to_its_unit_from_any_page(desktop: Watched) -> None:
    page = desktop.open("conv1/0003.html")
    page.keyboard.press("/")
    page.keyboard.type("Flamingo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fc8/0040.html")
    assert page.title() == "fc8 40: flamingo"
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/fc8/0041.html")
    page.click("a[rel=prev]")
    page.wait_for_url("**/fc8/0040.html")
    page.click("h1 a")
    page.wait_for_url("**/fc8/index.html")
    page.fill("input[type=search]", "menorah")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fc8/0062.html")


def test_a_unit_leads_to_its_nearest_and_the_grid_to_its_units(desktop: Watched) -> None:
    page = desktop.open("conv5/index.html")
    assert page.locator(".units a").count() == 160
    page.locator(".units a").nth(42).click()
    assert desktop.place == "conv5/0042.html"
    nearest = page.locator(".units a")
    assert nearest.count() == 8
    target = nearest.first.get_attribute("href")
    nearest.first.click()
    assert desktop.place == f"conv5/{target}"


def test_a_place_in_the_picture_of_all_units_is_a_unit(desktop: Watched, phone: Watched) -> None:
    for watched in (desktop, phone):
        page = watched.open("all-units.html")
        box = page.locator(".sheet[data-folder=fc8]").bounding_box()
        page.locator(".sheet[data-folder=fc8] img").click(
            position={"x": box["width"] * 0.25, "y": box["height"] * 0.45}  # row 4, column 2 of 10 x 10
        )
        page.wait_for_url("**/fc8/0042.html")


def test_a_block_shows_its_part_of_the_montage(desktop: Watched, root: Path) -> None:
    """Each window shows another quarter of the file, whole and at one scale, under the name of its preset."""
    place = unit_image_paths(root / "models" / "caffenet-mini" / "unit_jpg_vis", "fc8")
    blocks = {int(n) - 1: each["preset"] for n, each in json.loads(place.how.read_text())["blocks"].items()}
    page = desktop.open("fc8/0003.html")
    assert page.locator("figcaption b").all_inner_texts()[: len(blocks)] == list(blocks.values())
    places = page.evaluate(
        """() => [...document.querySelectorAll('.block')].map(block => {
        const a = block.getBoundingClientRect(), image = block.firstElementChild, b = image.getBoundingClientRect();
        return [(a.left - b.left) / b.width, (a.top - b.top) / b.height, a.width / b.width, a.height / b.height,
                b.width / b.height * image.naturalHeight / image.naturalWidth];})"""
    )
    expected = [[n % 2 / 2, n // 2 / 2, 0.5, 0.5, 1] for n in blocks]
    assert [pytest.approx(place, abs=0.01) for place in places] == expected
    assert page.locator(".input").count() == 1


def test_true_sizes_are_true(desktop: Watched) -> None:
    """A unit's pictures have the size of its outline in the input: one, or two along a side with a gap."""
    page = desktop.open("true-sizes.html")
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('.row')].map(row => [row.querySelector('.outline i').offsetWidth,
        row.querySelector('.outline').clientWidth, row.querySelector('.some a i').offsetWidth])"""
    )
    scale, fields = 2, (9, 29, 53, 69, 85)
    assert [one for one, _, _ in sizes][:5] == [scale * side for side in fields]
    assert {one for one, _, _ in sizes[5:]} == {scale * 117}
    for one, whole, drawn in sizes:
        assert whole == pytest.approx(scale * 117, abs=2) and drawn in (one, 2 * one + scale)


def test_names_that_are_no_words(chromium: Any, odd: Path) -> None:
    for watched in _watched(chromium, odd, DESKTOP):
        first, second = ODD_LAYERS[1], f"{ODD_LAYERS[1]}~2"  # folders
        for name in ("index.html", "all-units.html", "true-sizes.html", f"{first}/index.html", f"{second}/0000.html"):
            count, broken = watched.open(name).evaluate(BROKEN)
            assert broken == [] and count > 0, name
        page = watched.open(f"{first}/0002.html")
        assert page.locator(".block").count() == 1
        page.fill("input[type=search]", "a-b 0")
        page.keyboard.press("Enter")
        page.wait_for_url("**~2/0000.html")
        assert page.title() == f"{ODD_LAYERS[1]} 0" and page.locator(".block").count() == 1
        watched.open("all-units.html").locator(".sheet img").first.click(position={"x": 2, "y": 2})
        page.wait_for_url("**/0000.html")
        assert watched.place == f"{first}/0000.html"


def test_light_and_dark(chromium: Any, mini: Path) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(**DESKTOP, color_scheme=scheme)
        page = context.new_page()
        page.goto((mini / "index.html").as_uri())
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    brightness = {scheme: sum(map(int, words[4:-1].split(", "))) for scheme, words in grounds.items()}
    assert brightness["light"] > 700 and brightness["dark"] < 100


def test_the_order_of_units_can_be_that_of_their_means(desktop: Watched) -> None:
    page = desktop.open("conv1/index.html")
    values = "() => [...document.querySelectorAll('.units a')].map(a => Number(a.dataset.mean))"
    numbers = "() => [...document.querySelectorAll('.units a')].map(a => Number(a.id))"
    assert page.evaluate(numbers) == list(range(64))
    page.select_option("#order", "mean")
    sorted_values = page.evaluate(values)
    assert sorted_values == sorted(sorted_values, reverse=True) and len(set(sorted_values)) > 1
    page.select_option("#order", "")
    assert page.evaluate(numbers) == list(range(64))


def test_without_scripts_the_pages_are_read_all_the_same(chromium: Any, mini: Path) -> None:
    context = chromium.new_context(**DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto((mini / "all-units.html").as_uri())
    page.locator(".sheet[data-folder=conv5]").click()
    page.locator(".units a").nth(7).click()
    assert page.url.endswith("/conv5/0007.html") and page.title() == "conv5 7"
    context.close()

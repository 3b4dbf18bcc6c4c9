"""A gallery of the embedded model from its committed pictures, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepvis.cli.main import main

SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def own_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder of the user's own pictures, in place of the one at home."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPVIS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def top_of_mini(own_pictures: Path, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of three photos over two layers of the embedded model, with crops of some units."""
    folder = tmp_path_factory.mktemp("top")
    output = ["--output", str(folder)]
    assert main(["scan", "--images", str(photos), "--layers", "conv1", "fc8", "--device", "cpu", *output]) == 0
    for layer in ("conv1", "fc8"):
        assert main(["crops", "--scan", str(folder), "--layers", layer, "--units", "3", "4", "--no-report"]) == 0
    return folder


@pytest.fixture(scope="session")
def mini(top_of_mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the embedded model's gallery."""
    output = tmp_path_factory.mktemp("mini") / "gallery"
    assert main(["gallery", "--pictures", str(top_of_mini), "--output", str(output)]) == 0
    return output


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless Chromium; the test is skipped where there is none, or nothing to drive it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-test.txt")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed; scripts/test.sh installs chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=SWITCHES)
        yield browser
        browser.close()

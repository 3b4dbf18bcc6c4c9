"""The window in a real headless Chromium over loopback, beside the desktop window under Xvfb in the same run.

    python benchmarks/serve.py [--model NAME ...] [--seconds S] [--presses N] [--video FILE]

With deconv from a video: shown frames a second of the desktop window, of the served one with the page running and with
the browser's processes stopped (SIGSTOP); bytes a second and the processor time of the server's thread while the page
runs, as a share of a core and scaled to 15 frames a second; key to changed pixel in the page. The model bvlc-googlenet
takes real weights from ../shared. Prints JSON. To reach: 0.85 of the desktop's frames stopped, 0.7 running; 60 ms at
the 95th percentile; 10 % of a core.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.helpers.screen import virtual_screen

SHARED = next((path for path in (ROOT.parent / "shared", Path("../shared")) if path.is_dir()), ROOT.parent / "shared")
PIXEL = """
key => new Promise(done => {
  const pen = document.getElementById("picture").getContext("2d"), began = performance.now(), draw = pen.drawImage;
  pen.drawImage = function (...all) { draw.apply(this, all); pen.drawImage = draw; done(performance.now() - began); };
  document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  setTimeout(() => { pen.drawImage = draw; done(-1); }, 2000);
})"""
COUNT = """() => {
  window.bytes = 0; window.pictures = 0;
  socket.addEventListener("message", ({data}) => { if (data.byteLength) { bytes += data.byteLength; pictures++; } });
}"""


def network(model: str, shared: Path) -> list[str]:
    words = ["--model", model]
    if model == "bvlc-googlenet":
        folder = shared / "models" / model
        words += ["--weights", str(folder / "bvlc_googlenet.caffemodel"), "--labels", str(folder / "synset_words.txt")]
    return words


@contextmanager
def program(words: list[str], display: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    stats = folder / "stats.json"
    command = [sys.executable, str(ROOT / "run_toolbox.py"), *words, "--stats", str(stats)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "DISPLAY": display},
    )
    try:
        yield process, stats
    finally:
        process.wait(120)


def rate(stats: Path) -> float:
    """Shown frames a second: pictures of the window that showed a new pass."""
    return float(json.loads(stats.read_text())["passes_shown_per_second"])


def in_browser(words: list[str], folder: Path, seconds: float, presses: int, how: str) -> dict[str, Any]:
    """how: running, stopped (the browser's processes), or keys."""
    found: dict[str, Any] = {}
    with program([*words, "--serve", "--verbose"], "", folder) as (process, stats), sync_playwright() as playwright:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1500, "height": 966})
        page.goto(url)
        page.wait_for_selector("#veil", state="hidden")
        page.evaluate(COUNT)
        began = time.monotonic()
        if how == "stopped":
            own = [each for each in psutil.Process().children(recursive=True) if "chrom" in each.name()]
            for each in own:
                each.send_signal(signal.SIGSTOP)
            process.communicate(timeout=120)  # until --seconds
            for each in own:
                each.send_signal(signal.SIGCONT)
        else:
            page.wait_for_timeout(1000 * (seconds if how == "running" else 2))
            took, (content, pictures) = time.monotonic() - began, page.evaluate("[bytes, pictures]")
            if how == "keys":
                page.keyboard.press("f")  # the video stands still: what changes is the key's
                page.wait_for_timeout(1500)
                times = sorted(t for i in range(presses) if (t := one_press(page, "lj"[i % 2])) >= 0)
                p95 = times[min(int(len(times) * 0.95), len(times) - 1)]
                found["key_to_pixel_ms"] = {"n": len(times), "p50": times[len(times) // 2], "p95": p95}
                page.keyboard.press("q")
            said = process.communicate(timeout=60)[1]
            first, *_, last = (float(part.split()[0]) for part in said.split("computed for ")[1:])
            cpu = last - first
            found |= {
                "pictures_per_second": round(pictures / took, 1),
                "megabytes_per_second": round(content / took / 1e6, 2),
                "server_thread_share": round(cpu / took, 3),
                "server_thread_share_at_15": round(15 * cpu / max(pictures, 1), 3),
            }
        browser.close()
    return {**found, "rate": rate(stats)}


def one_press(page: Any, key: str) -> float:
    taken = float(page.evaluate(PIXEL, key))
    page.wait_for_timeout(300)
    return taken


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", nargs="+", default=["caffenet-mini", "bvlc-googlenet"], metavar="NAME")
    p.add_argument("--seconds", type=float, default=15, metavar="S")
    p.add_argument("--presses", type=int, default=30, metavar="N")
    p.add_argument("--video", type=Path, default=SHARED / "video" / "bikes.mp4", metavar="FILE")
    arguments = p.parse_args()
    video, results = arguments.video.resolve(), []
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        for model in arguments.model:
            words = [*network(model, video.parents[1]), "--video", str(video), "--device", "cpu"]
            words += ["--back-mode", "deconv", "--size", "1500x930", "--seconds", str(arguments.seconds + 6)]
            with program(words, screen.display, Path(name)) as (process, stats):
                process.communicate(timeout=120)
            desktop, found = rate(stats), {}
            for how in ("running", "stopped", "keys"):
                own = words if how != "keys" else words[:-2]
                found[how] = in_browser(own, Path(name), arguments.seconds, arguments.presses, how)
            shares = {f"{how}_of_desktop": round(found[how]["rate"] / desktop, 3) for how in ("running", "stopped")}
            results.append({"model": model, "desktop_per_second": desktop, **shares, **found})
    print(json.dumps({"benchmark": "serve", "results": results}, indent=2))


if __name__ == "__main__":
    main()

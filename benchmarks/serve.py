"""The window in a real headless Chromium over loopback, beside the desktop window under Xvfb in the same run.

    python benchmarks/serve.py [--model NAME ...] [--seconds S] [--presses N] [--only PART ...] [--out FILE]

With deconv from a video, for each model: shown frames a second of the desktop window, of the served one with the page
running, and with the browser's processes stopped (SIGSTOP); pictures and bytes a second, and what does hardly depend
on what else runs: the processor time of the server's thread while the page runs, as a share of a core and scaled to 15
pictures a second, and that of the browser's processes for a frame. Nothing drives the browser meanwhile
(undriven_chromium.py). Key to changed pixel in the page, in milliseconds, from the page's key event until a pixel that
only the key changes has its new colour: to another layer (all tiles change) while the video plays and while it stands,
and to another unit. "inside" is the program's own measure of all these keys, up to the drawn window.

The model bvlc-googlenet takes real weights from ../shared. Prints JSON. To reach: 0.85 of the desktop's frames stopped,
0.7 running; 60 ms at the 95th percentile; 0.10 of a core at 15 pictures a second. With the defaults it takes about 70
seconds a model.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.undriven_chromium import UndrivenPage, undriven_page
from tests.helpers.screen import virtual_screen

SHARED = next((path for path in (ROOT.parent / "shared", Path("../shared")) if path.is_dir()), ROOT.parent / "shared")
PARTS = ("desktop", "running", "stopped", "keys")
SETTLING = 4.0  # after the page stands: the network loads, and the first passes are slow
LAYERS, TILES = (305, 0, 885, 32), (305, 70, 885, 810)  # x, y, width, height: the strip of layers, and the tiles
WATCH = """
// before the page's own scripts: when messages come, are decoded and drawn
window.watched = {messages: [], bitmaps: [], count: 0, bytes: 0, onDrawn: null};
const clock = () => performance.timeOrigin + performance.now(), decode = window.createImageBitmap;
window.createImageBitmap = async (...given) => {
  const found = await decode(...given);
  watched.bitmaps.push(clock());
  return found;
};
const {set} = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage"), say = WebSocket.prototype.send;
Object.defineProperty(WebSocket.prototype, "onmessage", {set(act) {
  set.call(this, (event) => {
    if (event.data.byteLength) {
      const view = new DataView(event.data), at = clock();
      watched.bytes += event.data.byteLength;
      watched.count++;
      watched.messages = [...watched.messages.slice(-9),
        {version: view.getUint32(0, true), pieces: view.getUint16(8, true), bytes: event.data.byteLength, came: at}];
    }
    act(event);
  });
}});
WebSocket.prototype.send = function (message) {
  say.call(this, message);
  const isDrawn = typeof message === "string" && message.includes('"drawn"');
  if (watched.onDrawn && isDrawn) watched.onDrawn(JSON.parse(message));
};
window.pixels = (...rect) => document.getElementById("picture").getContext("2d").getImageData(...rect).data;
"""
GRAB = "(rect) => { window.grabbed = pixels(...rect); }"
DIFFERS = """([left, top, width, height]) => {
  const now = pixels(left, top, width, height);
  let best = 0, place = null;
  for (let i = 0; i < now.length; i += 4) {
    const far = [i, i + 1, i + 2].reduce((sum, j) => sum + Math.abs(now[j] - grabbed[j]), 0);
    if (far > best) { best = far; place = i; }
  }
  const colours = [now, grabbed].map((all) => [...all.slice(place, place + 3)]);
  return [left + (place / 4) % width, top + Math.floor(place / 4 / width), ...colours];
}"""
PRESS = """([key, x, y, before, after]) => new Promise((done) => {
  const colour = () => [...pixels(x, y, 1, 1)].slice(0, 3);
  const far = (other) => colour().reduce((sum, value, i) => sum + Math.abs(value - other[i]), 0);
  if (far(after) < far(before)) { done(null); return; }
  const now = () => performance.timeOrigin + performance.now();
  const end = (result) => { watched.onDrawn = null; clearTimeout(timer); done(result); };
  const timer = setTimeout(() => end(null), 3000), began = now();
  watched.bitmaps = [];
  watched.onDrawn = ({version}) => {
    if (far(after) >= far(before)) return;
    const ended = now(), message = watched.messages.find((each) => each.version === version);
    end({...message, began, ended, decoded: Math.max(...watched.bitmaps)});
  };
  document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
})"""


@dataclass(frozen=True)
class Job:
    """words: of the command line. display: of the desktop window."""

    words: list[str]
    seconds: float
    presses: int
    folder: Path
    display: str


@dataclass(frozen=True)
class Running:
    """A window that runs. stats, log: the files that it writes."""

    process: subprocess.Popen[str]
    stats: Path
    log: Path

    def thread_seconds(self) -> float:
        """What the server's thread has computed for so far."""
        found = re.search(r"the server's thread is (\d+)", self.log.read_text())
        assert found, self.log.read_text()
        schedule = Path(f"/proc/{self.process.pid}/task/{found[1]}/schedstat")
        return int(schedule.read_text().split()[0]) / 1e9


def network(model: str, shared: Path) -> list[str]:
    words = ["--model", str(Path(model).resolve()) if Path(model).is_dir() else model]
    if model == "bvlc-googlenet":
        folder = shared / "models" / model
        words += ["--weights", str(folder / "bvlc_googlenet.caffemodel"), "--labels", str(folder / "synset_words.txt")]
    return words


@contextmanager
def program(job: Job, *more: str, script: list[str] | None = None) -> Iterator[Running]:
    """The window runs. script: what is run, and the words before its options; else run_toolbox.py."""
    stats, log = job.folder / "stats.json", job.folder / "log.txt"
    stats.unlink(missing_ok=True)
    command = [sys.executable, *(script or [str(ROOT / "run_toolbox.py")]), *job.words, *more, "--stats", str(stats)]
    environment = {**os.environ, "DISPLAY": job.display}
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=job.folder, env=environment
        )
    try:
        yield Running(process, stats, log)
        process.wait(60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def facts(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.stats.read_text())
    return found


def rate(running: Running) -> float:
    """Shown frames a second: pictures of the window that showed a new pass."""
    return float(facts(running)["passes_shown_per_second"])


def on_desktop(job: Job) -> dict[str, Any]:
    with program(job, "--seconds", str(job.seconds + 5)) as running:
        pass
    return {"shown_per_second": rate(running)}


@contextmanager
def page_of(job: Job, *more: str, script: list[str] | None = None) -> Iterator[tuple[Running, UndrivenPage]]:
    """A served window in a page of a Chromium that stood before it. script: as of ``program``."""
    with undriven_page(job.folder) as page, program(job, *more, "--serve", "--verbose", script=script) as running:
        assert running.process.stdout is not None
        page.watch(WATCH)
        page.open(running.process.stdout.readline().strip(), width=1500, height=966)
        page.wait_for("document.readyState === 'complete' && document.getElementById('veil').hidden")
        yield running, page


def running_page(job: Job) -> dict[str, Any]:
    with page_of(job, "--seconds", str(job.seconds + 8)) as (running, page):
        time.sleep(SETTLING)
        before = page.evaluate("[watched.bytes, watched.count]")
        began, computed, browsed = time.monotonic(), running.thread_seconds(), browser_seconds()
        time.sleep(job.seconds)
        computed, browsed = running.thread_seconds() - computed, browser_seconds() - browsed
        took, after = time.monotonic() - began, page.evaluate("[watched.bytes, watched.count]")
    content, pictures = (now - then for now, then in zip(after, before, strict=True))
    return {
        "shown_per_second": rate(running),
        "pictures_per_second": round(pictures / took, 1),
        "megabytes_per_second": round(content / took / 1e6, 2),
        "server_thread_share": round(computed / took, 3),
        "server_thread_share_at_15": round(15 * computed / max(pictures, 1), 3),
        "server_ms_per_frame": round(1000 * computed / took / max(rate(running), 0.1), 1),
        "browser_ms_per_frame": round(1000 * browsed / took / max(rate(running), 0.1), 1),
    }


def browser_processes() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if "chrom" in each.name()]


def browser_seconds() -> float:
    """What the browser's processes have computed for so far."""
    return sum(sum(each.cpu_times()[:2]) for each in browser_processes())


def stopped_page(job: Job) -> dict[str, Any]:
    with page_of(job, "--seconds", str(job.seconds + 5)) as (running, _):
        own = browser_processes()
        for each in own:
            each.send_signal(signal.SIGSTOP)
        try:
            running.process.wait(120)  # until --seconds
        finally:
            for each in own:
                each.send_signal(signal.SIGCONT)
    return {"shown_per_second": rate(running)}


def keys_in_page(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with page_of(job) as (running, page):
        time.sleep(SETTLING)
        page.press("f")
        place = place_of(page, LAYERS)
        page.press("f")  # it plays again
        found["layer_while_playing"] = times(page, place, job.presses)
        page.press("f")
        time.sleep(1)
        found["layer_while_frozen"] = times(page, place, job.presses)
        page.press("k")  # into the tiles
        time.sleep(0.8)
        found["unit_while_frozen"] = times(page, place_of(page, TILES), job.presses)
        page.press("q")
        page.press("q")  # asked for twice
    return {**found, "inside": facts(running)["key_to_pixel_ms"]}


def place_of(page: UndrivenPage, rect: tuple[int, int, int, int]) -> list[Any]:
    """[x, y, its colour after key l, and after j] of the pixel that key l changes most inside a rectangle."""
    time.sleep(1.5)
    page.evaluate(GRAB, list(rect))
    page.press("l")
    time.sleep(1.5)
    place: list[Any] = page.evaluate(DIFFERS, list(rect))
    page.press("j")
    time.sleep(0.8)
    return place


def pressed(page: UndrivenPage, place: list[Any], number: int) -> dict[str, Any] | None:
    """Press key l, or j where the number is odd, and wait until the pixel has changed.

    Milliseconds of ``Date``: began, came (of the message), decoded, ended; its version, pieces and bytes. None where
    the pixel had that colour before, or never got it.
    """
    x, y, after_l, after_j = place
    job = ["l", x, y, after_j, after_l] if number % 2 == 0 else ["j", x, y, after_l, after_j]
    found: dict[str, Any] | None = page.evaluate(PRESS, job)
    return found


def times(page: UndrivenPage, place: list[Any], presses: int) -> dict[str, Any]:
    found: list[float] = []
    for i in range(presses):
        taken = pressed(page, place, i)
        found += [] if taken is None else [taken["ended"] - taken["began"]]
        time.sleep(0.25 + 0.037 * (i % 5))  # out of step with the video
    found.sort()
    if not found:
        return {"n": 0, "missed": presses}
    at = {"best": 0, "p50": len(found) // 2, "p95": min(int(len(found) * 0.95), len(found) - 1)}
    return {"n": len(found), "missed": presses - len(found), **{name: round(found[i], 1) for name, i in at.items()}}


MEASURES = {"desktop": on_desktop, "running": running_page, "stopped": stopped_page, "keys": keys_in_page}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", nargs="+", default=["caffenet-mini", "bvlc-googlenet"], metavar="NAME")
    p.add_argument("--seconds", type=float, default=8, metavar="S")
    p.add_argument("--presses", type=int, default=30, metavar="N")
    p.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    p.add_argument("--video", type=Path, default=SHARED / "video" / "bikes.mp4", metavar="FILE")
    p.add_argument("--out", type=Path, metavar="FILE", help="write the JSON there as well")
    arguments = p.parse_args()
    video, results = arguments.video.resolve(), []
    with tempfile.TemporaryDirectory() as name, virtual_screen(Path(name)) as screen:
        for model in arguments.model:
            words = [*network(model, video.parents[1]), "--video", str(video), "--device", "cpu"]
            words += ["--back-mode", "deconv", "--size", "1500x930"]
            job = Job(words, arguments.seconds, arguments.presses, Path(name), screen.display)
            found = {part: MEASURES[part](job) for part in arguments.only}
            if desktop := found.get("desktop", {}).get("shown_per_second"):
                for part in {"running", "stopped"} & found.keys():
                    found[part]["of_desktop"] = round(found[part]["shown_per_second"] / desktop, 3)
            results.append({"model": model, **found})
    text = json.dumps({"benchmark": "serve", "load_average": os.getloadavg()[0], "results": results}, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(f"{text}\n")


if __name__ == "__main__":
    main()

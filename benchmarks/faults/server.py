"""Hostile clients at the server of the window, and a page that goes on looking at it meanwhile.

    python benchmarks/faults/server.py [--share X] [--rounds N] [--only WAY ...] [--tls CERT KEY] [--out FILE]

The window shows a video with deconv. For each way of ``server_attacks.py``: what came back, counted; how many pictures
a second the looking page got before and meanwhile, and the longest time without one; what the server's process holds
afterwards (MB, threads, descriptors). All ways are gone through twice: memory is flat if the second round adds no more
than the same time does without a hostile client (calm_minute_added_mb). In the end the page presses q, and the program
must quit cleanly. Prints JSON. A whole run takes about a quarter of an hour. With --tls the ways that need no TLS of
their own are gone through: sockets_opened_and_closed, sockets_held_open, headers_byte_by_byte.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.faults.server_attacks import ATTACKS, Target

VIDEO = ROOT.parent / "shared" / "video" / "bikes.mp4"
WAY_SECONDS = 300  # at most
WITHOUT_TLS = ("sockets_opened_and_closed", "sockets_held_open", "headers_byte_by_byte")  # tried where it is spoken too
CALM_SECONDS = 8.0  # before the first way and after the last, and a quarter of it between two


class LookingPage:
    """A page in a thread of its own: takes every picture, notes when it came, and presses q in the end."""

    def __init__(self, target: Target) -> None:
        self.came_at: list[float] = []
        self.lost = 0  # how often its connection ended
        self._target, self._is_over = target, False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self._thread.start()

    def figures(self, since: float) -> dict[str, float]:
        """Pictures a second, and the longest time without one, in seconds."""
        now = time.monotonic()
        times = [since, *(at for at in self.came_at if at > since), now]
        gaps = [after - before for before, after in pairwise(times)]
        return {
            "pictures_per_second": round((len(times) - 2) / (now - since), 2),
            "longest_without_seconds": round(max(gaps), 2),
        }

    def quit(self) -> None:
        self._is_over = True
        self._thread.join(30)

    async def _look(self) -> None:
        where = self._target.at("ws", "&viewer=looks")
        async with aiohttp.ClientSession() as client:
            while not self._is_over:
                try:
                    async with client.ws_connect(where, max_msg_size=0, ssl=False) as socket:
                        await self._take(socket)
                except (aiohttp.ClientError, OSError):
                    self.lost += 1
                    await asyncio.sleep(0.3)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while not self._is_over:
            try:
                item = await socket.receive(timeout=1)
            except asyncio.TimeoutError:
                continue
            if item.type is aiohttp.WSMsgType.BINARY:
                self.came_at.append(time.monotonic())
                version = int.from_bytes(item.data[:4], "little")
                await socket.send_str(json.dumps({"type": "drawn", "version": version}))
            elif item.type is not aiohttp.WSMsgType.TEXT:
                self.lost += 1
                return
        quitting = {"type": "key", "key": "q"}  # asked for twice
        for message in ({"type": "control"}, {"type": "key", "key": "esc"}, quitting, quitting):
            await socket.send_str(json.dumps(message))


def holds(process: subprocess.Popen[str]) -> dict[str, float]:
    """What the process has now."""
    own = psutil.Process(process.pid)
    return {
        "rss_mb": round(own.memory_info().rss / 1e6, 1),
        "threads": own.num_threads(),
        "descriptors": own.num_fds(),
    }


def one_way(name: str, count: int, target: Target, page: LookingPage) -> dict[str, Any]:
    """Do it, and look how the page fares meanwhile."""
    began, lost = time.monotonic(), page.lost
    command = [sys.executable, str(Path(__file__).with_name("server_attacks.py")), name, target.url, str(count)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAY_SECONDS)
        came = json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr[-300:]}
    except subprocess.TimeoutExpired:
        came = {"failed": f"not over after {WAY_SECONDS} seconds"}
    seconds = round(time.monotonic() - began, 1)
    return {"count": count, "seconds": seconds, "came": came, **page.figures(began), "page_lost": page.lost - lost}


def gone_through(arguments: argparse.Namespace, process: subprocess.Popen[str], target: Target) -> dict[str, Any]:
    """All ways, so many rounds; the program has quit then."""
    page = LookingPage(target)
    time.sleep(3 * CALM_SECONDS)  # the network and its pictures are loaded
    began = time.monotonic()
    time.sleep(CALM_SECONDS)
    found: dict[str, Any] = {"before": {**page.figures(began), **holds(process)}, "rounds": []}
    time.sleep(60)
    found["calm_minute_added_mb"] = round(holds(process)["rss_mb"] - found["before"]["rss_mb"], 1)
    for _ in range(arguments.rounds):
        ways = {}
        for name in arguments.only or (WITHOUT_TLS if arguments.tls else ATTACKS):
            count = max(int(ATTACKS[name][0] * arguments.share), 8)
            ways[name] = one_way(name, count, target, page)
            time.sleep(CALM_SECONDS / 4)
            ways[name] |= holds(process)
            print(name, json.dumps(ways[name]), file=sys.stderr, flush=True)
        time.sleep(CALM_SECONDS)
        began = time.monotonic()
        time.sleep(CALM_SECONDS)
        found["rounds"].append({"ways": ways, "after": {**page.figures(began), **holds(process)}})
    page.quit()
    return {**found, "exit_code": process.wait(60)}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--share", type=float, default=1.0, metavar="X", help="of each way's count")
    p.add_argument("--rounds", type=int, default=2, metavar="N")
    p.add_argument("--only", nargs="+", choices=list(ATTACKS), metavar="WAY")
    p.add_argument("--model", default="caffenet-mini", metavar="NAME")
    p.add_argument("--video", type=Path, default=VIDEO, metavar="FILE")
    p.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="PEM files: the window is served as https")
    p.add_argument("--out", type=Path, metavar="FILE")
    arguments = p.parse_args()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log.txt").open("w+") as log:
        words = ["--model", arguments.model, "--video", str(arguments.video.resolve()), "--back-mode", "deconv"]
        command = [sys.executable, str(ROOT / "run_toolbox.py"), *words, "--device", "cpu", "--serve"]
        command += ["--tls", *map(os.path.abspath, arguments.tls)] if arguments.tls else []
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder, env={**os.environ}
        )
        try:
            assert process.stdout is not None
            target = Target(process.stdout.readline().strip())
            found = gone_through(arguments, process, target)
        finally:
            if process.poll() is None:
                process.kill()
        log.seek(0)
        said = log.read()
    found |= {"said_to_stderr": said[-2000:], "token_in_it": target.url.partition("token=")[2] in said}
    run = {"benchmark": "faults/server", "model": arguments.model, "share": arguments.share, "tls": bool(arguments.tls)}
    text = json.dumps({**run, **found}, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(f"{text}\n")


if __name__ == "__main__":
    main()

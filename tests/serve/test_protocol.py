"""A server in a process of its own, asked by aiohttp's client: what it gives, what it refuses, what it withstands."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest

from deepvis.serve.limits import MESSAGE_BYTES, MOST_VIEWERS, PHOTO_BYTES, PHOTO_PIXELS
from tests.serve.conftest import ROOT, Served, serving

REQUESTS = (
    *(("GET", path) for path in ("/", "/ws", "/screenshot.png", "/recording.mp4", "/none", "/favicon.ico")),
    *(("HEAD", "/"), ("OPTIONS", "/"), ("PUT", "/photo"), ("POST", "/photo"), ("GET", "/../../etc/passwd")),
)


def asked(work: Coroutine[Any, Any, Any]) -> Any:
    with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
        return threads.submit(asyncio.run, asyncio.wait_for(work, 120)).result()


class Page:
    """A page's socket, as a test drives it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.facts: dict[str, Any] = {}
        self.size = (0, 0)

    async def say(self, **words: Any) -> None:
        await self.socket.send_str(json.dumps(words))

    async def hear(self) -> aiohttp.WSMessage:
        """The next message; a picture is acknowledged."""
        item = await self.socket.receive(timeout=40)
        if item.type is aiohttp.WSMsgType.TEXT:
            found = json.loads(item.data)
            self.facts = found if found["type"] == "facts" else self.facts
        elif item.type is aiohttp.WSMsgType.BINARY:
            version, *self.size = struct.unpack_from("<IHH", item.data)
            await self.say(type="drawn", version=version)
        return item

    async def picture(self) -> bytes:
        while (item := await self.hear()).type is not aiohttp.WSMsgType.BINARY:
            assert item.type is aiohttp.WSMsgType.TEXT, item
        return item.data

    async def closing_code(self) -> int | None:
        while (await self.hear()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            pass
        return self.socket.close_code


async def page(client: aiohttp.ClientSession, served: Served, name: str = "a") -> Page:
    return Page(await client.ws_connect(f"{served.place}/ws?token={served.token}&viewer={name}", max_msg_size=0))


async def goes_on(served: Served) -> None:
    """The window still shows what a key does."""
    async with aiohttp.ClientSession() as client:
        mine = await page(client, served, "checks")
        await mine.say(type="control")
        await mine.picture()
        await mine.say(type="key", key="h")
        await mine.picture()
    assert served.process.poll() is None


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(1 << 20)


async def status(client: aiohttp.ClientSession, url: str, **words: Any) -> int:
    async with client.request(words.pop("method", "GET"), url, **words) as answer:
        return answer.status


def test_every_request_needs_token_host_and_origin(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            for method, path in REQUESTS:
                url, good = served.place + path, f"{served.place}{path}?token={served.token}"
                assert await status(client, url, method=method) == 401, path
                assert await status(client, f"{url}?token=x", method=method) == 403, path
                assert await status(client, good, method=method, headers={"Host": "evil.example"}) == 403, path
                assert await status(client, good, method=method, headers={"Origin": "http://evil.example"}) == 403, path
            assert await status(client, f"{served.place}/etc/passwd?token={served.token}") == 404
            async with client.get(served.url) as answer:
                text = await answer.text()
                assert answer.status == 200
                assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert served.token not in text
                assert "http://" not in text and "https://" not in text  # nothing from elsewhere

    asked(work())


def test_keys_sizes_screenshot_and_recording(served: Served, tmp_path: Path) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            await mine.picture()
            await mine.say(type="size", height=500, width=700)
            while mine.size != [500, 700]:
                await mine.picture()
            await mine.say(type="record", on=True)
            await mine.say(type="key", key="h")
            await mine.picture()
            async with client.get(f"{served.place}/screenshot.png?token={served.token}") as answer:
                shot = cv2.imdecode(np.frombuffer(await answer.read(), np.uint8), cv2.IMREAD_COLOR)
                assert shot is not None and shot.shape == (500, 700, 3)
            await mine.say(type="record", on=False)
            while not mine.facts.get("recorded"):
                await mine.hear()
            async with client.get(f"{served.place}/recording.mp4?token={served.token}") as answer:
                (tmp_path / "film.mp4").write_bytes(await answer.read())
            good, _ = cv2.VideoCapture(str(tmp_path / "film.mp4")).read()
            assert good
            await mine.say(type="key", key="esc")
            await mine.say(type="key", key="q")
            await mine.say(type="key", key="q")  # once more, as others may look on
            assert await mine.closing_code() == 4000

    asked(work())
    assert served.process.wait(30) == 0
    assert served.token not in served.process.stderr.read()  # type: ignore[union-attr]


def test_one_controls_others_watch(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            first, second = await page(client, served, "a"), await page(client, served, "b")
            await first.picture()
            await second.picture()
            assert first.facts["controls"] and not second.facts["controls"]
            await second.say(type="key", key="q")  # does nothing
            await second.say(type="control")
            while not second.facts["controls"]:
                await second.hear()
            while first.facts["controls"]:
                await first.hear()
            await second.socket.close()
            while not first.facts["is_free"]:
                await first.hear()
            again = await page(client, served, "b")  # loaded anew: it has its control again
            await again.picture()
            assert again.facts["controls"]
            await again.socket.close()
            await first.say(type="key", key="h")
            while not first.facts["controls"]:
                await first.hear()
            extra = [await page(client, served, f"n{i}") for i in range(MOST_VIEWERS)]
            assert await extra[-1].closing_code() == 4003

    asked(work())
    asked(goes_on(served))


def test_photos_are_taken_within_limits(served: Served, photos: Path) -> None:
    async def work() -> None:
        without, url = (f"{served.place}/photo?token={served.token}{more}" for more in ("", "&viewer=a"))
        good = next(path for path in sorted(photos.iterdir()) if path.suffix in (".jpg", ".png")).read_bytes()
        _, bomb = cv2.imencode(".png", np.zeros((PHOTO_PIXELS // 7000 + 1, 7001), np.uint8))
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            await mine.picture()
            async with client.post(f"{url}&name=../../x%2F..%5Cmy cat.jpg", data=good) as answer:
                assert answer.status == 200
                assert (await answer.json())["name"] == "my cat.jpg"
            await mine.picture()
            assert await status(client, url, method="POST", data=b"no picture") == 415
            assert await status(client, url, method="POST", data=b"") == 415
            assert await status(client, url, method="POST", data=bomb.tobytes()) == 415
            for other in (without, f"{without}&viewer=", f"{without}&viewer=b"):
                assert await status(client, other, method="POST", data=good) == 403
            with suppress(aiohttp.ClientError):  # it may be closed before all was sent
                assert await status(client, url, method="POST", data=b"0" * (PHOTO_BYTES + 1)) == 413
            with suppress(aiohttp.ClientError):
                assert await status(client, url, method="POST", data=endless()) == 413  # it does not say its length
            codes = [await status(client, url, method="POST", data=b"x") for _ in range(40)]
            assert 429 in codes

    asked(work())
    asked(goes_on(served))


@pytest.mark.parametrize("bad", ["{", "[]", json.dumps({"type": "key"}), "x" * (MESSAGE_BYTES + 1), "y" * 100_000])
def test_malformed_and_oversized_messages_close_the_socket(served: Served, bad: str) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            await mine.socket.send_str(bad)
            # 1006: the rest of a long message met a closed socket, which takes the server's last word with it
            assert await mine.closing_code() in ((1008, 1009, 1006) if len(bad) > MESSAGE_BYTES else (1008, 1009))

    asked(work())
    asked(goes_on(served))


def test_pings_are_answered_and_counted(served: Served) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            await mine.picture()
            await mine.socket.ping(b"abc")
            with suppress(ConnectionError, aiohttp.ClientError):
                for _ in range(20_000):
                    await mine.socket.ping()
            assert await mine.closing_code() in (1008, 1006)

    asked(work())
    asked(goes_on(served))


@pytest.mark.slow
def test_floods_leave_memory_flat_and_the_window_going(served: Served) -> None:
    async def messages() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            with suppress(ConnectionError, aiohttp.ClientError):
                for i in range(20_000):
                    await mine.say(type="mouse", kind="move", row=i % 500, col=i % 700)
            assert await mine.closing_code() in (1008, 1006, None)

    async def frames() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            await mine.say(type="camera", on=True)
            with suppress(ConnectionError, aiohttp.ClientError):
                for _ in range(100):
                    await mine.socket.send_bytes(b"\xff\xd8" + b"0" * 500_000)
                await mine.say(type="camera", on=False)

    async def slow_reader() -> None:
        async with aiohttp.ClientSession() as client:
            mine = await page(client, served)
            for _ in range(200):  # takes no picture
                await mine.say(type="key", key="h")
                await asyncio.sleep(0.01)

    asked(goes_on(served))
    before = served.memory_mb()
    place = served.place.removeprefix("http://").split(":")
    with ExitStack() as sockets:
        for _ in range(3000):
            with suppress(OSError):
                one = socket.create_connection((place[0], int(place[1])), timeout=5)
                if len(sockets._exit_callbacks) < 300:  # type: ignore[attr-defined]
                    sockets.callback(one.close)
                else:
                    one.close()
        for junk in (b"\0" * 4000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, b"GET /" + b"x" * 100_000):
            with suppress(OSError), socket.create_connection((place[0], int(place[1])), timeout=5) as one:
                one.sendall(junk)
    asked(goes_on(served))
    for flood in (messages, frames, slow_reader):
        asked(flood())
        asked(goes_on(served))
    assert served.memory_mb() < before + 150


@pytest.mark.slow
def test_other_options_and_ctrl_c(tiny: list[str], photos: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    words = [*tiny, "--images", str(photos), "--keys", "o down", "--screenshot", str(shot)]
    with serving(*words, folder=tmp_path) as program:
        assert program.process.wait(60) == 0
        assert shot.exists()
    with serving(*tiny, "--images", str(photos), "--seconds", "1", folder=tmp_path) as program:
        assert program.process.wait(60) == 0
    with serving(*tiny, "--images", str(photos), folder=tmp_path) as program:
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(60) == 130
        assert program.process.stderr is not None
        assert program.process.stderr.read() == "deepvis: interrupted\n"


def test_a_port_in_use_is_one_sentence(tiny: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, str(ROOT / "run_toolbox.py"), *tiny, "--serve", f"127.0.0.1:{port}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"deepvis: --serve 127.0.0.1:{port}: cannot be listened at")
    assert done.stderr.count("\n") == 1

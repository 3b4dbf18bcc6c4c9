"""A photo over a slow link: it may take its time as long as something comes, and what ends it is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pytest

from deepvis.serve import limits
from deepvis.serve.address import ServeAddress
from deepvis.serve.server import WindowServer
from deepvis.window.ui.events import PhotoGiven


async def in_parts(content: bytes, pauses: list[float]) -> AsyncIterator[bytes]:
    """The content in as many parts as there are pauses, each after its pause."""
    size = len(content) // len(pauses) + 1
    for i, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        yield content[i * size : (i + 1) * size]


def answer(content: AsyncIterator[bytes]) -> tuple[int, str]:
    """The status and the sentence with which a server answers to this photo."""
    served = WindowServer(ServeAddress())
    place, _, token = served.url.partition("/?token=")

    async def work() -> tuple[int, str]:
        words = f"token={token}&viewer=a&name=phone.png"
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{place}/ws?{words}"),
            client.post(f"{place}/photo?{words}", data=content) as found,
        ):
            return found.status, await found.text()

    try:
        with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
            return threads.submit(asyncio.run, asyncio.wait_for(work(), 60)).result()
    finally:
        served.stop()


def a_photo(photos: Path) -> bytes:
    return next(path for path in sorted(photos.iterdir()) if path.suffix == ".png").read_bytes()


def test_a_slow_photo_is_taken_as_long_as_something_comes(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UPLOAD_STALL_SECONDS", 5.0)
    assert answer(in_parts(a_photo(photos), [0.01] * 20))[0] == 200


def test_a_photo_that_stands_still_is_refused_with_a_sentence_about_time(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOAD_STALL_SECONDS", 0.3)
    status, words = answer(in_parts(a_photo(photos), [0.0, 30.0]))
    assert status == 408
    assert words == "the photo did not arrive: nothing came for 0.3 seconds; give it again, or a smaller one\n"


def test_a_photo_that_takes_all_too_long_is_refused_with_a_sentence_about_time(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOAD_SECONDS", 0.6)
    status, words = answer(in_parts(a_photo(photos), [0.1] * 300))
    assert status == 408
    assert words == "the photo did not arrive within 0.6 seconds; give a smaller one\n"


def test_a_photo_whose_page_loses_control_is_refused_and_holds_nobody_up(photos: Path) -> None:
    served = WindowServer(ServeAddress())
    place, _, token = served.url.partition("/?token=")
    content = a_photo(photos)
    taken = asyncio.Event()

    async def held() -> AsyncIterator[bytes]:
        yield content[:1000]
        await taken.wait()
        yield content[1000:]

    async def work() -> tuple[int, int]:
        words = f"token={token}&name=phone.png&viewer="
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{place}/ws?{words}a"),
            client.ws_connect(f"{place}/ws?{words}b") as second,
        ):
            late = asyncio.create_task(client.post(f"{place}/photo?{words}a", data=held()))
            await second.send_str('{"type": "control"}')
            while not json.loads((await second.receive()).data).get("controls"):
                pass
            async with client.post(f"{place}/photo?{words}b", data=content) as own:
                taken.set()
                async with await late as refused:
                    return own.status, refused.status

    try:
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(asyncio.run, asyncio.wait_for(work(), 60)).result() == (200, 403)
        given = [event for event in served.events.take(0) if isinstance(event, PhotoGiven)]
        assert len(given) == 1 and [path.name for path in Path(given[0].path).parent.iterdir()] == ["phone.png"]
    finally:
        served.stop()


def test_a_page_whose_connection_is_lost_for_a_moment_goes_on_with_its_photo(photos: Path) -> None:
    served = WindowServer(ServeAddress())
    place, _, token = served.url.partition("/?token=")
    content = a_photo(photos)

    async def work() -> int:
        words = f"token={token}&name=phone.png&viewer="
        async with aiohttp.ClientSession() as client:
            page = await client.ws_connect(f"{place}/ws?{words}a")
            await page.receive()

            async def broken() -> AsyncIterator[bytes]:
                yield content[:1000]
                while not served.hub.control.viewers[0].uploading.locked():
                    await asyncio.sleep(0.01)
                await page.close()
                while served.hub.control.viewers:
                    await asyncio.sleep(0.01)
                yield content[1000:]

            async with client.post(f"{place}/photo?{words}a", data=broken()) as found:
                return found.status

    try:
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(asyncio.run, asyncio.wait_for(work(), 60)).result() == 200
    finally:
        served.stop()

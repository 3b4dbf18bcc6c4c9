"""An error in what the server does beside its requests ends neither the watch over sockets nor leaves a page mute."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest

from deepvis.serve import server
from deepvis.serve.address import ServeAddress
from deepvis.serve.event_box import EventBox
from deepvis.serve.hub import Hub
from deepvis.serve.server import WindowServer


def run(work: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
        threads.submit(asyncio.run, work).result()


def test_sockets_and_pages_are_looked_after_again_after_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "LOOKING_SECONDS", 0.001)
    calls: list[str] = []

    def close_idle() -> None:
        calls.append("sockets")
        raise OSError("no descriptor is left")

    async def look() -> None:
        calls.append("pages")
        raise ValueError("a page")

    async def work() -> None:
        looking = asyncio.create_task(server._look_after(close_idle, look))
        while len(calls) < 6:
            await asyncio.sleep(0.001)
            assert not looking.done()
        looking.cancel()

    run(work())
    assert calls[:4] == ["sockets", "pages"] * 2
    assert "idle sockets could not be closed" in caplog.text and "no descriptor is left" in caplog.text


def test_a_page_to_which_nothing_can_be_sent_is_closed_and_may_come_again(caplog: pytest.LogCaptureFixture) -> None:
    served = WindowServer(ServeAddress())
    place, _, token = served.url.partition("/?token=")
    facts = served.hub.facts

    def failing(viewer: Any) -> dict[str, Any]:
        raise OSError("no facts")

    async def work() -> None:
        async with aiohttp.ClientSession() as client:
            served.hub.facts = failing  # type: ignore[method-assign]
            async with client.ws_connect(f"{place}/ws?token={token}&viewer=a") as page:
                assert (await page.receive(60)).type is aiohttp.WSMsgType.CLOSE
                assert page.close_code == 1011
            served.hub.facts = facts  # type: ignore[method-assign]
            async with client.ws_connect(f"{place}/ws?token={token}&viewer=a") as page:
                assert (await page.receive_json(timeout=60))["type"] == "facts"

    try:
        run(work())
    finally:
        served.stop()
    assert "no facts" in caplog.text


def test_a_task_of_the_hub_is_kept_until_it_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        hub, begun = Hub(asyncio.get_running_loop(), EventBox()), asyncio.Event()

        async def waits() -> None:
            begun.set()
            await asyncio.get_running_loop().create_future()  # to which nobody but the task has a reference

        hub.start(waits())
        await begun.wait()
        gc.collect()
        assert len(hub._tasks) == 1

        async def fails() -> None:
            raise OSError("disk full")

        task = hub.start(fails())
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert len(hub._tasks) == 1
        hub.close()

    run(work())
    assert "disk full" in caplog.text

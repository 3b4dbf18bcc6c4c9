"""Who comes in where as many pages look on as may."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp

from deepvis.serve.address import ServeAddress
from deepvis.serve.hub import FULL
from deepvis.serve.limits import MOST_VIEWERS
from deepvis.serve.server import WindowServer


async def closing_code(page: aiohttp.ClientWebSocketResponse) -> int | None:
    while not page.closed:
        await page.receive(timeout=30)
    return page.close_code


def test_a_page_that_may_control_takes_the_place_of_an_onlooker() -> None:
    served = WindowServer(ServeAddress(view_token="to look on"))
    place, _, token = served.url.partition("/?token=")

    async def work() -> None:
        async with aiohttp.ClientSession() as client:

            async def opened(name: str, token: str) -> Any:
                return await client.ws_connect(f"{place}/ws?token={token}&viewer={name}")

            onlookers = [await opened(f"o{i}", "to look on") for i in range(MOST_VIEWERS)]
            assert await closing_code(await opened("one more", "to look on")) == FULL
            mine = await opened("a", token)
            assert (await mine.receive_json(timeout=30))["controls"]
            assert await closing_code(onlookers[-1]) == FULL and not onlookers[0].closed
            await mine.close()
            assert await closing_code(await opened("one more", "to look on")) == FULL, "it may come back"
            again = await opened("a", token)
            assert (await again.receive_json(timeout=30))["controls"]

    try:
        with ThreadPoolExecutor(1) as threads:  # playwright's loop may run in this one
            threads.submit(asyncio.run, asyncio.wait_for(work(), 60)).result()
    finally:
        served.stop()

"""What a hostile client does to the server of the window: one row a way. Run by ``server.py``, in a process of its own.

python benchmarks/faults/server_attacks.py WAY ADDRESS COUNT prints JSON: what came back, counted.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

AT_ONCE = 40
GONE = (OSError, aiohttp.ClientError, asyncio.TimeoutError, asyncio.IncompleteReadError)
Came = Counter[str]


@dataclass(frozen=True)
class Target:
    """The server. url: with the token, as it was printed."""

    url: str

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def at(self, path: str, more: str = "") -> str:
        return self.url.replace("/?", f"/{path}?") + more


Attack = Callable[[Target, int], Awaitable[Came]]
BY_LOOKING_PAGE = "&viewer=looks"  # the one of server.py, which controls: photos of others are refused
ATTACKS: dict[str, tuple[int, Attack]] = {}  # way -> (how often in a whole run, what does it)


def attack(name: str, count: int) -> Callable[[Attack], Attack]:
    def add(act: Attack) -> Attack:
        ATTACKS[name] = count, act
        return act

    return add


async def repeated(count: int, act: Callable[[int], Awaitable[str]], at_once: int = AT_ONCE) -> Came:
    """What an act gave each time; so many at once."""
    came, numbers = Came(), iter(range(count))

    async def some() -> None:
        for number in numbers:
            try:
                came[await act(number)] += 1
            except GONE:
                came["closed"] += 1

    await asyncio.gather(*(some() for _ in range(at_once)))
    return came


async def said(target: Target, content: bytes, seconds: float = 3.0) -> str:
    """The status that bytes are answered with, or "closed"; "silent" where nothing comes in that time."""
    reader, writer = await asyncio.open_connection(*target.place)
    try:
        writer.write(content)
        await writer.drain()
        words = (await asyncio.wait_for(reader.read(200), seconds)).split(b" ")
        return words[1].decode("ascii", "replace") if len(words) > 1 else "closed"
    except asyncio.TimeoutError:
        return "silent"
    finally:
        writer.close()


@attack("sockets_opened_and_closed", 10_000)
async def opened_and_closed(target: Target, count: int) -> Came:
    async def act(_: int) -> str:
        _, writer = await asyncio.open_connection(*target.place)
        writer.close()
        return "opened"

    return await repeated(count, act)


@attack("sockets_held_open", 2_000)
async def held_open(target: Target, count: int) -> Came:
    """All at once and mute; those that are admitted are to be closed after their ten seconds, with TLS after five."""
    most = 5 if target.url.startswith("https") else 10

    async def act(_: int) -> str:
        began = asyncio.get_running_loop().time()  # before: it may be told late that it is connected
        reader, writer = await asyncio.open_connection(*target.place)
        try:
            with suppress(ConnectionError):
                await asyncio.wait_for(reader.read(1), 25)
        except asyncio.TimeoutError:
            return "still open"
        finally:
            writer.close()
        took = asyncio.get_running_loop().time() - began
        return "turned away" if took < most - 1 else f"closed after {most} seconds"

    return await repeated(count, act, at_once=min(count, 800))


@attack("headers_byte_by_byte", 60)
async def byte_by_byte(target: Target, count: int) -> Came:
    """Slowloris: each has something to say all the time, and never ends its request."""

    async def act(_: int) -> str:
        reader, writer = await asyncio.open_connection(*target.place)
        with suppress(ConnectionError):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(25):
                writer.write(b"X-A: b\r\n")
                await writer.drain()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(1), 1)
                    return "closed"
            return "still open"
        return "closed"

    return await repeated(count, act, at_once=count)


@attack("requests_that_are_none", 3_000)
async def no_requests(target: Target, count: int) -> Came:
    rng = random.Random(20)
    good = f"GET /?{target.url.partition('?')[2]} HTTP/1.1\r\nHost: localhost\r\n".encode()
    bad = (
        lambda: rng.randbytes(rng.randrange(1, 4000)) + b"\r\n\r\n",
        lambda: b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        lambda: good + b"A: b\r\n" * 5_000 + b"\r\n",
        lambda: good + b"Content-Length: -1\r\n\r\n",
        lambda: good + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        lambda: good.replace(b"GET", b"POST") + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        lambda: good.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n",
        lambda: good + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
        lambda: b"\x16\x03\x01\x02\x00\x01\x00" + rng.randbytes(500),
        lambda: good.replace(b"localhost", b"evil.example") + b"\r\n",
    )
    return await repeated(count, lambda number: said(target, bad[number % len(bad)]()))


@attack("tokens_guessed", 5_000)
async def guessed(target: Target, count: int) -> Came:
    place = "{}:{}".format(*target.place)
    paths = ("/", "/ws", "/screenshot.png", "/recording.mp4", "/photo", "/etc/passwd", "/../../etc/passwd")

    async def act(number: int) -> str:
        token = f"?token={number:043d}" if number % 3 else ""
        path = paths[number % len(paths)]
        return await said(target, f"GET {path}{token} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())

    return await repeated(count, act)


async def posted(target: Target, content: bytes | AsyncIterator[bytes]) -> str:
    """The status of a photo's upload, as of the page that controls. content: as aiohttp takes data."""
    async with (
        aiohttp.ClientSession() as client,
        client.post(target.at("photo", BY_LOOKING_PAGE), data=content) as answer,
    ):
        return str(answer.status)


@attack("uploads_too_large", 60)
async def too_large(target: Target, count: int) -> Came:
    """40 MB each, every other without saying its length."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(1 << 20)

    async def act(number: int) -> str:
        return await posted(target, pieces() if number % 2 else bytes(40 << 20))

    return await repeated(count, act, at_once=4)


@attack("uploads_that_unpack_to_gigabytes", 60)
async def bombs(target: Target, count: int) -> Came:
    content = png_of_zeros(60_000, 60_000)

    async def act(_: int) -> str:
        return await posted(target, content)

    return await repeated(count, act, at_once=8)


async def flooded(
    target: Target, count: int, viewer: str, send: Callable[[aiohttp.ClientWebSocketResponse, int], Awaitable[None]]
) -> Came:
    """So many messages of one page, as quick as they go; a page that is closed for it comes again."""
    came, left = Came(), count
    async with aiohttp.ClientSession() as client:
        while left > 0:
            async with client.ws_connect(target.at("ws", f"&viewer={viewer}"), max_msg_size=0) as socket:
                with suppress(*GONE):
                    while left > 0 and not socket.closed:
                        left -= 1
                        came["sent"] += 1
                        await send(socket, left)
                        if left % 50 == 0:
                            await asyncio.sleep(0)
                came["closed"] += 1
    return came


@attack("messages_of_one_page", 100_000)
async def many_messages(target: Target, count: int) -> Came:
    async def move(socket: aiohttp.ClientWebSocketResponse, number: int) -> None:
        await socket.send_str(json.dumps({"type": "mouse", "kind": "move", "row": number % 500, "col": 9}))

    return await flooded(target, count, "flood", move)


@attack("pings_of_one_page", 100_000)
async def pings(target: Target, count: int) -> Came:
    return await flooded(target, count, "pings", lambda socket, _: socket.ping(b"abc"))


@attack("sizes_of_no_page", 300)
async def odd_sizes(target: Target, count: int) -> Came:
    """From the page that controls: a pixel wide, or tall, and of every ratio; the window is drawn at some of them."""
    rng, came = random.Random(23), Came()
    sides = (1, 2, 60, 240, 1000, 4096, 100_000)
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(target.at("ws", "&viewer=sizes"), max_msg_size=0) as socket,
    ):
        await socket.send_str('{"type":"control"}')
        for number in range(count):
            odd = {"height": rng.choice(sides), "width": rng.choice(sides), "ratio": rng.choice((0.01, 1, 2, 16))}
            usual = {"height": 700, "width": 1000, "ratio": 1}
            size = {"type": "size", **(usual if number == count - 1 else odd)}
            came["sent"] += 1
            await socket.send_str(json.dumps(size))
            item = await socket.receive(20)
            while item.type is not aiohttp.WSMsgType.BINARY:
                item = await socket.receive(20)
            came["drawn"] += 1
            await socket.send_str(json.dumps({"type": "drawn", "version": struct.unpack_from("<I", item.data)[0]}))
    return came


@attack("messages_malformed", 1_500)
async def malformed(target: Target, count: int) -> Came:
    rng = random.Random(21)
    bad = ("{", "[" * 60_000, '{"type":"open","path":"/etc/passwd"}', '{"type":"key"}', "x" * 2_000_000, "\0", "1e999")

    async def act(number: int) -> str:
        where = target.at("ws", f"&viewer=m{number % 4}")
        async with aiohttp.ClientSession() as client, client.ws_connect(where, max_msg_size=0) as socket:
            for _ in range(3):
                content = rng.randbytes(3000) if number % 8 == 7 else bad[number % 7]
                await (socket.send_bytes(content) if isinstance(content, bytes) else socket.send_str(content))
            while (item := await socket.receive(10)).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                if number % 8 == 7 and item.type is aiohttp.WSMsgType.BINARY:
                    return "no camera's frames: ignored"
            return str(socket.close_code)

    return await repeated(count, act, at_once=4)


@attack("pages_that_take_nothing", 12)
async def take_nothing(target: Target, count: int) -> Came:
    """Half-open: a page whose machine is gone acknowledges nothing and never closes."""
    rest = target.url.partition("?")[2]

    async def act(number: int) -> str:
        reader, writer = await asyncio.open_connection(*target.place, limit=1 << 10)
        words = f"GET /ws?{rest}&viewer=h{number} HTTP/1.1\r\nHost: localhost\r\n"
        words += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(
            f"{words}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        await asyncio.sleep(35)
        try:
            while await asyncio.wait_for(reader.read(1 << 20), 5):
                pass
            return "let go"
        except ConnectionError:
            return "let go"
        except asyncio.TimeoutError:
            return "still open"
        finally:
            writer.close()

    return await repeated(count, act, at_once=6)


@attack("pages_loaded_anew", 1_000)
async def loaded_anew(target: Target, count: int) -> Came:
    async def act(number: int) -> str:
        where = target.at("ws", f"&viewer=r{number % 5}")
        async with aiohttp.ClientSession() as client, client.ws_connect(where, max_msg_size=0) as socket:
            await socket.receive(20)
        return "came"

    return await repeated(count, act, at_once=5)


@attack("camera_frames_that_are_none", 3_000)
async def camera_frames(target: Target, count: int) -> Came:
    """From the page that controls: noise, bombs, and frames that nobody asked for."""
    rng, bomb, came = random.Random(22), png_of_zeros(20_000, 20_000), Came()
    async with aiohttp.ClientSession() as client:
        while came["sent"] < count:
            async with client.ws_connect(target.at("ws", "&viewer=camera"), max_msg_size=0) as socket:
                with suppress(*GONE):
                    await socket.send_str('{"type":"control"}')
                    await socket.send_str('{"type":"camera","on":true}')
                    while came["sent"] < count and not socket.closed:
                        came["sent"] += 1
                        await socket.send_bytes(bomb if came["sent"] % 3 else rng.randbytes(20_000))
                        await asyncio.sleep(0.004)
                    await socket.send_str('{"type":"camera","on":false}')
                came["closed"] += 1
    return came


@attack("screenshots", 1_000)
async def screenshots(target: Target, count: int) -> Came:
    async def act(_: int) -> str:
        async with aiohttp.ClientSession() as client, client.get(target.at("screenshot.png")) as answer:
            await answer.read()
            return str(answer.status)

    return await repeated(count, act, at_once=16)


def png_of_zeros(height: int, width: int) -> bytes:
    """A small file of a huge black picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    body = b"".join(packer.compress(row) for _ in range(min(height, 3000))) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


if __name__ == "__main__":
    print(json.dumps(dict(asyncio.run(ATTACKS[sys.argv[1]][1](Target(sys.argv[2]), int(sys.argv[3]))))))

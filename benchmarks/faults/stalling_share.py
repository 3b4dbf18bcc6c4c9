"""A folder mounted as a network share is, whose server can stall: through the kernel's FUSE, without a library.

While it stalls, nothing is answered: names, times and contents, as of NFS or SMB whose server does not answer. What a
killed process waits for is given up, as NFS does. Needs root and /dev/fuse: NoShareError says so.
Source: linux/fuse.h, protocol 7.31.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH = 1, 2, 3, 14, 15, 18, 25
INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, DESTROY, BATCH_FORGET = 26, 27, 28, 29, 36, 38, 42
UNANSWERED = frozenset({FORGET, BATCH_FORGET})
HEADER = struct.Struct("<IIQQIIII")  # of a request: length, opcode, unique, node, uid, gid, pid, padding
ANSWER = struct.Struct("<IiQ")  # length, error, unique
ATTRIBUTES = struct.Struct("<6Q10I")
LARGEST = 1 << 17  # bytes of one read
ROOT_NODE = 1
DETACH = 2  # MNT_DETACH of umount2


class NoShareError(RuntimeError):
    """Nothing can be mounted here; the sentence says what is missing."""


class StallingShare:
    """Serves the folder ``source``. stall, go_on: from any thread."""

    def __init__(self, source: Path, descriptor: int) -> None:
        self._descriptor = descriptor
        self._paths: dict[int, Path] = {ROOT_NODE: source}
        self._nodes: dict[Path, int] = {source: ROOT_NODE}
        self._lock = threading.Lock()
        self._stalls = False
        self._waiting: dict[int, bytes] = {}  # unique -> request
        self._answers: dict[int, Callable[[int, bytes], bytes]] = {
            LOOKUP: self._looked_up,
            GETATTR: lambda node, _: struct.pack("<QII", 0, 0, 0) + self._attributes(self._paths[node]),
            OPEN: lambda *_: struct.pack("<QII", 0, 1, 0),  # FOPEN_DIRECT_IO: no pages are kept
            OPENDIR: lambda *_: struct.pack("<QII", 0, 0, 0),
            READ: self._read,
            READDIR: self._listed,
            **{each: lambda *_: b"" for each in (RELEASE, RELEASEDIR, FLUSH, DESTROY)},
            INIT: lambda *_: struct.pack("<IIIIHHIIHHI7I", 7, 31, LARGEST, 0, 8, 6, LARGEST, 1, 0, 0, *[0] * 8),
        }
        threading.Thread(target=self._serve, daemon=True).start()

    def stall(self) -> None:
        with self._lock:
            self._stalls = True

    def go_on(self) -> None:
        """Answer what has waited, and from now on."""
        with self._lock:
            self._stalls = False
            waiting, self._waiting = self._waiting, {}
        for request in waiting.values():
            self._answer(request)

    @property
    def waiting(self) -> int:
        """Requests that have no answer."""
        return len(self._waiting)

    def _serve(self) -> None:
        while True:
            try:
                request = os.read(self._descriptor, LARGEST + 4096)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                    continue
                return  # it was unmounted
            unique = HEADER.unpack_from(request)[2]
            if HEADER.unpack_from(request)[1] == INTERRUPT:
                self._give_up(struct.unpack_from("<Q", request, HEADER.size)[0])
                continue
            with self._lock:
                if self._stalls:
                    self._waiting[unique] = request
                    continue
            self._answer(request)

    def _give_up(self, unique: int) -> None:
        with self._lock:
            request = self._waiting.pop(unique, None)
        if request is not None:
            self._send(unique, b"", errno.EINTR)

    def _answer(self, request: bytes) -> None:
        _, opcode, unique, node, *_ = HEADER.unpack_from(request)
        if opcode in UNANSWERED:
            return
        act = self._answers.get(opcode)
        if act is None:
            self._send(unique, b"", errno.ENOSYS)
            return
        try:
            self._send(unique, act(node, request[HEADER.size :]))
        except OSError as error:
            self._send(unique, b"", error.errno or errno.EIO)

    def _send(self, unique: int, content: bytes, error: int = 0) -> None:
        with suppress(OSError):  # nobody waits for it any more
            os.write(self._descriptor, ANSWER.pack(ANSWER.size + len(content), -error, unique) + content)

    def _attributes(self, path: Path) -> bytes:
        found = path.stat()
        times = (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)
        seconds, rests = [t // 10**9 for t in times], [t % 10**9 for t in times]
        numbers = (found.st_ino, found.st_size, found.st_blocks, *seconds)
        return ATTRIBUTES.pack(*numbers, *rests, found.st_mode & ~0o222, found.st_nlink, 0, 0, 0, 4096, 0)

    def _looked_up(self, node: int, name: bytes) -> bytes:
        path = self._paths[node] / os.fsdecode(name.rstrip(b"\0"))
        attributes = self._attributes(path)
        child = self._nodes.setdefault(path, len(self._nodes) + 1)
        self._paths[child] = path
        return struct.pack("<QQQQII", child, 0, 0, 0, 0, 0) + attributes  # valid for no time: asked anew each time

    def _read(self, node: int, content: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", content)
        with self._paths[node].open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def _listed(self, node: int, content: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", content)
        listed = b""
        for place, path in enumerate(sorted(self._paths[node].iterdir())):
            name = os.fsencode(path.name)
            entry = struct.pack(
                "<QQII", path.stat().st_ino, place + 1, len(name), stat.S_IFMT(path.stat().st_mode) >> 12
            )
            entry = (entry + name).ljust((len(entry) + len(name) + 7) // 8 * 8, b"\0")
            if place >= offset and len(listed) + len(entry) <= size:
                listed += entry
        return listed


@contextmanager
def stalling_share(source: Path, target: Path) -> Iterator[StallingShare]:
    """The folder ``source`` seen at ``target``, an empty folder; unmounted with the block. Raises NoShareError."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        descriptor = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        raise NoShareError(
            f"/dev/fuse cannot be opened ({error.strerror}); run as root, with the kernel's fuse"
        ) from error
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"share", bytes(target), b"fuse", 0, options.encode()) != 0:
        os.close(descriptor)
        raise NoShareError(f"a share cannot be mounted ({os.strerror(ctypes.get_errno())}); run as root")
    share = StallingShare(source, descriptor)
    try:
        yield share
    finally:
        share.go_on()
        libc.umount2(bytes(target), DETACH)
        os.close(descriptor)

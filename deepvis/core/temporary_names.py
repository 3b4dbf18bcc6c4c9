"""Names of files on their way to their own name: which process writes them, so that leftovers are told from work.

``NAME.<machine>-<process>-<digits>.part``. What a killed program has left is removed by the next one that writes into
the same folder; what another program is writing is left alone. Earlier versions wrote ``NAME.<digits>.part``.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import time
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

MARK = r"(?:(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-)?[0-9a-f]{8}"  # earlier versions: digits alone
PART = rf"\.{MARK}\.part"  # what the name of a file on its way ends with
BOOT_ID, PROCESS_NUMBERS = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")  # of Linux
LONG = 3600.0  # seconds, after which a file of another machine or container, or of an earlier version, is nobody's
LONGEST = 160  # bytes of a name that are kept in front of the mark: file systems take 255

_PART = re.compile(rf".+{PART}", re.DOTALL)
_swept: set[str] = set()  # folders, of this process


def new_mark() -> str:
    """<machine>-<process>-<digits>, not given out before."""
    return f"{machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def part_beside(target: Path) -> Path:
    """A name in the same folder for what is to become ``target``; it is in work as long as this process runs."""
    start = os.fsencode(target.name)[:LONGEST].decode("utf-8", "ignore")
    return target.with_name(f"{start}.{new_mark()}.part")


def target_of(part: Path) -> Path:
    """What a file on its way is to become; another file is that itself."""
    return part.with_name(re.sub(rf"{PART}\Z", "", part.name))


def sweep_parts(folder: Path) -> None:
    """Remove the files on their way that nobody writes any more. Raises nothing: it is a service to the next."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _PART.fullmatch(entry.name)
            if found is not None and not is_in_work(Path(entry.path), found):
                with suppress(OSError):
                    os.unlink(entry.path)


def sweep_parts_once(folder: Path) -> None:
    """The same, the first time that this process asks for a folder: large ones are not listed for each file."""
    name = os.path.abspath(folder)
    if name not in _swept:
        _swept.add(name)
        sweep_parts(folder)


def is_in_work(path: Path, found: re.Match[str]) -> bool:
    """May a program still be writing this file? found: a match of its name with ``MARK``."""
    if found["machine"] != machine():
        with suppress(OSError):
            return time.time() - path.stat().st_mtime < LONG
        return False
    return is_running(int(found["process"]))


def is_running(process: int) -> bool:
    """Is there a process of that number? Taken for granted where asking would end it: on Windows."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


@cache
def machine() -> str:
    """8 hexadecimal digits of what the numbers of processes belong to.

    This machine by its name, its start, and the container: others share names and folders, and count from 1 too.
    """
    parts = (socket.gethostname(), _start(), _numbering())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _start() -> str:
    """Another word after each start of the machine; "" where the system tells none."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _numbering() -> str:
    """Another word in each container that numbers its processes itself; "" where the system tells none."""
    try:
        return os.readlink(PROCESS_NUMBERS)
    except (OSError, AttributeError, NotImplementedError):
        return ""

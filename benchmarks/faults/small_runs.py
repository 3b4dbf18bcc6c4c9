"""Small runs of the long commands, in processes forked from one that has the libraries loaded, and what they publish.

A run takes a second or two that way, so that hundreds of them can be disturbed. A run that is killed is killed at a
moment of its processor time, or at one of its file events: a file opened, renamed, removed, a folder made (Python's
audit events), which is where a half file would come from; the second kind is repeated exactly by its seed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from benchmarks.faults.process_figures import processor_seconds

FILE_EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
PHOTOS = 48
FRAMES = 6  # of the video


@dataclass(frozen=True)
class Case:
    """A command in small. words: of the command line, {output}, {photos}, {video} and what ``needs`` made put in.

    needs: the name of the case whose finished folder this one reads, as {NAME}. output: below the run's folder.
    """

    name: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    output: str = "out"


def _case(name: str, words: str, *needs: str, output: str = "out") -> Case:
    return Case(name, tuple(words.split()), needs, output)


CASES = {
    case.name: case
    for case in (
        _case("scan", "scan --images {photos} --layers conv1 conv5 fc8 --top 4 --output {output}"),
        _case("crops", "crops --scan {scan} --layers conv1 --units 0 1 2 3 4 5 --output {output}", "scan"),
        _case(
            "optimize",
            "optimize --push-layer fc8 --push-channel 0-3 --preset 3 --max-iter 6 --batch 1 --output {output}",
        ),
        _case(
            "optimize-layer",
            "optimize-layer --push-layer conv1 --presets 3 --rand-seed 0 --max-iter 2 --tile 24 --output {output}",
        ),
        _case("search", "search --push-layer fc8 --push-channel 3 --recipes 5 --max-iter 5 --output {output}"),
        _case("figures", "figures --figures 4 --classes 1 --max-iter 2 --small --output {output}"),
        _case("gallery", "gallery --layers conv1 --pictures {crops} --output {output}", "crops"),
        _case("photo-statistics", "photo-statistics --images {photos} --count 6 --output {output}.npz"),
        _case("dictionary", "dictionary --layer conv3 --images {photos} --atoms 2 --positions 4 --output {output}.npz"),
        _case("statistics", "statistics --images {photos} --layers conv1 --gradient-photos 1 --output {output}"),
        _case("unit-over-photos", "unit-over-photos --unit conv5:7 --images {photos} --output {output}.png"),
        _case("colour-or-shape", "colour-or-shape --unit conv5:7 --image {photo} --output {output}.png"),
        _case("report", "report --scan {scan} --output {output}", "scan"),
        _case("steadiness", "steadiness --video {video} --output {output}"),
    )
}


@dataclass(frozen=True)
class Ran:
    """code: of the exit; -9: killed. seconds: of the processor."""

    code: int
    said: str
    seconds: float

    @property
    def has_traceback(self) -> bool:
        return "Traceback" in self.said

    @property
    def sentence(self) -> str:
        """The last line that begins with the program's name."""
        lines = [line for line in self.said.replace("\r", "\n").splitlines() if line.startswith("deepvis")]
        return lines[-1] if lines else ""

    @property
    def last_words(self) -> str:
        """The last line of what it said."""
        lines = [line for line in self.said.replace("\r", "\n").splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


@dataclass(frozen=True)
class Kill:
    """When a run is killed: after ``seconds`` of the processor, or at its file event number ``event`` (from 0)."""

    seconds: float | None = None
    event: int | None = None


@dataclass
class Folder:
    """Where the runs of a benchmark lie: photos, finished cases, runs. Gone with ``remove``."""

    root: Path
    photos: Path
    finished: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, images: Path) -> Folder:
        """With so many photos of a folder, evenly spread, as PHOTOS says."""
        photos = root / "photos"
        photos.mkdir(parents=True)
        paths = sorted(path for path in images.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
        for path in paths[:: max(len(paths) // PHOTOS, 1)][:PHOTOS]:
            shutil.copy(path, photos)
        write_video(root / "video.avi", sorted(photos.iterdir())[:FRAMES])
        return cls(root, photos)

    def empty(self, name: str) -> Path:
        """A folder for a run, with nothing in it."""
        at = self.root / name
        shutil.rmtree(at, ignore_errors=True)
        at.mkdir(parents=True)
        return at

    def words(self, case: Case, at: Path) -> list[str]:
        """The command line of a case whose files go below ``at``."""
        values = {name: str(self.make(name) / "out") for name in case.needs}
        values |= {
            "photo": str(next(iter(sorted(self.photos.iterdir())))),
            "photos": str(self.photos),
            "video": str(self.root / "video.avi"),
            "output": str(at / case.output),
        }
        return [word.format(**values) for word in case.words]

    def make(self, name: str) -> Path:
        """The folder of an undisturbed run of a case. Raises RuntimeError where it fails."""
        if name not in self.finished:
            at = self.empty(f"finished-{name}")
            ran = run(self.words(CASES[name], at))
            if ran.code != 0:
                raise RuntimeError(f"{name}: {ran.said}")
            self.finished[name] = at
        return self.finished[name]


def write_video(path: Path, photos: Sequence[Path]) -> None:
    """A frame of 64 x 64 pixels for each photo."""
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 64))
    for photo in photos:
        writer.write(cv2.resize(cv2.imread(str(photo)), (64, 64)))
    writer.release()


def load() -> None:
    """Import what the commands import, so that forked runs need not. Starts no thread."""
    import cv2
    import torch

    from deepvis.cli.subcommand import find, names

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    for each in names():
        find(each)


class Running:
    """A command line in a forked process, a group of its own.

    below: file events count where they are in this folder. environ: None removes a variable. before: called in it.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        kill: Kill | None = None,
        below: Path | None = None,
        environ: Mapping[str, str | None] | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self._reading, writing = os.pipe()
        self._seconds = None if kill is None else kill.seconds
        self._said = b""
        self._began = time.monotonic()
        self.child = os.fork()
        if not self.child:
            os.close(self._reading)
            if kill is not None and kill.event is not None:
                at_file_events(below, partial(_kill_at, kill.event))
            _become(words, writing, environ or {}, before)
        os.close(writing)
        os.set_blocking(self._reading, False)

    def ended(self, wall_seconds: float | None = None) -> Ran:
        """Wait for it. wall_seconds: after so many since its start it is killed."""
        while True:
            self._said += _read(self._reading)
            done, status, used = os.wait4(self.child, os.WNOHANG)
            if done:
                break
            is_late = wall_seconds is not None and time.monotonic() - self._began >= wall_seconds
            if is_late or (self._seconds is not None and processor_seconds(self.child) >= self._seconds):
                os.kill(self.child, signal.SIGKILL)
            time.sleep(0.002)
        self._said += _read(self._reading)
        os.close(self._reading)
        code = os.waitstatus_to_exitcode(status)
        return Ran(code, self._said.decode("utf-8", "replace"), used.ru_utime + used.ru_stime)


def run(words: Sequence[str], *, wall_seconds: float | None = None, **how: Any) -> Ran:
    """Run a command line and wait for its end. how: as of ``Running``."""
    return Running(words, **how).ended(wall_seconds)


def at_once(lines: Sequence[Sequence[str]], **how: Any) -> list[Ran]:
    """Run several command lines at the same time."""
    running = [Running(words, **how) for words in lines]
    return [each.ended() for each in running]


def measured(words: Sequence[str], below: Path) -> tuple[int, float]:
    """A whole run: how many file events below a folder it has, and its processor time. Raises RuntimeError."""
    counted = below.with_name("events")
    with open(counted, "wb", buffering=0) as file:

        def before() -> None:
            at_file_events(below, lambda number: os.write(file.fileno(), b"."))

        ran = run(words, before=before)
    events = counted.stat().st_size
    counted.unlink()
    if ran.code:
        raise RuntimeError(ran.said)
    return events, ran.seconds


def _become(
    words: Sequence[str],
    writing: int,
    environ: Mapping[str, str | None],
    before: Callable[[], None],
) -> None:
    """The child: never returns."""
    try:
        os.setpgid(0, 0)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        for name, value in environ.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        before()
        from deepvis.cli.main import entry

        sys.argv = ["deepvis", *words]
        entry()
    except SystemExit as ending:
        sys.stdout.flush()
        os._exit(ending.code if isinstance(ending.code, int) else 1)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    finally:
        os._exit(0)


def at_file_events(below: Path | None, act: Callable[[int], object]) -> None:
    """Call ``act`` with the number of each file event of this process that changes something below a folder."""
    number, root = -1, os.fspath(below or "/")

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal number
        if event not in FILE_EVENTS or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if not os.fsdecode(arguments[0]).startswith(root):
            return
        if event == "open" and not int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR):
            return
        number += 1
        act(number)

    sys.addaudithook(hook)


def _kill_at(event: int, number: int) -> None:
    if number == event:
        os.kill(os.getpid(), signal.SIGKILL)


def _read(pipe: int) -> bytes:
    found = b""
    while True:
        try:
            some = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return found
        if not some:
            return found
        found += some


def digests(folder: Path) -> dict[str, str]:
    """Every file below a folder -> sha256."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What differs, one sentence a file."""
    missing = [f"{name} is missing" for name in expected if name not in found]
    left = [f"{name} is left over" for name in found if name not in expected]
    other = [f"{name} has other bytes" for name in expected if found.get(name, expected[name]) != expected[name]]
    return [*missing, *left, *other]


class Tried:
    """What was tried, by a key, with what came of it: kept in a file of lines, so that a campaign goes on."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, value = json.loads(line)
                self._found[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def of(self, name: str) -> list[Any]:
        """What came of all that was tried of a command."""
        return [value for key, value in self._found.items() if key.partition(" ")[0] == name]

    def once(self, key: str, act: Callable[[], Any]) -> Any:
        """What came of it, tried now where it was not."""
        if key not in self._found:
            self.add(key, act())
        return self._found[key]

    def add(self, key: str, value: Any) -> None:
        """Note it at once."""
        self._found[key] = value
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, value]) + "\n")

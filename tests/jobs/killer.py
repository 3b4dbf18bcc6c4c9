"""Runs commands that are killed with -9 in the middle, and goes on with them: one Python for all, a fork for each.

    python killer.py '{"name": ["word", ...], ...}' FOLDER MOMENTS

"OUT" among the words is the folder of the run. Prints as JSON, for each command: how many files it moved into place,
at which of them it was killed, and what was different after it had gone on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from deepvis.cli.main import main
from deepvis.core import files
from deepvis.optimize import session
from deepvis.scan import plan  # noqa: F401: loaded once, for all forks

session.SAVE_SECONDS = 0.0  # every iteration is saved
plan.LEAST_CHUNK = 16
_replace = os.replace


def forked(do: Callable[[], int]) -> int:
    """Run it in a process of its own; its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
            os.dup2(nowhere.fileno(), 1)
        os._exit(do())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def counted(words: list[str], log: Path) -> int:
    """Run a command; every file that is moved into place leaves a byte in a log."""

    def replace(source: object, target: object) -> None:
        _replace(source, target)
        with open(log, "ab") as file:
            file.write(b".")

    files.os.replace = replace
    return main(words)


def killed(words: list[str], moment: int) -> int:
    """Run a command that dies at that move, before it or after."""
    count = 0

    def replace(source: object, target: object) -> None:
        nonlocal count
        count += 1
        if count == moment and moment % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        _replace(source, target)
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    files.os.replace = replace
    return main(words)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, what a writer that was killed has left among them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tried(words: list[str], folder: Path, count: int) -> dict[str, object]:
    def into(name: str) -> list[str]:
        return [word.replace("OUT", str(folder / name)) for word in words]

    log = folder / "log"
    assert forked(lambda: counted(into("whole"), log)) == 0
    whole, moves = contents(folder / "whole"), len(log.read_bytes())
    moments = sorted({max((n + 1) * moves // count, 1) for n in range(count)})
    differences = {}
    for moment in moments:
        name = f"at_{moment}"
        died = forked(lambda name=name, moment=moment: killed(into(name), moment))
        went_on = forked(lambda name=name: main(into(name)))
        now = contents(folder / name)
        unlike = sorted(path for path in {*whole, *now} if whole.get(path) != now.get(path))
        if died != -signal.SIGKILL or went_on not in (0, 2) or unlike:
            differences[moment] = [died, went_on, unlike]
    return {"moves": moves, "moments": moments, "differences": differences}


if __name__ == "__main__":
    told = {}
    for command, words in json.loads(sys.argv[1]).items():
        place = Path(sys.argv[2]) / command
        place.mkdir(parents=True)
        told[command] = tried(words, place, int(sys.argv[3]))
    print(json.dumps(told))

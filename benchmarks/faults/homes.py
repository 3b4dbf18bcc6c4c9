#!/usr/bin/env python3
"""A home that is read-only, missing or unknown, the locale C, names in UTF-8, and three copies at once. Prints JSON.

    benchmarks/faults/homes.py --images DIR [--state FILE.jsonl]

Each command of ``COMMANDS`` and the window (headless) run without the rights of root (to write where the mode of a
file forbids it) in each surrounding of ``HOMES``, with photos and output in a folder ``NAMES``: no traceback, exit code
0, or 2 with a sentence, and the same bytes as in a usual home. Then three runs of one command start at once on one
output folder and one cache. Run as root, on Linux: a closed folder belongs to another user.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.faults.small_runs import CASES, ROOT, Folder, Ran, Tried, at_once, differences, digests, load, run

OTHER = 12345  # a user, whom the closed folder belongs to
WRITES_ANYWHERE = (1, 2, 3)  # capabilities of root: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
CAPABILITIES = 0x20080522  # version of the two calls
NAMES = "фото é 写真"
COMMANDS = ("scan", "crops", "optimize-layer", "search", "gallery", "photo-statistics", "dictionary", "report")
AT_ONCE = ("scan", "optimize-layer", "search", "gallery", "dictionary", "crops", "optimize")
PLAIN = {name: None for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "DEEPVIS_CACHE", "DEEPVIS_DATA", "PYTHONUTF8")}
HOMES: dict[str, Mapping[str, str | None]] = {
    "usual": {"HOME": "{home}"},
    "read-only": {"HOME": "{closed}"},
    "not there": {"HOME": "{closed}/nobody"},
    "not set": {"HOME": None},
    "locale C": {"HOME": "{home}", "LC_ALL": "C", "LANG": None},
    "locale C, no home": {"HOME": "{closed}/nobody", "LC_ALL": "C", "LANG": None},
}
NAMED, TURNS = 20, 5  # units that each of three windows names; how often
WINDOW = ["--headless", "--size", "1000x700", "--keys", "down ctrl+s ctrl+e ctrl+d G W x", "--stats", "{at}/stats.json"]
RIGHT = "exit code {}: {}"


class Surroundings:
    """root: everyone may read it. home, closed: a home, and one that cannot be written to."""

    def __init__(self, root: Path, images: Path) -> None:
        self.root = root
        self.folder = Folder.of(root / NAMES, images)
        self.home, self.closed = root / "home", root / "closed"
        for each in (self.home, self.closed):
            each.mkdir()
        self.closed.chmod(0o555)
        os.chown(self.closed, OTHER, OTHER)

    def environ(self, home: str) -> dict[str, str | None]:
        """With nothing in the home."""
        shutil.rmtree(self.home)
        self.home.mkdir()
        return {
            **PLAIN,
            **{
                name: value and value.replace("{home}", str(self.home)).replace("{closed}", str(self.closed))
                for name, value in HOMES[home].items()
            },
        }


def as_user() -> None:
    """Give up what root may more than others, in the forked process; without HOME there is no home either."""
    import pwd

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("process", ctypes.c_int))

    class Sets(ctypes.Structure):
        _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))

    system, header, sets = ctypes.CDLL(None, use_errno=True), Header(CAPABILITIES, 0), (Sets * 2)()
    system.capget(ctypes.byref(header), sets)
    for capability in WRITES_ANYWHERE:
        system.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: what is executed has none of it either
        sets[0].effective &= ~(1 << capability)
        sets[0].permitted &= ~(1 << capability)
    if system.capset(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capset")

    def unknown(number: int) -> None:
        raise KeyError(number)

    pwd.getpwuid = unknown  # type: ignore[assignment]


def try_home(around: Surroundings, name: str, home: str) -> dict[str, object]:
    """One command in one home."""
    at = around.folder.empty("homes")
    words = around.folder.words(CASES[name], at)
    ran = run(words, environ=around.environ(home), before=as_user)
    faults = ["a traceback"] if ran.has_traceback else []
    faults += [] if ran.code == 0 else [RIGHT.format(ran.code, ran.last_words)]
    faults += differences(digests(around.folder.make(name)), digests(at))
    return {"code": ran.code, "faults": faults}


def try_window(around: Surroundings, home: str, *, is_real: bool) -> dict[str, object]:
    """The window with all that it saves. is_real: as a Python of its own, whose locale is read at the start."""
    at = around.folder.empty("homes")
    words = [word.replace("{at}", str(at)) for word in WINDOW]
    words += ["--images", str(around.folder.photos), "--pictures", str(at / "pictures")]
    ran = (run_real if is_real else run)(words, environ=around.environ(home), before=as_user)
    saved = sorted(path.suffix for path in (at / "pictures").glob("*")) if (at / "pictures").is_dir() else []
    return {
        "code": ran.code,
        "said": ran.sentence.replace(str(around.root), ""),
        "faults": [
            *(["a traceback"] if ran.has_traceback else []),
            *([] if ran.code == 0 or (ran.code == 2 and ran.sentence) else [RIGHT.format(ran.code, ran.last_words)]),
            *([] if saved == [".npz", ".png"] else [f"saved: {saved}"]),
        ],
    }


def run_real(words: list[str], *, environ: Mapping[str, str | None], before: Callable[[], None]) -> Ran:
    """``run`` by a Python of its own."""
    import subprocess

    merged = {name: value for name, value in {**os.environ, **environ}.items() if value is not None}
    command = [sys.executable, str(ROOT / "run_toolbox.py"), *words]
    done = subprocess.run(command, env=merged, preexec_fn=before, capture_output=True, check=False)
    return Ran(done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace"), 0.0)


def try_three(around: Surroundings, name: str) -> dict[str, object]:
    """Three at once into one folder; then once more, to the end."""
    at = around.folder.empty("three")
    words = around.folder.words(CASES[name], at)
    ran = at_once([words] * 3)
    last = run(words)
    faults = [f"a traceback: {each.last_words}" for each in ran if each.has_traceback]
    faults += [RIGHT.format(each.code, each.last_words) for each in ran if each.code not in (0, 2)]
    faults += [] if last.code == 0 else [RIGHT.format(last.code, last.last_words)]
    faults += differences(digests(around.folder.make(name)), digests(at))
    said = sorted({each.sentence for each in ran if each.code == 2})
    return {"codes": [each.code for each in ran], "said": said, "faults": faults}


def try_three_windows(around: Surroundings) -> dict[str, object]:
    """Three windows at once that save into one folder, one cache and one file of names."""
    at = around.folder.empty("three")
    words = [word.replace("{at}", str(at)) for word in WINDOW]
    words += ["--images", str(around.folder.photos), "--pictures", str(at / "pictures")]
    environ = {"DEEPVIS_CACHE": str(at / "cache"), "DEEPVIS_DATA": str(at / "data")}
    ran = at_once([words] * 3, environ=environ)
    found = digests(at)
    names = [json.loads((at / name).read_text()) for name in found if "/names/" in name and name.endswith(".json")]
    faults = [f"a traceback: {each.last_words}" for each in ran if each.has_traceback]
    faults += [RIGHT.format(each.code, each.last_words) for each in ran if each.code not in (0, 2)]
    faults += [f"{name} is left" for name in found if name.endswith(".part") or ".replaced-" in name]
    pictures = [name for name in found if name.startswith("pictures/") and name.endswith((".png", ".npz"))]
    faults += [] if len(pictures) == 6 else [f"{len(pictures)} pictures and numbers, expected 6"]
    # ctrl+d turns the star: a window that has read another's takes it away
    faults += [] if len(names) == 1 and len(names[0]["units"]) <= 1 else [f"names: {names}"]
    said = sorted({each.sentence.replace(str(around.root), "") for each in ran if each.code == 2})
    return {"codes": [each.code for each in ran], "said": said, "faults": faults}


def try_three_names(around: Surroundings) -> dict[str, object]:
    """Three windows that give NAMED units a name each at the same time, of one layer in turn."""
    at = around.folder.empty("three")
    words = [words_naming(number, at) for number in range(3)]
    ran = at_once(words, environ={"DEEPVIS_CACHE": str(at / "cache"), "DEEPVIS_DATA": str(at / "data")})
    (file,) = (at / "data" / "names").glob("*.json")
    found = {row["name"] for row in json.loads(file.read_text())["units"]}
    lost = sorted({name_of(number, unit) for number in range(3) for unit in range(NAMED)} - found)
    faults = [f"a traceback: {each.last_words}" for each in ran if each.has_traceback]
    faults += [RIGHT.format(each.code, each.last_words) for each in ran if each.code != 0]
    faults += [f"lost: {', '.join(lost)}"] if lost else []
    return {"codes": [each.code for each in ran], "named": 3 * NAMED, "kept": len(found), "faults": faults}


def name_of(window: int, unit: int) -> str:
    return f"w{window}u{unit}"


def words_naming(window: int, at: Path) -> list[str]:
    """Of a window without a screen that names every third unit of the first layer, beginning with its own."""
    keys = ["down", *["right"] * window]
    for unit in range(NAMED):
        keys += ["ctrl+t", f'"{name_of(window, unit)}"', "enter", "right", "right", "right"]
    return ["--headless", "--size", "1000x700", "--keys", " ".join(keys), "--stats", str(at / f"stats{window}.json")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    parser.add_argument("--state", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    load()
    state = Tried(arguments.state)
    root = Path(tempfile.mkdtemp(prefix="homes-"))
    try:
        around = Surroundings(root, arguments.images)
        found: dict[str, object] = {"homes": {}, "windows": {}, "three at once": {}}
        for home in HOMES:
            found["homes"][home] = {  # type: ignore[index]
                name: state.once(f"{home}: {name}", lambda name=name, home=home: try_home(around, name, home))
                for name in COMMANDS
            }
            is_real = "locale" in home
            found["windows"][home] = state.once(  # type: ignore[index]
                f"{home}: window", lambda home=home, is_real=is_real: try_window(around, home, is_real=is_real)
            )
        for name in AT_ONCE:
            found["three at once"][name] = state.once(  # type: ignore[index]
                f"three: {name}", lambda name=name: try_three(around, name)
            )
        found["three at once"]["names"] = [  # type: ignore[index]
            state.once(f"names: {turn}", lambda: try_three_names(around)) for turn in range(TURNS)
        ]
        found["three at once"]["window"] = state.once("three: window", lambda: try_three_windows(around))  # type: ignore[index]
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
    os._exit(0)

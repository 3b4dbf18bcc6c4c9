#!/usr/bin/env python3
"""``deepvis fetch`` from a server that does wrong, on a full disk, killed, and three times at once. Prints JSON.

    benchmarks/faults/downloads.py [--moments 50] [--ways cut stall ...] [--state FILE.jsonl]

Each way of hostile_server.py and endless_ways.py is tried with a published checksum and without: the first run must
end with 0 and the right file, or with 2, one sentence and no file of that name. Then the server is healed, and the same
command must bring the right file, leave nothing beside it, and go on where it was where the first run was cut.
``moments``: kill -9 so often while a slow server gives the file.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.faults import endless_ways  # noqa: F401  # it adds its ways
from benchmarks.faults.disk_full import disk, enlarge, full_faults
from benchmarks.faults.hostile_server import CONTENT, HALF, SLOW, SLOW_SECONDS, WAYS, make_certificate, serving
from benchmarks.faults.small_runs import Ran, Tried, at_once, load, run

ROOM = (0.005, 0.1, 0.5, 0.9, 0.996, 1.0, 1.004, 1.02, 1.05)  # of a full disk, in parts of the file; 0.01 stays free
DISK_TAKES = 4096  # of a tmpfs for the card
SILENCE = 1.0  # seconds, in place of 30
SHA256 = hashlib.sha256(CONTENT).hexdigest()
GONE_ON = ("length-too-long", "cut", "cut-in-chunks", "reset", "stall")  # ways whose first half is kept
GONE_ON += ("endless-trailers",)
GOOD = ("redirect-301", "redirect-302", "redirect-303", "redirect-307", "redirect-308", "redirect-relative", "slow")
GOOD += ("redirect-with-an-endless-body",)
GOOD_WITHOUT = ("length-is-nonsense", "length-is-negative")  # and right, whatever the length said
NOT_SEEN = ("length-too-short", "cut-without-length", "another-file")  # without a checksum
CARD = "version: 1\nprototxt: p\nweights: w\nfiles:\n  - {{path: w, url: '{url}', {checked}, size: {size}}}\n"


@dataclass(frozen=True)
class Model:
    """A folder with a card of one file. is_checked: its checksum is published."""

    folder: Path
    is_checked: bool

    @classmethod
    def made(cls, folder: Path, url: str, *, is_checked: bool) -> Model:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        checked = f"sha256: {SHA256}" if is_checked else "note: x"
        (folder / "model.yaml").write_text(CARD.format(url=url, checked=checked, size=len(CONTENT)))
        return cls(folder, is_checked)

    def fetch(self, seconds: float | None = None, environ: Mapping[str, str | None] | None = None) -> Ran:
        """seconds: after so many of the clock it is killed."""
        return run(["fetch", str(self.folder)], wall_seconds=seconds, before=_impatient, environ=environ)

    def fetch_patiently(self, seconds: float | None = None) -> Ran:
        """The same with the 30 seconds of silence that users have: a busy machine's server may take its time."""
        return run(["fetch", str(self.folder)], wall_seconds=seconds)

    def is_right(self) -> bool:
        return (self.folder / "w").read_bytes() == CONTENT if (self.folder / "w").exists() else False

    @property
    def has_file(self) -> bool:
        return (self.folder / "w").exists()

    def faults_of_end(self, ran: Ran) -> list[str]:
        """After the server was healed."""
        names = sorted(path.name for path in self.folder.iterdir())
        record = json.loads((self.folder / "fetched.json").read_text()) if "fetched.json" in names else {}
        return [
            *([] if ran.code == 0 else [f"exit code {ran.code} at the end: {ran.last_words}"]),
            *([] if self.is_right() else ["another content at the end"]),
            *([] if names == ["fetched.json", "model.yaml", "w"] else [f"left over: {names}"]),
            *([] if record == {"version": 1, "sha256": {"w": SHA256}} else [f"the record says {record}"]),
        ]


def _impatient() -> None:
    from deepvis.models import download

    download.SILENCE_SECONDS = SILENCE


def sentence_faults(ran: Ran) -> list[str]:
    """Of a run that is to end with a sentence."""
    lines = [line for line in ran.said.replace("\r", "\n").splitlines() if line.startswith("deepvis")]
    return [
        *(["a traceback"] if ran.has_traceback else []),
        *([] if ran.code == 2 else [f"exit code {ran.code}"]),
        *([] if len(lines) == 1 else [f"{len(lines)} sentences"]),
    ]


def try_way(name: str, root: Path, address: str, *, is_checked: bool) -> dict[str, object]:
    """One way, before and after the server is healed."""
    model = Model.made(root / "net", f"{address}/{name}/w", is_checked=is_checked)
    (root / "healed").unlink(missing_ok=True)
    is_good = name in GOOD or name in GOOD_WITHOUT
    first = model.fetch_patiently() if is_good else model.fetch()
    faults = []
    is_unseen = not is_checked and name in NOT_SEEN
    if is_good or is_unseen:
        faults += [] if first.code == 0 and (is_unseen or model.is_right()) else [f"not taken: {first.last_words}"]
    else:
        faults += sentence_faults(first)
        faults += ["a file has the name, and is wrong"] if (model.folder / "w").exists() else []
    (root / "healed").touch()
    (root / "asked").write_text("")
    if is_unseen:  # nobody can tell: the user removes it, and the record counts for the first one
        (model.folder / "w").unlink()
    last = model.fetch_patiently()
    faults += model.faults_of_end(last)
    asked = (root / "asked").read_text()
    if name in GONE_ON and f"bytes={HALF}-" not in asked:
        faults.append("it began anew")
    return {"said": first.last_words.replace(str(root), ""), "code": first.code, "faults": faults}


def try_certificates(root: Path) -> dict[str, object]:
    """https with a certificate that nobody trusts, of another host, and a good one; and from https to http."""
    found: dict[str, object] = {}
    (root / "healed").unlink(missing_ok=True)
    for name, host, is_trusted, way, code in (
        ("nobody trusts it", "IP:127.0.0.1", False, "well", 2),
        ("of another host", "DNS:elsewhere.example", True, "well", 2),
        ("good", "IP:127.0.0.1", True, "well", 0),
        ("good, then http", "IP:127.0.0.1", True, "redirect-to-http", 2),
    ):
        certificate = root / f"{name.replace(' ', '-')}.pem"
        make_certificate(certificate, host)
        with serving(root, certificate) as address:
            model = Model.made(root / "net", f"{address}/{way}/w", is_checked=True)
            ran = model.fetch(environ={"SSL_CERT_FILE": str(certificate)} if is_trusted else {})
        faults = sentence_faults(ran) if code else model.faults_of_end(ran)
        found[name] = {"said": ran.last_words.replace(str(root), ""), "code": ran.code, "faults": faults}
    return found


def try_changed(root: Path, address: str) -> dict[str, object]:
    """The first half of another content is there, which the server has replaced since."""
    faults = []
    for is_checked in (True, False):
        model = Model.made(root / "net", f"{address}/well/w", is_checked=is_checked)
        (root / "healed").touch()
        (model.folder / "w.part").write_bytes(b"of another file" * 20_000)
        begun = {"version": 1, "sha256": {}, "begun": {f"{address}/well/w": '"zero"'}}
        (model.folder / "fetched.json").write_text(json.dumps(begun))
        faults += model.faults_of_end(model.fetch())
    return {"tried": 2, "faults": faults}


def try_three(root: Path, address: str) -> dict[str, object]:
    """Three runs of one command at once: one brings the file, the others say that it does."""
    model = Model.made(root / "net", f"{address}/slow/w", is_checked=True)
    (root / "healed").unlink(missing_ok=True)
    ran = at_once([["fetch", str(model.folder)]] * 3)
    codes = sorted(each.code for each in ran)
    waiting = [each for each in ran if each.code == 2]
    faults = [fault for each in waiting for fault in sentence_faults(each)]
    faults += [] if codes[0] == 0 and set(codes) <= {0, 2} else [f"exit codes {codes}"]
    faults += [] if all("another program" in each.said for each in waiting) else ["another sentence"]
    return {"codes": codes, "faults": [*faults, *model.faults_of_end(model.fetch())]}


def try_kills(root: Path, address: str, moments: int, state: Tried) -> dict[str, object]:
    """kill -9 while the file comes; then the same command to its end, which must not begin anew."""
    (root / "healed").unlink(missing_ok=True)
    whole = SLOW * SLOW_SECONDS + 0.5
    for number in range(moments):
        if f"kill {number}" in state:
            continue
        drawn = random.Random(f"21 {number}")
        model = Model.made(root / "net", f"{address}/slow/w", is_checked=number % 2 == 0)
        for _ in range(2 if number % 3 == 0 else 1):
            model.fetch_patiently(drawn.uniform(0.1, whole))
        kept = (model.folder / "w.part").stat().st_size if (model.folder / "w.part").exists() else 0
        (root / "asked").write_text("")
        faults = model.faults_of_end(model.fetch_patiently())
        asked = (root / "asked").read_text()
        if kept and f"bytes={kept}-" not in asked:
            faults.append("it began anew")
        state.add(f"kill {number}", {"kept": kept, "faults": faults})
    found = state.of("kill")
    return {
        "moments": len(found),
        "in_the_middle": sum(0 < each["kept"] < len(CONTENT) for each in found),
        "faults": sorted({fault for each in found for fault in each["faults"]}),
    }


def try_full_disks(root: Path, address: str) -> dict[str, object]:
    """Into a small tmpfs, with room for so many bytes of the file; then there is room, and it goes on."""
    (root / "healed").touch()
    found: dict[str, object] = {}
    for share, is_checked in itertools.product(ROOM, (True, False)):
        at = root / "disk"
        with disk(at, int(share * len(CONTENT)) + DISK_TAKES):
            model = Model.made(at / "net", f"{address}/well/w", is_checked=is_checked)
            first = model.fetch()
            faults = [] if first.code == 0 else [*full_faults(first, at), *sentence_faults(first)]
            kept = (model.folder / "w.part").stat().st_size if (model.folder / "w.part").exists() else 0
            faults += ["a file has the name, and is not whole"] if model.has_file and not model.is_right() else []
            enlarge(at)
            (root / "asked").write_text("")
            faults += model.faults_of_end(model.fetch())
            asked = (root / "asked").read_text()
            faults += ["it began anew"] if kept and f"bytes={kept}-" not in asked else []
        said = first.sentence.replace(str(at), "")
        found[f"room for {share:g} of it, {'checked' if is_checked else 'unchecked'}"] = {
            **{"code": first.code, "kept": kept, "said": said, "faults": faults}
        }
    return found


def full_disks_if_any(root: Path, address: str) -> dict[str, object]:
    try:
        return try_full_disks(root, address)
    except (OSError, subprocess.CalledProcessError):
        return {"left_out": "a tmpfs can be mounted by root alone"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS), metavar="WAY")
    parser.add_argument("--state", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    load()
    print(json.dumps(campaign(arguments.ways, arguments.moments, Tried(arguments.state)), indent=1))


def campaign(names: Sequence[str], moments: int, state: Tried) -> dict[str, object]:
    """All of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="downloads-") as folder, serving(Path(folder)) as address:
        root = Path(folder)
        ways = {
            f"{name}, {'checked' if is_checked else 'unchecked'}": try_way(name, root, address, is_checked=is_checked)
            for name in names
            for is_checked in (True, False)
        }
        found: dict[str, object] = {
            "ways": ways,
            "certificates": try_certificates(root),
            "full disks": full_disks_if_any(root, address),
            "changed on the server": try_changed(root, address),
            "three at once": try_three(root, address),
            "killed": try_kills(root, address, moments, state),
        }
    return {"tried": len(ways), "seconds": round(time.monotonic() - began), **found}


if __name__ == "__main__":
    main()
    os._exit(0)

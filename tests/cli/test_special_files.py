"""Pipes and devices in the place of every file that an option names: one sentence, exit code 2, no waiting."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepvis.cli import subcommand
from deepvis.cli.main import main
from deepvis.cli.window import parser as window_parser
from tests.helpers.pictures import save_photo

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
WAIT = 120  # seconds of the clock, after which a reader that waits for ever is ended

NET = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 9 layer { name: "fc" type: "InnerProduct" '
NET += 'bottom: "data" top: "fc" inner_product_param { num_output: 2 } }'
WHY = "why --image {folder}/photo.png --layer conv5"
OWN = "why --image {folder}/photo.png --layer fc --network {folder}/net.prototxt"
UNIT = "--push-layer fc8 --push-channel 1"
OPTIMIZE = "optimize --max-iter 1 --output-prefix {folder}/out"
# option -> command lines in which {file} stands for a file of the suffix in brackets
TRIED: dict[str, tuple[str, ...]] = {
    "--network": tuple(
        f"layers --fill --network {{file}}[{suffix}]"
        for suffix in (".prototxt", ".onnx", ".pt2", ".pth", ".safetensors", ".h5", ".py:make")
    ),
    "--prototxt": ("layers --fill --prototxt {file}[.prototxt]",),
    "--weights": (f"{OWN} --weights {{file}}[.caffemodel]", f"{OWN} --weights {{file}}[.h5]"),
    "--mean": (f"{WHY} --mean {{file}}[.npy]", f"{WHY} --mean {{file}}[.binaryproto]"),
    "--labels": (f"{WHY} --labels {{file}}[.txt]",),
    "--dictionary": ("layers --dictionary {file}[.npz]",),
    "--input": ("self-test --network {folder}/nets.py:Net --input x={file}[.npy]",),
    "--settings": ("layers --settings {file}[.py]", "--headless --settings {file}[.py]"),
    "--image": ("why --layer conv5 --image {file}[.jpg]",),
    "--images": (
        "--headless --seconds 1 --images {file}[.txt]",
        "scan --images {file}[.txt] --output {folder}/out",
        "dictionary --layer conv1 --images {file}[.txt] --output {folder}/out.npz",
        "statistics --images {file}[.txt] --output {folder}/out",
        "photo-statistics --images {file}[.txt] --output {folder}/out.npz",
        "unit-over-photos --unit conv5:1 --images {file}[.txt] --output {folder}/out.png",
    ),
    "--video": ("steadiness --video {file}[.mp4] --output {folder}/out", "--headless --seconds 1 --video {file}[.mp4]"),
    "--session": ("--headless --session {file}[.yaml]",),
    "--replay": ("--headless --replay {file}[.jsonl]",),
    "--compare": ("--headless --seconds 1 --compare {file}[.prototxt]",),
    "--tls": ("--serve 127.0.0.1:0 --seconds 1 --tls {file}[.pem] {file}[.pem]",),
    "--import": ("names --import {file}[.json]",),
    "--presets-file": (f"{OPTIMIZE} {UNIT} --preset mine --presets-file {{file}}[.yaml]",),
    "--photo": (f"{OPTIMIZE} --push-layer fc8 --objective match --photo {{file}}[.jpg]",),
    "--start-image": (f"{OPTIMIZE} {UNIT} --start-image {{file}}[.jpg]",),
    "--photo-statistics": (f"{OPTIMIZE} {UNIT} --photo-statistics {{file}}[.npz]",),
    "--statistics": ("gallery --output {folder}/out --statistics {file}[.json]",),
    "files": ("check {file}[.prototxt]", "check {file}[.onnx]"),
}
FOLDERS = {"--model", "--scan", "--pictures", "--from", "--unit-images", "--caffe-root"}
WRITTEN = {"--output", "--output-prefix", "--export", "--screenshot", "--record", "--record-keys", "--stats"}
LINES = [line for lines in TRIED.values() for line in lines]


@pytest.fixture(autouse=True)
def ended_at_last() -> Iterator[None]:
    """A reader that waits is a failure, not a suite that stands still."""
    before = signal.signal(signal.SIGALRM, _waits)
    signal.alarm(WAIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _waits(*_: object) -> None:
    raise AssertionError(f"it waits for more than {WAIT} seconds")


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("what", ["a pipe", "a device"])
def test_is_one_sentence(
    what: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    save_photo(tmp_path / "photo.png", 90)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "nets.py").write_text("from torch.nn import Conv2d as Part\n\nNet = Part(3, 2, 3)\n")
    suffix, name = re.findall(r"\[(\.\w+)(:\w+)?\]", line)[0]
    file = tmp_path / f"special{suffix}"
    os.mkfifo(file) if what == "a pipe" else file.symlink_to("/dev/zero")
    words = re.sub(r"\[[^]]*\]", name, line).format(file=file, folder=tmp_path).split()
    try:
        code = main(words)
    except SystemExit as error:
        code = int(str(error.code))
    out, err = capsys.readouterr()
    said = [each for each in (out or err).splitlines() if not each.startswith(" ")]  # check prints a line a file
    assert code == 2 and file.name in said[-1] and len(said) == 1, said
    assert what in said[-1] or "regular file" in said[-1], said


def test_every_option_that_names_a_file_is_tried() -> None:
    parsers = [window_parser(), *(subcommand.find(name).parser() for name in subcommand.names())]
    for parser in parsers:
        for action in parser._actions:
            words = " ".join(action.metavar) if isinstance(action.metavar, tuple) else str(action.metavar)
            if re.search(r"FILE|DIR|LIST|NPZ|YAML|CERT|PATH|png|npz", words):
                names = {*action.option_strings, action.dest} & {*TRIED, *FOLDERS, *WRITTEN}
                assert names, f"{action.option_strings} {words}"

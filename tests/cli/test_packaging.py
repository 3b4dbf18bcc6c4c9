"""What ``pip install .`` gives: the package with the embedded model, and the command with all of its subcommands.

The wheel is built from a copy of the repository, installed into an environment of its own, and the copy renamed away.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis.cli.subcommand import names

SCAN = "user/caffenet-mini/unit_jpg_vis"  # of an installed model, in the user's folder
# every subcommand with a small job, in an order in which each finds what it goes on with, and a file that it writes
JOBS = {
    "models": ("models", ""),
    "layers": ("layers --device cpu", ""),
    "check": ("check caffenet-mini", ""),
    "self-test": ("self-test --network small.py:make --input-size 16", ""),
    "fetch": ("fetch lenet --from photos", "user/lenet/lenet_iter_10000.caffemodel"),
    "optimize": (
        "optimize --push-layer conv1 --push-channel 3 --preset 3+ --max-iter 1 --output one",
        "one/opt_conv1_0003_0_best_X.jpg",
    ),
    "optimize-layer": (
        "optimize-layer --push-layer conv1 --push-channel 3 --presets 3+ --rand-seed 0 --max-iter 1",
        "user/caffenet-mini/unit_jpg_vis/regularized_opt/conv1/conv1_0003_montage.jpg",
    ),
    "search": (
        "search --push-layer conv1 --push-channel 3 --recipes 1 --max-iter 1 --output search",
        "search/index.html",
    ),
    "figures": ("figures --figures 3 --classes pizza --max-iter 1 --output figures", "figures/figure_3.png"),
    "scan": ("scan --images photos --layers conv1 --top 1", f"{SCAN}/scan"),
    "crops": (f"crops --scan {SCAN} --units 3", f"{SCAN}/max_im/conv1/conv1_0003.jpg"),
    "report": (f"report --scan {SCAN} --output scan", "scan/report/index.html"),
    "gallery": ("gallery --layers conv1 --output gallery", "gallery/conv1/0003.html"),
    "accuracy": ("accuracy --images photos", ""),
    "colour-or-shape": ("colour-or-shape --image photos/pizza/photo.png --output sheet.png", "sheet.png"),
    "dictionary": ("dictionary --layer conv1 --images photos --atoms 2 --output conv1.npz", "conv1.npz"),
    "photo-statistics": ("photo-statistics --images photos --output statistics.npz", "statistics.npz"),
    "statistics": (
        "statistics --images photos --layers conv1 --gradient-photos 1 --output measured",
        "measured/statistics/statistics.json",
    ),
    "unit-over-photos": ("unit-over-photos --unit conv5:3 --images photos --output unit.png", "unit.png"),
    "names": ("names --export names.json", "names.json"),
    "steadiness": (
        "steadiness --image photos/pizza/photo.png --noise 2 --frames 2 --output steady",
        "steady/steadiness.json",
    ),
    "why": ("why --image photos/pizza/photo.png --class pizza --layer conv5 --top 3", ""),
    "what-if": ("what-if --image photos/pizza/photo.png --off conv5:3 --top 3", ""),
    "window": ("window --headless --keys o --screenshot shot.png", "shot.png"),
}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel; the copy of the repository that it was built from is called otherwise by now."""
    pytest.importorskip("setuptools", minversion="64", reason="pip install -r requirements-test.txt")
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "tests", "docs", ".*_cache", "build", "out")
    shutil.copytree(root, folder / "source", ignore=ignored)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), "."]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *build], cwd=folder / "source", capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (folder / "source").rename(folder / "away")
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def deepvis(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the installed package; what it needs is that of this Python."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ["--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, timeout=300)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "needed.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin" / "deepvis"


@pytest.fixture
def run(deepvis: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command in a folder of its own with photos of two classes."""
    for number, name in enumerate(("pizza", "menorah")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        pixels = np.random.default_rng(number).integers(0, 256, (90, 120, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / name / "photo.png")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"DEEPVIS_CACHE": str(tmp_path / "cache"), "CUDA_VISIBLE_DEVICES": ""}
    environment["DEEPVIS_MODELS"] = str(tmp_path / "user")
    (tmp_path / "photos" / "lenet_iter_10000.caffemodel").write_bytes(b"weights")
    (tmp_path / "small.py").write_text("import torch\nmake = lambda: torch.nn.Conv2d(3, 4, 3)\n")

    def go(program: str | Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )

    return go


def test_the_wheel_holds_the_models_but_nothing_fetched(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "deepvis/_models/caffenet-mini/model.yaml" in names
    assert any(name.endswith("caffenet-mini.caffemodel") for name in names)
    assert "deepvis/_models/squeezenet/model.yaml" in names
    assert [name for name in names if name.endswith(".caffemodel") and "caffenet-mini" not in name] == []
    assert "deepvis/window/ui/fonts/Inter-Regular.ttf" in names
    assert "deepvis/pages/templates/report_layer.html" in names
    assert "deepvis/pages/templates/statistics.html" in names
    assert "deepvis/pages/templates/serve/main.js" in names


def test_every_file_of_the_package_that_git_knows_is_in_the_wheel(wheel: Path, root: Path) -> None:
    if not (root / ".git").exists():
        pytest.skip("no repository of git")
    listed = subprocess.run(["git", "ls-files", "deepvis"], cwd=root, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) - set(zipfile.ZipFile(wheel).namelist()) == set()


# what is imported only where it is asked for, by an extra of its own or a program that brings it
OPTIONAL = {
    "av",
    "distributed",
    "h5py",
    "matplotlib",
    "sklearn",
    "threadpoolctl",
    "timm",
    "torchvision",
    "caffe",
    "IPython",
}
CALLED = {
    "cv2": "opencv-python",
    "google": "protobuf",
    "PIL": "pillow",
    "pydantic_core": "pydantic",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}


def test_the_wheel_requires_what_the_package_imports(wheel: Path, root: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    lines = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", metadata, re.MULTILINE)
    required = {name.lower() for name, rest in lines if "extra ==" not in rest}
    imported = {name.split(".")[0] for path in (root / "deepvis").rglob("*.py") for name in imports_of(path)}
    needed = imported - sys.stdlib_module_names - OPTIONAL - {"deepvis"}
    assert {CALLED.get(name, name) for name in needed} <= required


def imports_of(path: Path) -> set[str]:
    """Of a file, late ones too; relative ones left out."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


ALL_IN_ONE = """
import json, sys
import deepvis
from deepvis.cli.main import main
codes = {" ".join(words): main(words) for words in json.loads(sys.argv[1])}
print("found", json.dumps({"file": deepvis.__file__, "codes": codes}))
"""


def test_every_subcommand_has_a_job_here() -> None:
    assert set(JOBS) == {*names(), "window"}


def test_all_subcommands_of_the_installed_package(deepvis: Path, run: Callable, tmp_path: Path) -> None:
    """In one process, as torch takes seconds to load; each in its own: below."""
    words = [shlex.split(words) for words, _ in JOBS.values()]
    package = next(deepvis.parents[1].glob("lib/python*/site-packages/deepvis/_models"))
    shipped = set(package.rglob("*"))
    done = run(deepvis.with_name("python"), "-c", ALL_IN_ONE, json.dumps(words))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.rsplit("found ", 1)[1])
    assert Path(found["file"]).is_relative_to(deepvis.parents[1])
    assert {words: code for words, code in found["codes"].items() if code} == {}, done.stderr
    assert [file for _, file in JOBS.values() if not (tmp_path / file).exists()] == []
    assert "caffenet-mini            ready (the default)" in done.stdout
    assert f"next: deepvis crops --scan {tmp_path / SCAN}" in done.stderr
    assert "try it: deepvis --model lenet" in done.stdout
    assert f"the files of lenet are in {tmp_path / 'user' / 'lenet'}" in done.stdout
    assert set(package.rglob("*")) == shipped, "written into the package"


@pytest.mark.slow
def test_each_subcommand_by_the_installed_command(deepvis: Path, run: Callable, tmp_path: Path) -> None:
    for words, file in JOBS.values():
        done = run(deepvis, *shlex.split(words))
        assert done.returncode == 0 and "Traceback" not in done.stderr, (words, done.stderr)
        assert (tmp_path / file).exists()
        assert "scripts/" not in done.stdout + done.stderr


def test_the_command_by_its_name(deepvis: Path, run: Callable) -> None:
    assert run(deepvis, "--version").stdout.startswith("deepvis ")
    helped = run(deepvis, "fetch", "--help").stdout
    assert "deepvis fetch bvlc-googlenet" in helped and "scripts/" not in helped
    wrong = run(deepvis, "optimise")
    assert (wrong.returncode, wrong.stderr) == (
        2, "deepvis: no subcommand is named 'optimise'; did you mean 'optimize'?\n",
    )  # fmt: skip

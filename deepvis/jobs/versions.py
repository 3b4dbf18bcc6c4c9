"""What must be the same on all machines that share one piece of work, for the same results everywhere."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from deepvis import __version__
from deepvis.jobs.workers import PoolError

PACKAGE = Path(__file__).resolve().parents[1]
SOURCE = (".py", ".csv", ".npz")  # endings of the package's files that decide what comes out
DIGITS = 12
COMPARED = {
    "distributed": ("distributed",),
    "torch": ("torch",),
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "Pillow": ("pillow",),
    "OpenCV": ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
}  # package: the names of its distributions


def versions() -> dict[str, str]:
    """By name: this package's with a digest of its source, for the number stays the same from change to change."""
    python = ".".join(platform.python_version_tuple()[:2])
    found = {name: _version_of(distributions) for name, distributions in COMPARED.items()}
    return {"deepvis": f"{__version__} (source {source_digest()})", "Python": python, **found}


@cache
def own_versions() -> dict[str, str]:
    """``versions`` of this process as it was when first asked: later its files may be replaced."""
    return versions()


@cache
def source_digest(package: Path = PACKAGE) -> str:
    """12 hex digits over the names and contents of the package's source files; the models that lie in it are none."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*"), key=lambda path: path.relative_to(package).parts):
        parts = path.relative_to(package).parts
        if path.suffix in SOURCE and parts[0] != "_models" and path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{'/'.join(parts)} {content}\n".encode())
    return digest.hexdigest()[:DIGITS]


def check_versions(worker: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    """Raises PoolError where a worker has others than this machine. worker: its address. there, here: ``versions``."""
    for name, version in here.items():
        if there.get(name) != version:
            raise PoolError(
                f"the worker {worker} of the Dask cluster has {name} {there.get(name)}, expected {version} as on the "
                "machine that gave the command, for the same results everywhere; install the same there, start that "
                "worker again, and run the same command again"
            )


def _version_of(distributions: tuple[str, ...]) -> str:
    """The version of the one that is installed, without the build; "none"."""
    for name in distributions:
        try:
            return metadata.version(name).split("+")[0]
        except metadata.PackageNotFoundError:
            continue
    return "none"

"""Files that people take for networks and that no format opens: what to give instead, in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.regular_file import instead_of_file, open_regular

MOST_BYTES = 64 * 2**20  # of a pickle that is looked through
MOST_OPERATIONS = 2_000_000  # of it: a checkpoint of ten thousand tensors has half as many
_TENSORS = ("torch._utils ", "collections OrderedDict", "torch ", "_codecs encode", "numpy", "torch.serialization ")
_GIVE_CODE = "FILE.py:NAME or package.module:NAME, the function or class that makes the module"


def foreign(path: Path) -> str:
    """Why the file cannot be opened, and the next step; "" for files of other kinds, which a format may open.

    By the suffix; a folder that TensorFlow saved by what lies in it. Nothing of the file is run.
    """
    if (path / "saved_model.pb").is_file():
        return _tensorflow(path)
    if path.is_dir():
        return f"{path}: found a folder, expected a network's file; a folder with a model.yaml is named by --model"
    words = SENTENCES.get(path.suffix.lower())
    if words is None:
        return ""
    return words(path) if path.is_file() else f"{path}: found {instead_of_file(path)}, expected the network's file"


def _torch_file(path: Path) -> str:
    """A .pth, .pt, .ckpt or .bin: TorchScript, a pickled module, or weights; "" for text, as Caffe's networks are."""
    if _is_text(path):
        return ""
    names = _names_in(path)
    if any(name.endswith("/constants.pkl") for name in names):
        return (
            f"{path}: found TorchScript, which holds compiled code and no module; give {_GIVE_CODE}, or the .pt2 that "
            "torch.export.save writes"
        )
    if code := _code_in(path, names):
        return (
            f"{path}: found a pickle of {code}, as of a whole module, which is code that would be run; give "
            f"{_GIVE_CODE}, with --weights and the file that torch.save(module.state_dict(), FILE) writes"
        )
    return _weights(path)


def _weights(path: Path) -> str:
    return f"{path}: found weights, which alone cannot run; give {_GIVE_CODE}, with --weights {path.name}"


def _tensorflow(path: Path) -> str:
    return (
        f"{path}: found a network of TensorFlow or Keras, which nothing here opens; give it as a PyTorch module: "
        f"{_GIVE_CODE}, with --weights"
    )


def _picture(path: Path) -> str:
    return f"{path}: found a picture, expected a network's file; --images opens pictures"


PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")
SENTENCES: dict[str, Callable[[Path], str]] = {
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".bin"), _torch_file),
    ".safetensors": _weights,
    **dict.fromkeys(PICTURES, _picture),
    **dict.fromkeys((".h5", ".keras", ".pb", ".tflite"), _tensorflow),
}


def _is_text(path: Path) -> bool:
    """No zip archive and no pickle: py-faster-rcnn calls its prototxt files test.pt and train.pt."""
    try:
        with open_regular(path) as file:
            head = file.read(512)
        return bool(set(head) & set(b":{<")) and min(head) > 8
    except OSError:
        return False


def _names_in(path: Path) -> list[str]:
    """What lies in a zip archive, as torch writes them; nothing for other files."""
    import zipfile  # late: the window starts without

    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive:
            return archive.namelist()
    except (OSError, *CONTENT_ERRORS):
        return []


def _code_in(path: Path, names: list[str]) -> str:
    """What the archive's pickle names beside tensors and plain values, the first of it; "" for tensors alone."""
    import pickletools  # late: the window starts without
    import zipfile  # late: the window starts without

    pickled = next((name for name in names if name.endswith("/data.pkl")), None)
    if pickled is None:
        return ""
    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive, archive.open(pickled) as file:
            for operation, argument, _ in islice(pickletools.genops(file.read(MOST_BYTES)), MOST_OPERATIONS):
                if operation.name == "GLOBAL" and not str(argument).startswith(_TENSORS):
                    return str(argument).replace(" ", ".")
    except (OSError, *CONTENT_ERRORS):
        return ""
    return ""

"""How any process finds a network, and the table of formats that open it."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from deepvis.core.registry import Registry
from deepvis.core.regular_file import instead_of_file
from deepvis.network.foreign import foreign
from deepvis.network.graph import Graph
from deepvis.network.mistaken import broken_download
from deepvis.network.model_error import ModelError, in_file


@dataclass(frozen=True)
class NetworkRef:
    """A network by what a person would name: plain values, that can be sent to other processes and written down.

    Paths are best absolute, so that other processes and folders find them. The options layer_filter and short_name, a
    settings file's functions, stay in this process: who lists layers is here, and sends their names.
    """

    model: str | None = None  # a card's name or folder; None: the files below, or else the embedded default
    network: str | None = None  # as named: deploy.prototxt, net.py:make, package.module:make, torchvision:resnet18
    weights: str | None = None
    mean: str | tuple[float, ...] | None = None  # a file, or one number a channel
    labels: str | None = None  # a text file, a class a line
    options: tuple[tuple[str, Any], ...] = ()  # what is said better than file and card say it, by name

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "options": {name: value for name, value in self.options if not callable(value)}}

    def __reduce__(self) -> tuple[Any, ...]:
        return NetworkRef.from_dict, (self.as_dict(),)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NetworkRef:
        """What ``as_dict`` gave, after JSON; the layout of 0.1.0's scan.json too. Raises TypeError for other names."""
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        if "name" in values:  # 0.1.0
            named = {"model": values.pop("name"), "network": values.pop("prototxt")}
            named.update({name: values.pop(name) for name in ("weights", "mean", "labels")})
            values = {**named, "options": {name: value for name, value in values.items() if value}}
        options = dict(values.pop("options", {}))
        return cls(**values, options=tuple((name, _as_tuples(value)) for name, value in options.items()))


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class Source:
    """What a format is asked to open."""

    file: Path  # or what stands in its place, as in NetworkRef.network
    weights: Path | None = None
    data_input: str | None = None  # the input that takes the picture; None: it is found
    input_size: tuple[int, int] | None = None  # (height, width) of the picture; None: the file's
    fill: bool = False  # layers without weights begin with made-up ones
    channels: int | None = None  # of the picture; None: the file's
    layout: str | None = None  # NCHW or NHWC; None: it is found
    inputs: tuple[str, ...] = ()  # name=FILE.npy of inputs that take no picture
    trust_file: bool = False  # run what an archive wants run when it is read


class Checked(Protocol):
    """One comparison of a self-test; as text it says what was compared, and the largest difference."""

    @property
    def is_same(self) -> bool: ...


@dataclass(frozen=True, eq=False)
class Opened:
    """What a format makes of a network's file.

    structure: the network as far as it is known without its weights: names, kinds, the inputs' shapes for one picture.
    weighted: gives the network with its weights; may take seconds, and raises ModelError where they do not fit.
    """

    structure: Graph
    weighted: Callable[[], Graph]
    mean: Sequence[float] | None = None  # one number a channel, on the scale of 0 to input_scale
    channel_order: str = "BGR"
    input_scale: float = 255.0  # the value of a white pixel at the input, before mean and std
    std: Sequence[float] | None = None  # what x - mean is divided by; None: by nothing
    assumed: frozenset[str] | None = None  # of mean, std, order, scale: what the file does not say; None: Caffe's way
    mean_file: str = ""  # the name of a mean image that the network was trained with
    own: Callable[[], Any] = field(default=lambda: None)  # what the format's own tools work on: Caffe's NetSpec
    self_test: Callable[[], Sequence[Checked]] | None = None  # the graph beside the framework's own pass
    # (channel order, scale, mean image) -> what earlier versions called the network in the files they wrote
    older_names: Callable[[str, float, Any], Collection[str]] = field(default=lambda order, scale, mean_chw: ())


Opener = Callable[[Source], Opened]
FORMATS: Registry[Opener] = Registry("network format")

# of files -> folder of deepvis/formats; its opener is imported when asked for: a framework takes seconds to load
SUFFIXES = {".prototxt": "caffe", ".py": "torch", ".pt2": "torch", ".onnx": "onnx"}
LIBRARIES = ("torchvision", "timm")  # whose architectures are known by name
LAYOUTS = ("NCHW", "NHWC")


def format_of(named: str | Path) -> str:
    """The name of the format of a network, by how it is named; "caffe" where nothing follows from that.

    Raises ModelError for files of formats that nothing here opens, and says first where there is no such file.
    """
    if is_name(named):
        return "torch"
    path = file_and_callable(named)[0]
    if sentence := foreign(path):
        raise ModelError(sentence)
    name = SUFFIXES.get(path.suffix.lower(), "caffe")
    if name == "onnx" and not path.is_file():
        raise ModelError(f"{path}: found {instead_of_file(path)}, expected the network's file")
    return name


def file_and_callable(named: str | Path) -> tuple[Path, str]:
    """("net.py", "make") of ``net.py:make``: the file, and what in it makes the network; "" where nothing is named.

    Such a name goes through Path, resolve and abspath like any other: the callable stays at its end.
    """
    found = re.fullmatch(r"(.*\.py):([^\W\d][\w.]*)", str(named), re.DOTALL)
    return (Path(found[1]), found[2]) if found else (Path(named), "")


def name_of(named: str | Path) -> tuple[str, str] | None:
    """("package.module", "make") of ``package.module:make``, ("timm", "resnet18") likewise; None for files."""
    word = str(named)
    library = re.fullmatch(rf"({'|'.join(LIBRARIES)}):([\w.-]+)", word)
    module = re.fullmatch(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d][\w.]*)", word)
    found = library or module
    is_file = found is None or found[1].endswith(".py") or Path(word).exists()
    return None if found is None or is_file else (found[1], found[2])


def is_name(named: str | Path) -> bool:
    """True for what is imported by its name, False for files."""
    return name_of(named) is not None


def absolute(named: str) -> str:
    """A network as named, a file's path absolute, so that other processes and folders find it."""
    return named if is_name(named) else os.path.abspath(named)


def open_source(source: Source) -> Opened:
    """Open a network by the format that belongs to its name or its file's suffix. Raises ModelError."""
    name = format_of(source.file)
    for path, what in ((file_and_callable(source.file)[0], "a network"), (source.weights, "weights")):
        if path is not None and path.suffix != ".py" and (found := broken_download(path)):
            raise ModelError(f"{path}: holds {found[0]}, expected {what}; {found[1]}")
    try:
        importlib.import_module(f"deepvis.formats.{name}.opener")
    except ImportError as error:
        raise ModelError(f"{source.file}: the format {name} needs a package that is missing ({error})") from error
    with in_file(source.file):
        opened = FORMATS[name](source)

    def weighted() -> Graph:
        with in_file(source.file):
            return opened.weighted()

    return replace(opened, weighted=weighted)

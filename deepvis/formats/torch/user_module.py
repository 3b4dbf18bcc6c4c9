"""The module that a user's own code makes: ``FILE.py:NAME`` and ``package.module:NAME``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from deepvis.core.nearest import nearest
from deepvis.core.regular_file import instead_of_file
from deepvis.formats.torch.wrapped import inner
from deepvis.network.model_error import ModelError
from deepvis.network.ref import file_and_callable, name_of

log = logging.getLogger(__name__)
EXPECTED = "a function or class without arguments that returns a torch.nn.Module"
RUNS = "it is your own code, which makes the network"


def module_of(named: str | Path) -> nn.Module:
    """The module of ``FILE.py:NAME`` or ``package.module:NAME``, in evaluation mode, on the CPU.

    The code is run: it is the user's own, chosen by name, and may do whatever Python can. A file finds what lies
    beside it, as when it is run by itself; a package is looked for in the current folder too, as by python -m.
    Raises ModelError.
    """
    package = name_of(named)
    if package is None:
        file, name = file_and_callable(named)
        return _module_of_file(file, name)
    with importing_from(Path.cwd()):
        return made_by(_imported(*package), package[1], str(named), package[0])


def _module_of_file(file: Path, name: str) -> nn.Module:
    if not file.is_file():
        raise ModelError(
            f"{file}: found {instead_of_file(file)}, expected a Python file with {name or 'NAME'!r}, {EXPECTED}"
        )
    if not name:
        raise ModelError(f"{file}: found no name after the file, expected {file.name}:NAME, where NAME is {EXPECTED}")
    log.info("%s is run: %s", file, RUNS)
    with importing_from(file.parent):
        return made_by(_run(file), name, f"{file}:{name}", str(file))


def made_by(code: ModuleType, name: str, title: str, where: str) -> nn.Module:
    """What the name in the code makes, ready to be looked into. Raises ModelError."""
    maker = _found(code, name, where)
    made = maker if isinstance(maker, nn.Module) else _called(maker, title)
    if isinstance(made, type) and issubclass(made, nn.Module):
        made = _called(made, title)
    if not isinstance(made, nn.Module):
        raise ModelError(f"{title}: found a result of type {type(made).__name__}, expected a torch.nn.Module")
    return inner(made).eval().cpu()


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """The folder first among those that imports are looked up in, and its own modules before others of their names.

    What another folder's ``models`` was imported as is forgotten, so that each file finds the one beside itself.
    """
    place = folder.resolve()
    for name, module in list(sys.modules.items()):
        if _shadows(place, name, module):
            del sys.modules[name]
    sys.path.insert(0, str(place))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if str(place) in sys.path:
            sys.path.remove(str(place))


def _shadows(folder: Path, name: str, module: Any) -> bool:
    """Is it a user's module of another folder, or of an earlier run, that the folder has one of the same name of?"""
    top = name.partition(".")[0]
    if not ((folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file()):
        return False
    file = getattr(module, "__file__", None)
    return file is not None and _is_users(Path(file)) and not Path(file).resolve().is_relative_to(folder)


def _is_users(file: Path) -> bool:
    """Neither Python's own, nor an installed package's, nor this project's."""
    libraries = (Path(inspect.__file__).resolve().parent, Path(__file__).resolve().parents[2])
    resolved = file.resolve()
    installed = {"site-packages", "dist-packages"} & set(resolved.parts)
    return not installed and not any(resolved.is_relative_to(folder) for folder in libraries)


def _imported(package: str, name: str) -> ModuleType:
    """An installed package's module, or one of the current folder."""
    log.info("%s is imported and run: %s", package, RUNS)
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or not (package == error.name or package.startswith(f"{error.name}.")):
            raise ModelError(
                f"{package}: importing it ended with {words_of(error)}; install what is missing"
            ) from error
        raise ModelError(
            f"{package}:{name}: found no module {error.name!r} here or among the installed packages, expected "
            f"package.module:NAME or FILE.py:NAME, where NAME is {EXPECTED}"
        ) from error
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ModelError(f"{package}: importing it ended with {words_of(error)}; put that right in it") from error


def _run(file: Path) -> ModuleType:
    """Run anew each time: it may have changed. Files of one name in two folders have a name of their own each."""
    place = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    name = f"deepvis_user_{file.stem}_{place}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"{file}: cannot be run, expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ModelError(f"{file}: running it ended with {words_of(error)}; put that right in the file") from error
    return module


def _found(module: ModuleType, name: str, where: str) -> Any:
    """What the dotted name names."""
    thing: Any = module
    for part in name.split("."):
        if not hasattr(thing, part):
            callables = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
            hint = nearest(name, callables, f"there are: {', '.join(callables) or 'none'}")
            raise ModelError(f"{where}: found no {name!r}, expected {EXPECTED}; {hint}")
        thing = getattr(thing, part)
    return thing


def _called(maker: Any, title: str) -> Any:
    if not callable(maker):
        raise ModelError(f"{title}: found a {type(maker).__name__}, expected {EXPECTED}")
    if needed := _required(maker):
        raise ModelError(
            f"{title}: found the arguments {', '.join(needed)}, which must be given, expected {EXPECTED}; write one: "
            f"def make(): return {title.rpartition(':')[2]}(...)"
        )
    try:
        return maker()
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ModelError(f"{title}: calling it ended with {words_of(error)}; expected {EXPECTED}") from error


def _required(maker: Any) -> list[str]:
    """Names of the arguments without defaults; none where the signature is not known."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (ValueError, TypeError):
        return []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in variable]


def words_of(error: BaseException) -> str:
    """The kind of an exception and the first line of what it says."""
    message = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__

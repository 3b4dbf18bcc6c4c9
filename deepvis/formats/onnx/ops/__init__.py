"""Operators of ONNX, one or one family a file. Importing this package enters all of them into ``ONNX_OPS``."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

"""Names for what an exported program computes: by the modules, not by the exported nodes.

Exported nodes are numbered anew by each version of torch; a module's path stays.
"""

from __future__ import annotations

from typing import Any

from deepvis.network.node_names import Calls


def module_calls(stack: dict[str, tuple[str, Any]] | None) -> Calls:
    """The calls of modules within which a node was made; "conv@1" is the second call of conv.

    stack: the node's ``meta["nn_module_stack"]``: key -> (path, class); of a second call the key ends in "@1".
    """
    calls = []
    for key, (path, _) in (stack or {}).items():
        if path and not path.startswith("_empty_nn_module_stack"):  # a placeholder of torch's for sizes
            _, at, number = key.rpartition("@")
            calls.append(f"{path}@{number}" if at and number.isdecimal() else path)
    return tuple(calls)


def module_class(stack: dict[str, tuple[str, Any]] | None) -> str:
    """The class of the innermost module: "BatchNorm2d"; "" for the root and where none is known."""
    entries = [(path, kind) for path, kind in (stack or {}).values() if not path.startswith("_empty_nn_module_stack")]
    path, kind = entries[-1] if entries else ("", "")
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    return name.rpartition(".")[2] if path else ""

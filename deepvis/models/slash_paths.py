"""Paths of values whose names have slashes, as TensorFlow's have: "resnet50/conv2_block1_1_relu/Relu".

What all of them begin with is the network's own name. The last part is an operator of the layer before it: "Relu",
"convolution", "batchnorm/mul_1". Keras writes a block into the names of its layers: "conv2_block1_1_relu" is the layer
"1_relu" in "conv2_block1".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

Path = tuple[str, ...]

_BLOCK = re.compile(r"(.*?(?:block_?\d+[a-z]?|expanded_conv(?:_\d+)?))_(.+)")
_STAGE = re.compile(r"(.+?)_block_?\d+[a-z]?")
_NORMALIZATION = re.compile(r"batch_?norm(_\d+)?", re.IGNORECASE | re.ASCII)  # a scope within a layer


def slash_paths(names: Sequence[str], listed: Sequence[str]) -> dict[str, Path]:
    """Name -> the parts of its path, of the names with slashes.

    listed: those that a list shows. Of these the operator is left out where the layer has no other one.
    """
    root = _common([_scopes_and_layer(name)[0] for name in listed if "/" in name])
    layers = {}
    for name in names:
        if "/" in name:
            scopes, layer, operator = _scopes_and_layer(name)
            scopes = scopes[len(root) :] if scopes[: len(root)] == root else scopes
            layers[name] = (tuple(part for each in (*scopes, layer) for part in _block_and_layer(each)), operator)
    count = Counter(layers[name][0] for name in listed if name in layers)
    alone = {name for name in listed if name in layers and count[layers[name][0]] == 1}
    return {
        name: path if name in alone else (*path[:-1], f"{path[-1]}/{operator}")
        for name, (path, operator) in layers.items()
    }


def rooted_paths(layers: Sequence[str]) -> dict[str, Path]:
    """The paths of the layers of a list whose names begin with the network's own; empty where they do not."""
    slashed = [name for name in layers if "/" in name]
    if len(slashed) < 2 or not _common([_scopes_and_layer(name)[0] for name in slashed]):
        return {}
    return {**{name: (name,) for name in layers}, **slash_paths(layers, layers)}


def block_of(path: Path) -> str:
    """The stage or the block in which a layer of a list is, "" where it is in none."""
    return stage_of(path[0]) or (path[0] if len(path) > 1 else "")


def stage_of(part: str) -> str:
    """ "conv2_block1" -> "conv2"; "" where the name of a block has no stage."""
    found = _STAGE.fullmatch(part)
    return found[1] if found else ""


def _scopes_and_layer(name: str) -> tuple[Path, str, str]:
    """ "resnet50/conv1_bn/batchnorm/mul_1" -> ("resnet50",), "conv1_bn", "batchnorm/mul_1"."""
    parts = name.split("/")
    operators = 2 if len(parts) > 2 and _NORMALIZATION.fullmatch(parts[-2]) else 1
    return tuple(parts[: -operators - 1]), parts[-operators - 1], "/".join(parts[-operators:])


def _block_and_layer(part: str) -> Path:
    found = _BLOCK.fullmatch(part)
    return (found[1], found[2]) if found else (part,)


def _common(scopes: Sequence[Path]) -> Path:
    """The parts that all begin with."""
    found = scopes[0] if scopes else ()
    for each in scopes:
        while each[: len(found)] != found:
            found = found[:-1]
    return found

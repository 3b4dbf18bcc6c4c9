"""What a module calls the tensors that it returns: the keys of a dict, the fields of a data class or a named tuple."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from torch.utils import _pytree as pytree


def output_keys(made: Any) -> list[str]:
    """Of each leaf, in torch's order: "out", "features.0", "aux"; "" where it has no name, as in a plain tuple.

    made: what the module returned, or the same nest with anything in place of its tensors.
    """
    paths = [path for path, _ in pytree.tree_flatten_with_path(made)[0]]
    parts = [[_part(key) for key in path] for path in paths]
    brief = [_joined(_from_first_name(each)) for each in parts]
    counts = Counter(brief)
    return [key if counts[key] == 1 or not key else _joined(whole) for key, whole in zip(brief, parts, strict=True)]


def keys_of_spec(spec: Any, leaves: int) -> list[str]:
    """The same from the spec of an exported program's outputs; none where it is of another number of leaves."""
    if spec is None or spec.num_leaves != leaves:
        return [""] * leaves
    return output_keys(pytree.tree_unflatten(list(range(leaves)), spec))


def _part(key: Any) -> str | int:
    """One step of the way to a leaf: a name, or a place in a list."""
    found = next((getattr(key, field) for field in ("key", "name", "idx") if hasattr(key, field)), str(key))
    return found if isinstance(found, int) else str(found)


def _from_first_name(parts: Sequence[str | int]) -> Sequence[str | int]:
    first = next((place for place, part in enumerate(parts) if isinstance(part, str)), len(parts))
    return parts[first:]


def _joined(parts: Sequence[str | int]) -> str:
    return ".".join(map(str, parts))

"""Which layer's maps a class activation map is made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence


def map_layer(
    below: Sequence[str], shapes: Mapping[str, tuple[int, int, int]], chosen: str, has_gradient: Callable[[str], bool]
) -> str | None:
    """The chosen layer, if it has maps and lies on the way; else the last with maps; None where there is none.

    below: the listed layers between the input and the unit, in order. shapes: (C, H, W) of all that lies between.
    has_gradient: a layer whose maps the unit does not depend on, as the patches of a transformer's last block, of which
    the class token alone is read, is passed over, if another is there.
    """
    with_maps = [name for name in below if shapes[name][1] * shapes[name][2] > 1]
    if chosen in shapes and shapes[chosen][1] * shapes[chosen][2] > 1:
        return chosen
    return next((name for name in reversed(with_maps) if has_gradient(name)), with_maps[-1] if with_maps else None)

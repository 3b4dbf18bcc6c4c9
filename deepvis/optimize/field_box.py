"""What a term sees of the input."""

from __future__ import annotations

from deepvis.network.field import receptive_field
from deepvis.optimize.any_term import AnyTerm
from deepvis.optimize.ascent_network import AscentNetwork

Box = tuple[int, int, int, int]


def field_box(ascent_net: AscentNetwork, term: AnyTerm) -> Box:
    """(top, left, bottom, right) of what the term sees of the input, inside the image, half open.

    A fully connected unit and a whole channel see all of it.
    """
    height, width = ascent_net.size
    place = term.place
    if isinstance(place, str) or len(place) != 2:
        return 0, 0, height, width
    net = ascent_net.net
    field = receptive_field(net.graph, net.shapes, term.layer, place[0], place[1], ascent_net.data_blob)
    inside = field.clamped(height, width)
    return inside.top, inside.left, inside.bottom, inside.right

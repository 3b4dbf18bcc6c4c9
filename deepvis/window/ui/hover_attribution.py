"""What a tooltip says of the attribution over the input: what it is, and how it is computed."""

from __future__ import annotations

from deepvis.window.ui.laid_over import attribution_problem, chosen_method, shown_attribution
from deepvis.window.ui.readings import number
from deepvis.window.ui.scene import Scene


def attribution_title(scene: Scene) -> str:
    """'Grad-CAM of prob · 281'; "" while none is chosen."""
    method = chosen_method(scene)
    return "" if method is None else f"{method.title} of {scene.state.back_unit.name}"


def attribution_lines(scene: Scene) -> tuple[str, ...]:
    """What the chosen method shows, its formula, its maps, what it counts, why there is none; () while none is."""
    method, found = chosen_method(scene), shown_attribution(scene)
    if method is None:
        return ()
    lines = [method.words, method.formula]
    if method.is_signed:
        lines.append("orange speaks for the unit, blue against it")
    if found is not None and found.values is not None and found.request.attribution == scene.state.attribution_request:
        lines.append(f"maps of {found.layer}" if found.layer else "")
        lines.append(f"of its score before the softmax, in {found.scored}" if found.scored else "")
        lines.append(f"{found.done} of {found.total} {method.counts}" if method.is_progressive else "")
        lines.append(found.note)
    lines.append(attribution_problem(scene))
    return tuple(filter(None, lines))


def attribution_here(scene: Scene, spot: tuple[int, int] | None) -> str:
    """'Grad-CAM here 0.0123' of a place (row, col) of the network's input; "" where there is none."""
    method, found = chosen_method(scene), shown_attribution(scene)
    if method is None or found is None or found.values is None or spot is None:
        return ""
    _, height, width = scene.state.info.input_shape
    rows, cols = found.values.shape
    value = float(found.values[min(spot[0] * rows // height, rows - 1), min(spot[1] * cols // width, cols - 1)])
    return f"{method.title} here {number(value)}"

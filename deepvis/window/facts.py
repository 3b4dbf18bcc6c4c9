"""The facts that go into every file that is saved of the window: how to find again what it shows."""

from __future__ import annotations

import time

import deepvis
from deepvis.core.back_modes import OFF, title_of
from deepvis.core.compared import TilesOf
from deepvis.core.interventions import intervened_words
from deepvis.core.state import PRESETS, Show, Zoom
from deepvis.window.ui.readings import label_of, layer_view, number, value_of
from deepvis.window.ui.scene import Scene


def shown_words(scene: Scene) -> str:
    """What the tiles are of."""
    view = scene.state.view
    if view.show is Show.DIFFS:
        return "diffs"
    if view.change:
        return "what interventions change: after minus before"
    if view.compared is not None and view.compared.tiles is not TilesOf.CURRENT:
        return "difference: now minus pinned" if view.compared.tiles is TilesOf.DIFFERENCE else "the pinned frame"
    return "activations"


def facts_of(scene: Scene, identity: str, when: float) -> dict[str, str]:
    """What a scene shows, in words; without what there is nothing to say of. when: seconds since 1970."""
    state, view, frame = scene.state, scene.state.view, scene.frame
    back = None if scene.snapshot is None else scene.snapshot.request.back
    value = value_of(layer_view(scene), state.unit.channel)
    progress = scene.optimize or scene.climb
    facts = {
        "Software": f"deepvis {deepvis.__version__}",
        "Creation Time": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(when)),
        "Model": state.info.name,
        "Network": identity,
        "Input": state.info.input_words,
        "Photo": "" if frame is None else frame.path or frame.label or scene.status.source,
        "Photo time": "" if frame is None or frame.seconds is None else f"{frame.seconds:.3f} s",
        "Fit": state.input.fit.value,
        "Layer": state.layer.name,
        "Unit": str(state.unit.channel),
        "Name": state.naming.names.of(state.unit).words,
        "Note": state.naming.names.of(state.unit).note,
        "Class": label_of(scene, state.unit),
        "Value": "" if value is None else number(value).replace("−", "-"),
        "Shows": shown_words(scene),
        "Pinned photo": "" if view.compared is None else view.compared.frame.path or view.compared.name,
        "What if": intervened_words(view.interventions) if view.interventions else "",
        "Zoom": "" if view.zoom is Zoom.OFF else view.zoom.value,
        "Back mode": "off" if back is None else f"{title_of(back.mode)}, {view.back_filter.value}",
        "Back origin": "" if back is None else f"{back.unit.layer} {back.unit.channel}",
        "Attribution": "" if view.attribution == OFF else view.attribution,
        "Preset": progress.preset if progress is not None else PRESETS[state.live.preset],
        "Colours": f"{view.colour_map.value}, {view.look.value}",
    }
    return {name: text for name, text in facts.items() if text}

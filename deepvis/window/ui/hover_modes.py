"""What a tooltip says of the modes: the sentence of each mode that is on, where the window shows its word."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.back_modes import OFF
from deepvis.core.modes import MODES, sentence_of, sentences, value_of
from deepvis.window.ui import theme
from deepvis.window.ui.laid_over import attribution_words
from deepvis.window.ui.panes.status import back_fact, boost_fact, facts, full_message, lines_of, why_fact
from deepvis.window.ui.regions import HEADING, PICTURE, SCALE, Hit, Tip
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.text import text_width

# place -> the modes whose words stand there, or whose effect is seen there
SHOWN_IN: dict[tuple[str, str], tuple[str, ...]] = {
    ("layers", HEADING): (
        "zoom",
        "pattern",
        "show",
        "change",
        "compared",
        "why",
        "order",
        "place",
        "label_predictions",
        "presenting",
    ),
    ("layers", SCALE): ("fixed_scale", "individual_boost", "gamma_boost", "colour_map", "look"),
    ("aux", SCALE): ("fixed_scale", "individual_boost", "gamma_boost", "colour_map", "look"),
    ("back", ""): ("back_mode", "back_filter", "pinned"),
    ("back", PICTURE): ("back_mode", "back_filter", "pinned"),
    ("input", HEADING): ("overlay", "frozen", "fit", "receptive_field", "moving", "mirror"),
    ("jpgvis", HEADING): ("unit_images", "scores", "looked_back"),
    ("control", ""): ("all_layers", "opened"),
}
NOT_IN_STATUS = frozenset({"preset", "moving", "help", "opened"})


def with_modes(scene: Scene, hit: Hit, tip: Tip | None) -> Tip | None:
    """The tooltip with the sentences of the modes that are shown where the pointer is."""
    said = mode_lines(scene, hit)
    if not said:
        return tip
    if tip is None:
        return Tip(said[0], said[1:])
    return replace(tip, lines=(*tip.lines, *(line for line in said if line not in tip.lines)))


def mode_lines(scene: Scene, hit: Hit) -> tuple[str, ...]:
    """The sentences of the modes at a place."""
    state = scene.state
    if hit.pane == "status":
        return () if full_message(scene) else status_lines(scene)
    fields = SHOWN_IN.get((hit.pane or "", hit.part), ())
    on = sentences(state, fields)
    if "back_mode" in fields and state.view.back_mode == OFF:
        on = (sentence_of("back_mode", OFF), *sentences(state, ("pinned",)))
    if (hit.pane, hit.part) == ("jpgvis", HEADING) and hit.index == 0:
        on = (*on, sentence_of("preset", state.live.preset))
    return on


def status_lines(scene: Scene) -> tuple[str, ...]:
    """Of the status line's fact under the pointer: the sentences of its modes; between facts of all that are on."""
    state, fact = scene.state, fact_at(scene)
    fields = fields_of(scene, fact)
    if fields is not None:
        said = sentences(state, fields)
        return said or tuple(sentence_of(field, value_of(state, field)) for field in fields[:1])
    return () if fact else sentences(state, [field for field in MODES if field not in NOT_IN_STATUS])


def fact_at(scene: Scene) -> str:
    """The fact of the status line that the pointer is on, "" beside them."""
    if scene.pointer is None or "status" not in scene.layout:
        return ""
    row, col = scene.pointer
    line = lines_of(scene, scene.layout["status"])[0]
    px, space = scene.px(theme.SIZE_TEXT), scene.px(10)
    top, left = line.row + scene.layout["status"].row, line.col
    for i, (text, _) in enumerate(facts(scene)):
        wide = text_width(text, px, i == 0)
        if top <= row < top + line.height and left <= col < left + wide:
            return text
        left += wide + 2 * space
    return ""


def fields_of(scene: Scene, fact: str) -> tuple[str, ...] | None:
    """The modes that a fact speaks of; None for one that speaks of the unit."""
    if not fact:
        return None
    of_fact = {
        back_fact(scene): ("back_mode", "back_filter", "pinned"),
        boost_fact(scene): ("individual_boost", "gamma_boost"),
        attribution_words(scene): ("attribution", "overlay"),
    }
    begins = {
        "place pinned": ("place",),
        "preset": ("preset",),
        "optimizing": ("preset",),
        "strongest diff": ("show",),
        "change": ("change",),
        "what if": ("interventions",),
        "pinned: ": ("compared",),
    }
    starting = next((fields for start, fields in begins.items() if fact.startswith(start)), None)
    is_why = bool(scene.state.view.why) and fact == why_fact(scene)[0]
    return of_fact.get(fact) or (("why",) if is_why else starting)

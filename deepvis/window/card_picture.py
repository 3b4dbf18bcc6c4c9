"""Which preferred picture the card shows, and why key N cannot put it among the unit's nine. Pure."""

from __future__ import annotations

from deepvis.core.past_pictures import looked_at
from deepvis.core.state import AppState
from deepvis.core.types import PREFERRED_INPUT, OptimizeProgress
from deepvis.window.requests import Latest, shown_progress

FINISHED_ONLY = "only finished pictures go among the unit's nine"


def why_not_among_nine(state: AppState, latest: Latest) -> str:
    """Why the picture on the selected unit's card is none to be put among its nine, in a sentence; "" if it may be.

    May be is what the card shows of the files: a finished picture of the unit.
    """
    if looked_at(state, latest.optimize.value) is not None:
        return "not kept: the card shows an earlier picture of the climb; Esc goes to its newest"
    progress, images = shown_progress(state, latest), latest.unit_images
    if progress is not None and progress.unit == state.unit:
        return _why_not_of(progress, latest.optimize.error)
    if images is None or images.unit != state.unit or not images.unsaved:
        return ""
    if images.title != PREFERRED_INPUT:
        return _other_words(images.title)
    return f"not kept: this picture is {images.unsaved}, and {FINISHED_ONLY}; x makes one"


def _why_not_of(progress: OptimizeProgress, error: str) -> str:
    """The same of an optimization that the card shows; error: what went wrong as it ended."""
    if not progress.done:
        return f"not kept: this picture is not finished yet, and {FINISHED_ONLY}; press N at its end"
    if progress.title != PREFERRED_INPUT:
        return _other_words(progress.title)
    if progress.is_stopped:
        at = f"stopped at iteration {progress.iteration} of {progress.iterations}"
        return f"not kept: this picture is {at}, and {FINISHED_ONLY}; x makes one"
    return f"not kept: {error}" if error else ""


def _other_words(title: str) -> str:
    name = title.lower()
    article = "an" if name[:1] in "aeiou" else "a"
    return f"not kept: the card shows {article} {name}, and {FINISHED_ONLY}; v takes another preset, x makes one"

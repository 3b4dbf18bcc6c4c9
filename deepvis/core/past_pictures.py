"""The history of a climb: the pictures of its iterations, bounded in bytes, and the one that is looked at. Pure."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.state import AppState, LookedBack
from deepvis.core.types import OptimizeProgress, PastPicture

MOST_BYTES = 16 << 20
MOST_PICTURES = 600
NOTCHES = 50  # of the wheel from the first picture to the newest, at most


def with_picture(
    past: tuple[PastPicture, ...], picture: PastPicture, most_bytes: int = MOST_BYTES, most: int = MOST_PICTURES
) -> tuple[PastPicture, ...]:
    """The history with one picture more; where that is too much, the one that leaves the smallest gap makes room.

    So those that stay are about evenly spread; the first and the newest always stay.
    """
    past = (*past, picture)
    while len(past) > 2 and (len(past) > most or sum(each.rgb.nbytes for each in past) > most_bytes):
        gaps = [past[n + 1].iteration - past[n - 1].iteration for n in range(1, len(past) - 1)]
        n = gaps.index(min(gaps)) + 1
        past = past[:n] + past[n + 1 :]
    return past


def looked_at(state: AppState, climb: OptimizeProgress | None) -> PastPicture | None:
    """The picture of the climb that the user has gone back to; None for the newest, and for another unit's climb."""
    back = state.view.looked_back
    if back is None or climb is None or climb.run != back.run or climb.unit != state.unit or not climb.past:
        return None
    return min(climb.past, key=lambda picture: abs(picture.iteration - back.iteration))


def has_past(state: AppState, climb: OptimizeProgress | None) -> bool:
    """Is there a history of the selected unit to go through?"""
    return climb is not None and climb.unit == state.unit and len(climb.past) > 1


def gone_through(state: AppState, climb: OptimizeProgress, notches: int) -> AppState:
    """The state so many notches later in the climb's history, or earlier, below 0; after the last is the newest."""
    shown, last = looked_at(state, climb), len(climb.past) - 1
    place = last if shown is None else climb.past.index(shown)
    place = max(place + notches * max(round(last / NOTCHES), 1), 0)
    back = None if place >= last else LookedBack(climb.run, climb.past[place].iteration)
    return replace(state, view=replace(state.view, looked_back=back))

"""What the palette offers besides commands, as it comes: photos that are listed, cameras."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.state import AppState, Palette
from deepvis.live.camera_list import CameraList
from deepvis.live.input import ListedPhotos


class PaletteWatch:
    """Gives the state the lists of now. Cameras are looked for while the palette is open."""

    def __init__(self) -> None:
        self._cameras = CameraList()

    def __call__(self, state: AppState, listed: ListedPhotos, *, receives_text: bool) -> AppState:
        before = state.palette_lists
        cameras = self._cameras.look() if isinstance(state.typing, Palette) else before.cameras
        facts = (listed.first, receives_text, cameras)
        if listed.photos is before.photos and facts == (before.first_photo, before.receives_text, before.cameras):
            return state
        lists = replace(
            before, photos=listed.photos, first_photo=listed.first, receives_text=receives_text, cameras=cameras
        )
        return replace(state, palette_lists=lists)

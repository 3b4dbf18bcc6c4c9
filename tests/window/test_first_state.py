"""What the settings make of the view."""

from __future__ import annotations

from deepvis.core.back_modes import DECONV, GRADIENT, OFF
from deepvis.core.state import ColourMap, Look
from deepvis.settings.table import Settings
from deepvis.window.app import opened
from deepvis.window.first_state import first_state


def test_the_settings_choose_look_colours_scale_and_overlay() -> None:
    plain = Settings()
    view = first_state(plain, opened(plain), OFF, starts_moving=False).view
    assert (view.look, view.colour_map, view.fixed_scale, view.overlay) == (Look.READABLE, ColourMap.GRAY, False, 0)
    chosen = Settings(look="2015", colormap="magma", fixed_scale=True, overlay=2)
    view = first_state(chosen, opened(chosen), DECONV, starts_moving=False).view
    assert (view.look, view.colour_map, view.fixed_scale, view.overlay) == (Look.PLAIN_2015, ColourMap.MAGMA, True, 2)
    assert view.back_mode == DECONV


def test_an_attribution_lies_over_the_input_from_the_start() -> None:
    chosen = Settings(attribution="layer_cam")
    view = first_state(chosen, opened(chosen), OFF, starts_moving=False).view
    assert (view.attribution, view.overlay, view.back_mode) == ("layer_cam", 2, OFF)
    chosen = Settings(attribution="layer_cam", overlay=1)
    assert first_state(chosen, opened(chosen), OFF, starts_moving=False).view.overlay == 1


def test_an_overlay_needs_a_back_projection() -> None:
    chosen = Settings(overlay=1)
    assert first_state(chosen, opened(chosen), OFF, starts_moving=False).view.back_mode == GRADIENT

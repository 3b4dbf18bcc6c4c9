"""What the window shows before anything was pressed, as the settings say."""

from __future__ import annotations

from deepvis.core.back_modes import DECONV, GRADIENT, OFF
from deepvis.core.commands.back_projection import ATTRIBUTION_SHARE
from deepvis.core.playing import Autoplay, MovingSource
from deepvis.core.presenting import Presenting
from deepvis.core.state import (
    OVERLAYS,
    AppState,
    ColourMap,
    InputState,
    Look,
    PaletteLists,
    ViewState,
)
from deepvis.core.types import Fit, LayerInfo, NetInfo
from deepvis.models.model import Model
from deepvis.models.zoo import model_names
from deepvis.settings.table import Settings
from deepvis.sources.camera import camera_present
from deepvis.window.layouts import Layouts
from deepvis.window.options import RunOptions


def first_back_mode(settings: Settings, options: RunOptions) -> str:
    """What the settings say; auto: a newcomer, who has named nothing and presses no keys, sees every pane at work."""
    if settings.back_mode != "auto":
        return settings.back_mode
    named = (settings.model, settings.network, settings.prototxt, settings.images, settings.video)
    return DECONV if not options.keys and all(value is None for value in named) else OFF


def first_state(settings: Settings, model: Model, back_mode: str, *, starts_moving: bool) -> AppState:
    """The state before anything was pressed; of the network only the names are known yet."""
    overlay, attribution = settings.overlay, settings.attribution
    if attribution != OFF:
        overlay = overlay or OVERLAYS.index(ATTRIBUTION_SHARE)
    elif overlay and back_mode == OFF:
        back_mode = GRADIENT
    view = ViewState(
        label_predictions=settings.label_predictions,
        back_mode=back_mode,
        unit_images=settings.unit_images and Layouts(settings, model).has("jpgvis"),
        gamma_boost=settings.gamma_boost,
        individual_boost=settings.individual_boost,
        look=Look(settings.look),
        colour_map=ColourMap(settings.colormap),
        fixed_scale=settings.fixed_scale,
        overlay=overlay,
        attribution=attribution,
        debug=settings.debug,
        presenting=Presenting(large_text=settings.presenter),
    )
    source = InputState(
        moving=starts_moving or is_moving_by_itself(settings),
        fit=Fit.STRETCH if settings.stretch else Fit.CROP,
        mirror=settings.mirror,
        images=settings.images,
        moving_source=MovingSource(settings.video or "", settings.camera or 0),
        autoplay=Autoplay(seconds=settings.autoplay_seconds),
    )
    layers = tuple(LayerInfo(name, "", 1, 1, 1, model.short_names.get(name, "")) for name in model.layer_names)
    channels, height, width = model.preprocessor.input_shape
    shape = (channels, height, width)
    info = NetInfo(model.name, layers, shape, model.labels, groups=model.groups, input_words=model.input_words)
    palette_lists = PaletteLists(models=model_names(), video=settings.video or "", first_images=settings.images)
    return AppState(info, view, source, fast=settings.fast, initial_view=view, palette_lists=palette_lists)


def is_moving_by_itself(settings: Settings) -> bool:
    """Without --images: the video of the settings, or the camera if there is one; else the sample photos."""
    if settings.images is not None:
        return False
    return settings.video is not None or (settings.camera is not None and camera_present(settings.camera))

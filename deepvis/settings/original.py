"""The setting names of the 2015 toolbox and of arikpoz's fork: what each is now, or why it has no effect any more.

Source: settings.py and the templates of yosinski/deep-visualization-toolbox; settings.py and model_settings of
arikpoz/deep-visualization-toolbox.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deepvis.schema.rows import Refused


def _same(value: Any) -> Any:
    return value


def _one_if_none(value: Any) -> Any:
    return 1.0 if value is None else value


def _all_but(layers: Any) -> Callable[[str], bool] | None:
    """The fork's layers_list, {"name/s": a name, or several of which the last is shown} each, as a filter."""
    named = [layer["name/s"] for layer in layers or () if isinstance(layer, Mapping) and "name/s" in layer]
    shown = {name if isinstance(name, str) else str(list(name)[-1]) for name in named}
    return (lambda name: name not in shown) if shown else None


def _order(swap: Any) -> str | None:
    """BGR or RGB, as a swap of the channels of an RGB picture; None where none is given."""
    return None if swap is None else "RGB" if list(swap) == [0, 1, 2] else "BGR"


def _switch(on: Any) -> bool:
    """True or False, or 1 or 0, or None for False. Raises Refused."""
    if on not in (True, False, None):
        raise Refused("True or False")
    return bool(on)


# original name -> (name in the table of settings/table.py, its value -> the new one's)
RENAMED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "caffevis_caffe_root": ("caffe_root", _same),
    "caffevis_deploy_prototxt": ("prototxt", _same),
    "caffevis_network_weights": ("weights", _same),
    "caffevis_data_mean": ("mean", _same),
    "caffevis_data_hw": ("input_size", _same),
    "caffevis_labels": ("labels", _same),
    "caffevis_label_layers": ("label_layers", lambda value: value or None),
    "caffevis_prob_layer": ("prob_layer", _same),
    "caffevis_unit_jpg_dir": ("unit_image_dir", _same),
    "caffevis_jpgvis_layers": ("unit_image_layers", _same),
    "caffevis_jpgvis_remap": ("remap", _same),
    "caffevis_layer_pretty_name_fn": ("short_name", _same),
    "caffevis_filter_layers": ("layer_filter", _same),
    "caffevis_jpg_cache_size": ("unit_image_cache", int),
    "caffevis_fast_move_dist": ("fast", _same),
    "caffevis_boost_indiv_default_idx": ("individual_boost", _same),
    "caffevis_boost_gamma_default_idx": ("gamma_boost", _same),
    "caffevis_init_show_label_predictions": ("label_predictions", _same),
    "caffevis_init_show_unit_jpgs": ("unit_images", _same),
    "caffevis_mode_gpu": ("device", lambda on: "auto" if _switch(on) else "cpu"),
    "caffevis_gpu_id": ("device", lambda number: f"cuda:{int(number)}"),
    "input_updater_capture_device": ("camera", _same),
    "static_files_dir": ("images", _same),
    "static_file_stretch_mode": ("stretch", _same),
    "window_panes": ("panes", _same),
    "default_window_panes": ("panes", _same),
    "global_scale": ("scale", _one_if_none),
    "global_font_size": ("font_scale", _one_if_none),
    "caffevis_outputs_dir": ("unit_image_dir", _same),
    "layers_list": ("layer_filter", _all_but),
    "caffe_net_channel_swap": ("channel_order", _order),
    "caffe_net_raw_scale": ("input_scale", lambda scale: None if scale is None else float(scale)),
    "static_files_input_file": ("images", _same),
    "model_to_load": ("model", lambda name: str(name).replace("_", "-")),
    "debug_window_panes": ("debug", lambda on: 2 if _switch(on) else 0),
}


# tags of the original's bindings.py -> commands (core/commands/), for the setting ``key_bindings``
COMMANDS_OF_TAGS: Mapping[str, str] = {
    "freeze_cam": "toggle_freeze",
    "toggle_input_mode": "toggle_moving",
    "static_file_increment": "next_file",
    "static_file_decrement": "previous_file",
    "help_mode": "toggle_help",
    "stretch_mode": "toggle_fit",
    "debug_level": "cycle_debug",
    "reset_state": "reset_view",
    **{f"sel_{way}": way for way in ("left", "right", "down", "up")},
    **{f"sel_{way}_fast": f"{way}_fast" for way in ("left", "right", "down", "up")},
    "sel_layer_left": "previous_layer",
    "sel_layer_right": "next_layer",
    "boost_gamma": "cycle_gamma",
    "boost_individual": "cycle_individual_boost",
    "pattern_mode": "toggle_pattern",
    "show_back": "toggle_diffs",
    "ez_back_mode_loop": "cycle_back",
    "back_mode": "cycle_back_mode",
    "back_filt_mode": "cycle_back_filter",
    "zoom_mode": "cycle_zoom",
    "toggle_unit_jpgs": "toggle_unit_images",
}


def without_rivals(names: Mapping[str, Any]) -> dict[str, Any]:
    """The names with one at most of those that say the same thing: the device, the pictures."""
    is_list = names.get("static_files_input_mode") == "image_list"
    unused = "static_files_dir" if is_list else "static_files_input_file"
    return {name: value for name, value in with_one_device(names).items() if name != unused}


def with_one_device(names: Mapping[str, Any]) -> dict[str, Any]:
    """The names with one at most of the two that choose the device.

    caffevis_gpu_id counts only where caffevis_mode_gpu is on, as it is by default. 0, the original's default, asks
    for no GPU in particular: such a file runs where there is none too.
    """
    has_number = bool(names.get("caffevis_gpu_id")) and names.get("caffevis_mode_gpu", True) in (True,)
    unused = "caffevis_mode_gpu" if has_number else "caffevis_gpu_id"
    return {name: value for name, value in names.items() if name != unused}


_THREADS = "threads wait for each other without sleeping"
_THEME = "the theme sets fonts and colours; font_scale sets their size"
_LAYOUT = "the layout follows the network and the window"

WITHOUT_EFFECT: dict[str, str] = {
    **dict.fromkeys(
        (
            "input_updater_sleep_after_read_frame",
            "input_updater_heartbeat_required",
            "main_loop_sleep_ms",
            "keypress_pause_handle_iterations",
            "keypress_pause_redraw_iterations",
            "redraw_at_least_every",
            "caffevis_pause_after_keys",
            "caffevis_frame_wait_sleep",
            "caffevis_jpg_load_sleep",
            "caffevis_heartbeat_required",
        ),
        _THREADS,
    ),
    **dict.fromkeys(
        (
            "window_background",
            "stale_background",
            *(f"help_{what}" for what in ("face", "loc", "line_spacing", "clr", "fsize", "thick")),
            *(
                f"caffevis_{pane}_{what}"
                for pane in ("help", "control", "status", "class", "label")
                for what in ("face", "loc", "line_spacing", "clr", "fsize", "thick")
            ),
            *(f"caffevis_control_clr_{what}" for what in ("selected", "cursor", "bp")),
            *(f"caffevis_control_thick_{what}" for what in ("selected", "cursor", "bp")),
            *(f"caffevis_status_{what}_selected" for what in ("clr", "thick")),
            "caffevis_layer_clr_cursor",
            "caffevis_layer_clr_back_background",
            "caffevis_layer_clr_back_sel",
            "caffevis_class_clr_0",
            "caffevis_class_clr_1",
        ),
        _THEME,
    ),
    **dict.fromkeys(
        (
            "help_pane_loc",
            "control_pane_height",
            "caffevis_layers_aspect_ratio",
            "caffevis_jpgvis_stack_vert",
        ),
        _LAYOUT,
    ),
    **dict.fromkeys(
        ("caffevis_boost_indiv_choices", "caffevis_boost_gamma_choices", "caffevis_grad_norm_blur_radius"),
        "the choices are the original's",
    ),
    **dict.fromkeys(
        ("static_files_regexp", "static_files_ignore_case"), "every picture format that can be read is shown"
    ),
    **dict.fromkeys(
        (
            *(
                f"caffevis_buttons_{which}_{what}"
                for which in ("header", "normal", "selected")
                for what in ("face", "fsize", "clr", "thick")
            ),
            *(f"caffevis_buttons_{what}" for what in ("loc", "line_spacing")),
            *(f"caffevis_score_{what}" for what in ("face", "loc", "clr", "fsize", "thick")),
        ),
        _THEME,
    ),
    **dict.fromkeys(
        ("is_gray_model", "caffe_net_transpose", "caffe_net_image_dims", "caffe_net_input_scale"),
        "the network tells how many channels of which size it takes; input_scale sets the value of white",
    ),
    **dict.fromkeys(
        (
            *(
                f"max_tracker_do_{what}"
                for what in (
                    "maxes",
                    "deconv",
                    "deconv_norm",
                    "backprop",
                    "backprop_norm",
                    "info",
                    "histograms",
                    "correlation",
                )
            ),
            "max_tracker_batch_size",
            "layers_to_output_in_offline_scripts",
            "caffevis_outputs_dir_folder_format",
            *(
                f"optimize_image_{what}"
                for what in (
                    "rand_seed",
                    "decay",
                    "blur_radius",
                    "blue_every",
                    "lr_policy",
                    "lr_params",
                    "max_iters",
                    "batch_size",
                    "channels",
                    "generate_plus_mean",
                    "output_prefix",
                )
            ),
        ),
        "the scripts have options for it",
    ),
    **dict.fromkeys(("is_siamese", "siamese_input_mode"), "one picture is shown at a time"),
    **dict.fromkeys(("base_folder", "default_installed_apps", "dvt_root"), "it is a variable of the file's own"),
    "static_files_input_mode": "images takes a folder or a list",
    "generate_channelwise_mean": "mean takes an image or one number a channel",
    "caffevis_histograms_format": "a scan writes its statistics itself",
    "caffevis_clear_negative_activations": "negative values have a colour of their own",
    "caffevis_keep_aspect_ratio": "stretch says whether pictures are cropped",
    "receptive_fields_cache_filename": "receptive fields are worked out from the network",
    "print_dots": "key D shows the times",
    "installed_apps": "there is one app",
}

"""A session as a file: which network, what is looked at and how, names of units; saved, read and opened again.

YAML, read with safe_load; what is in it is checked by the types of the state's own dataclasses
(schema/plain_values.py), so that a field which the state gains is in the file by itself (docs/keep.md). Of two
networks (--compare) the second one is in the same file, under "second".
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

import deepvis
from deepvis.core.attributions import all_attributions
from deepvis.core.back_modes import all_modes
from deepvis.core.compared import PinnedFrame
from deepvis.core.layer_list import revealed
from deepvis.core.names_file import NamesError, content_of, names_in
from deepvis.core.nearest import nearest
from deepvis.core.state import (
    DEBUG_LEVELS,
    GAMMA_BOOSTS,
    INDIVIDUAL_BOOSTS,
    OVERLAYS,
    PRESETS,
    AppState,
    InputState,
    Order,
    ViewState,
)
from deepvis.core.types import Frame, NetInfo, Unit
from deepvis.core.unit_names import NOTHING_SAID, UnitNames
from deepvis.core.user_error import UsageError
from deepvis.schema.plain_values import PlainError, plain, read_plain
from deepvis.schema.rows import shown
from deepvis.schema.yaml_file import read_yaml
from deepvis.window.pinned_in_session import read_pinned

VERSION = 1
SUFFIXES = (".yaml", ".yml")
OF_A_NETWORK = ("network", "layer", "view", "pinned", "preset", "names")
KEYS = ("version", "deepvis", "saved", "source", "second", *OF_A_NETWORK)
OF_A_RUN = ("layer_index", "looked_back", "jumped", "help")  # fields of the view that mean nothing in another run
RANGES = {
    "overlay": len(OVERLAYS),
    "gamma_boost": len(GAMMA_BOOSTS),
    "individual_boost": len(INDIVIDUAL_BOOSTS),
    "debug": DEBUG_LEVELS,
}


@dataclass(frozen=True)
class Session:
    """What a session's file says of a network, checked as far as it can be without it."""

    path: Path
    model: str  # its name
    identity: str
    opened: Mapping[str, Any]  # settings with which the network was opened, and the camera or video
    input: InputState
    layer: str  # the selected one
    view: ViewState  # with the first layer selected
    preset: int
    names: UnitNames = field(default_factory=UnitNames)
    compared: PinnedFrame | None = None
    second: Session | None = None  # of the other network, where the window has two

    @property
    def parts(self) -> tuple[Session, ...]:
        """Of each network."""
        return (self,) if self.second is None else (replace(self, second=None), self.second)


@dataclass(frozen=True)
class NetworkShown:
    """What a window shows of a network. opened: the settings that name it and the moving source.

    pinned: of the pinned frame (window/pinned_in_session.py).
    """

    state: AppState
    identity: str
    opened: Mapping[str, Any]
    pinned: Mapping[str, Any] | None = None


def session_text(networks: Sequence[NetworkShown], frame: Frame | None, when: float) -> bytes:
    """The file of what the window shows. networks: one, or two side by side, which have the same input."""
    source = networks[0].state.input
    if frame is not None and frame.path and not source.moving:
        source = replace(source, photo=os.path.abspath(frame.path), photo_at=source.file_index)
    if source.images:
        source = replace(source, images=os.path.abspath(source.images))
    content = {
        "version": VERSION,
        "deepvis": deepvis.__version__,
        "saved": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(when)),
        "source": plain(source),
        **_of_network(networks[0]),
        **({"second": _of_network(networks[1])} if len(networks) > 1 else {}),
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode()


def _of_network(shown: NetworkShown) -> dict[str, Any]:
    state, identity = shown.state, shown.identity
    view = replace(state.view, **{name: getattr(ViewState(), name) for name in OF_A_RUN})
    return {
        "network": {"model": state.info.name, "identity": identity, "opened": dict(shown.opened)},
        "layer": state.layer.name,
        "view": plain(view),
        **({} if shown.pinned is None else {"pinned": dict(shown.pinned)}),
        "preset": PRESETS[state.live.preset],
        "names": content_of(state.naming.names, state.info.name, identity)["units"],
    }


def read_session(path: Path) -> Session:
    """Raises UsageError: one sentence that names the file, the place in it and what was expected."""
    try:
        content = read_yaml(path)
    except OSError as error:
        raise UsageError(f"session {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"session {path} is no YAML: {error}") from None
    try:
        return _session(path, content)
    except (PlainError, NamesError) as error:
        raise UsageError(f"session {path}: {error}") from None


def _session(path: Path, content: Any) -> Session:
    if not isinstance(content, dict) or "network" not in content or "view" not in content:
        raise PlainError("this is no session that deepvis has saved")
    if content.get("version") != VERSION:
        raise PlainError(f"version is {shown(content.get('version'))}: expected {VERSION}")
    _no_others("the file", content, KEYS)
    source = read_plain(InputState, content.get("source", {}), "source")
    first = _network(path, content, source)
    if "second" not in content:
        return first
    second = _table("second", content["second"])
    _no_others("second", second, OF_A_NETWORK)
    try:
        return replace(first, second=_network(path, second, source))
    except (PlainError, NamesError) as error:
        raise PlainError(f"second: {error}") from None


def _network(path: Path, content: Mapping[str, Any], source: InputState) -> Session:
    """What the file says of one network."""
    network = _table("network", content.get("network"))
    _no_others("network", network, ("model", "identity", "opened"))
    if not all(isinstance(network.get(name), str) for name in ("model", "identity")):
        raise PlainError("network has no model and identity, both texts")
    view = read_plain(ViewState, content.get("view"), "view", without=OF_A_RUN)
    _check_view(view)
    preset, layer = content.get("preset", PRESETS[2]), content.get("layer", "")
    if preset not in PRESETS:
        raise PlainError(f"preset is {shown(preset)}: expected one of {', '.join(PRESETS)}")
    if not isinstance(layer, str):
        raise PlainError(f"layer is {shown(layer)}: expected the name of a layer")
    pinned = content.get("pinned")
    compared = read_pinned(None if pinned is None else _table("pinned", pinned), path.parent, "pinned")
    if compared is None and view.order is Order.DIFFERENCE:
        view = replace(view, order=Order.NUMBER)  # there is no frame to differ from
    names = names_in({"version": 1, "units": content.get("names", [])}, "names")
    opened = _table("network.opened", network.get("opened", {}))
    place = PRESETS.index(preset)
    return Session(path, network["model"], network["identity"], opened, source, layer, view, place, names, compared)


def _table(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlainError(f"{where} is {shown(value)}: expected a table")
    return value


def _no_others(where: str, table: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for name in table:
        if name not in names:
            hint = nearest(name, names, f"there are {', '.join(names)}")
            raise PlainError(f"{where} has an unknown {str(name)!r}; {hint}")


def _check_view(view: ViewState) -> None:
    """Values that the types allow, and nothing draws."""
    for name, count in RANGES.items():
        if not 0 <= getattr(view, name) < count:
            raise PlainError(f"view.{name} is {getattr(view, name)}: expected 0 to {count - 1}")
    for name, choices in (("back_mode", all_modes()), ("attribution", all_attributions())):
        if getattr(view, name) not in choices:
            raise PlainError(f"view.{name} is {getattr(view, name)!r}: expected one of {', '.join(choices)}")
    if view.channel < 0:
        raise PlainError(f"view.channel is {view.channel}: expected the number of a unit, from 0 on")


def other_network(session: Session, model: str, identity: str) -> str:
    """Why a session does not belong to a network, in a sentence; "" if it does."""
    if session.identity == identity and (identity or session.model == model):
        return ""
    theirs, ours = session.identity or "weights unknown", identity or "weights unknown"
    words = f"session {session.path} is of the network {session.model} ({theirs}), and this is {model} ({ours})"
    return f"{words}: open it with its own, --session {session.path} without another network"


def restored(state: AppState, session: Session) -> AppState:
    """The state as the session has it, of the network that it was saved with. Raises UsageError for what is not there.

    Names are taken over where nothing is said of a unit.
    """
    info = state.info
    for where, unit in (("view.pinned", session.view.pinned), *(("view.why", unit) for unit in session.view.why)):
        if unit is not None:
            _check_unit(session, info, where, unit)
    place, (_, height, width) = session.view.place, info.input_shape
    if place is not None and not (0 <= place[0] < height and 0 <= place[1] < width):
        raise UsageError(
            f"session {session.path}: view.place is {list(place)}: the input has {height} x {width} pixels"
        )
    names = [layer.name for layer in info.layers]
    if session.layer not in names:
        hint = nearest(session.layer, names, f"there are {', '.join(names[:20])}")
        raise UsageError(f"session {session.path}: {info.name} has no layer {session.layer!r}; {hint}")
    index = names.index(session.layer)
    view = replace(revealed(info, session.view, index), layer_index=index, compared=session.compared)
    new = {unit: note for unit, note in session.names.entries if state.naming.names.of(unit) == NOTHING_SAID}
    naming = replace(state.naming, own=state.naming.own.changed(new)) if new else state.naming
    live = replace(state.live, preset=session.preset)
    return replace(state, view=view, input=session.input, live=live, naming=naming)


def _check_unit(session: Session, info: NetInfo, where: str, unit: Unit) -> None:
    layers = {layer.name: layer.channels for layer in info.layers}
    if not 0 <= unit.channel < layers.get(unit.layer, 0):
        raise UsageError(f"session {session.path}: {where} is {unit.layer} {unit.channel}, which {info.name} has not")

"""With which settings the network and the moving source of a session were opened, and are opened again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import NETWORK
from deepvis.settings.table import TABLE, Settings, checked
from deepvis.window.session import Session

SOURCES = ("camera", "video")
SECOND = "compare"
NAMES_A_NETWORK = ("model", "network", "prototxt")
NEVER = frozenset({"trust_file"})  # a file that comes from elsewhere must not turn that on
NAMES = tuple(name for name in (*NETWORK.rows, *SOURCES, SECOND) if name not in NEVER)


def opened_with(settings: Settings) -> dict[str, Any]:
    """Those of the settings that differ from their defaults and can stand in a file; paths absolute."""
    found = {}
    for name in NAMES:
        value = getattr(settings, name, None)
        if value is not None and value != TABLE[name].default and (plain := _plain(value)) is not None:
            is_path = TABLE[name].metadata.get("path") or name in ("video", "model", SECOND)
            found[name] = os.path.abspath(plain) if is_path and os.path.exists(str(plain)) else plain
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (tuple, list)):
        parts = [_plain(each) for each in value]
        return None if None in parts else parts
    return None


def settings_with(settings: Settings, session: Session, given: Mapping[str, Any]) -> Settings:
    """The settings that open a session's network and source, where the command line (``given``) names no other.

    Raises UsageError for what is no setting, ConfigError for a wrong value.
    """
    where, found = f"session {session.path}: network.opened", {}
    for name, value in session.opened.items():
        if name not in NAMES:
            raise UsageError(f"{where} has an unknown {name!r}; {nearest(name, NAMES, 'see docs/keep.md')}")
        found[name] = checked(name, value, where)
    is_named = any(given.get(name) for name in NAMES_A_NETWORK)
    chosen = {name: value for name, value in found.items() if given.get(name) is None}
    if is_named:
        chosen = {name: value for name, value in chosen.items() if name in SOURCES}
    else:
        defaults = Settings()
        own = {name: getattr(defaults, name) for name in NETWORK.rows if given.get(name) is None and name not in NEVER}
        settings = replace(settings, **own)
    return replace(settings, **chosen)

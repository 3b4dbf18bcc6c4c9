"""Every key that does something can be pressed in a page, but for those that the browser keeps."""

from __future__ import annotations

import re
from pathlib import Path

from deepvis.core.commands import COMMANDS
from deepvis.core.keys import key_code
from deepvis.serve.browser_keys import BROWSERS_OWN, KEY_NAMES, ctrl_keys


def sent_keys() -> list[str]:
    return sorted({key for command in COMMANDS.values() for key in command.keys} - BROWSERS_OWN)


def dom_event(name: str) -> dict[str, str | bool]:
    """What the browser says of that key: ``key`` and ``ctrlKey`` of its KeyboardEvent. Raises KeyError for none."""
    base = name.removeprefix("ctrl+")
    by_name = {ours: browsers for browsers, ours in KEY_NAMES.items()}
    return {"key": base if len(base) == 1 else by_name[base], "ctrlKey": base != name}


def test_every_key_of_a_command_can_come_from_a_page() -> None:
    assert len(set(KEY_NAMES.values())) == len(KEY_NAMES)
    for name in sent_keys():
        assert dom_event(name)["key"]
        assert key_code(name) is not None, name
        assert not name.startswith("ctrl+") or name in ctrl_keys()
    assert {"ctrl+left", "ctrl+right"} < set(ctrl_keys())


def test_keys_that_the_browser_keeps_are_in_the_docs(root: Path) -> None:
    text = (root / "docs/browser.md").read_text(encoding="utf-8")
    for name in BROWSERS_OWN:
        assert (f"`{name}`" if name.startswith("ctrl+") else name.upper()) in text, name


def test_the_buttons_of_touch_screens_are_keys_and_turn_the_helps_pages(root: Path) -> None:
    page = (root / "deepvis/pages/templates/serve.html").read_text(encoding="utf-8")
    buttons = re.findall(r'data-key="([^"]*)"', page)
    assert {"esc", "enter", "pgup", "pgdn"} < set(buttons)
    assert all(key_code(name) is not None for name in buttons)

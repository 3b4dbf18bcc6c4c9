"""What does not fit is said in the status line, each thing once."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from deepvis.core.answers import Answer
from deepvis.core.state import AppState
from deepvis.live.backends.fake import FAKE_INFO
from deepvis.live.network import NetworkOutput
from deepvis.window import status
from deepvis.window.requests import Latest
from deepvis.window.status import NOTICE_SECONDS, StatusReader
from deepvis.window.ui.events import Pasted

NAMES = "the labels file names 11 classes, the network has 10"


def test_each_notice_is_said_once_and_for_a_while_warnings_first(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(status.time, "monotonic", lambda: now[0])
    reader, info = StatusReader(), replace(FAKE_INFO, notes=(NAMES,))

    def said(warning: str = "") -> str:
        latest = Latest(network=Answer(None, NetworkOutput(info, warning=warning)))
        return reader.read(AppState(info), latest, "", recorded=None).notice

    assert said() == NAMES and said("all or nothing") == "all or nothing"
    now[0] += NOTICE_SECONDS + 1
    assert said("all or nothing") == NAMES
    now[0] += NOTICE_SECONDS + 1
    assert said("all or nothing") == "" == said("all or nothing")
    assert time.monotonic() == now[0]


def test_keys_that_wait_for_the_network_are_named() -> None:
    reader = StatusReader()
    state, latest, early = AppState(FAKE_INFO), Latest(), list[str | Pasted]()
    reader.waiting = early
    assert reader.read(state, latest, "", recorded=None).hint == "loading the network ..."
    early += ["b", Pasted("a text"), "o"]
    assert reader.read(state, latest, "", recorded=None).hint.endswith("what you pressed comes then: b ctrl+v o")
    early += "jjjjjjjj"
    assert reader.read(state, latest, "", recorded=None).hint.endswith("comes then: ... j j j j j j j j")

"""``deepvis.show(..., serve=True)``: the address, and a handle that is the window in a notebook."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

import deepvis


def test_a_served_window_has_an_address_until_it_is_closed(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with deepvis.show("caffenet-mini", photos, serve=True, block=False) as shown:
        assert shown.address.startswith("http://127.0.0.1:")
        assert capsys.readouterr().out == f"{shown.address}\n"
        with urllib.request.urlopen(shown.address, timeout=30) as answer:
            assert b"deepvis" in answer.read()
        assert f'src="{shown.address}"' in (shown._repr_html_() or "")
        assert shown.is_open
    assert shown._repr_html_() is None
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(shown.address, timeout=30)


@pytest.mark.parametrize(("serve", "words"), [("0.0.0.0:1", "unencrypted"), ("a b", "no host"), (3, "expected True")])
def test_addresses_that_cannot_be_are_one_sentence(photos: Path, serve: object, words: str) -> None:
    with pytest.raises(deepvis.ModelError, match=words):
        deepvis.show("caffenet-mini", photos, serve=serve, block=False)  # type: ignore[arg-type]

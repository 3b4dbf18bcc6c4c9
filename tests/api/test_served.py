"""``deepvis.show(..., serve=True)``: the address, and a handle that is the window in a notebook."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"serve": "0.0.0.0:1"}, "unencrypted; give tls=(CERT, KEY), or "),
        ({"serve": "0.0.0.0:1"}, "published on loopback: serve_unencrypted=True)"),
        ({"serve": "a b"}, "show: serve='a b': 'a b' is no host; expected HOST:PORT"),
        ({"serve": "8.8.8.8:1"}, "8.8.8.8 is no address of this machine"),
        ({"serve": 3.5}, "expected True, a port"),
        ({"serve": 70000}, "expected True, a port from 0 to 65535"),
        ({"serve": 0, "tls": ("none.pem", "none.pem")}, "show: tls=none.pem: there is no such file"),
        ({"serve": 0, "tls": "none.pem"}, "show: tls is 'none.pem', expected (CERT, KEY)"),
        ({"tls": ("a", "b")}, "show: tls needs serve too"),
        ({"serve_unencrypted": True}, "show: serve_unencrypted needs serve too"),
        ({"serve_name": "gpu1"}, "show: serve_name needs serve too"),
        ({"serve_view": True}, "show: serve_view needs serve too"),
        ({"serve": 0, "serve_name": "a b"}, "show: serve_name='a b': expected a host name alone"),
        ({"serve": 0, "serve_name": 3}, "show: serve_name is 3, expected a host name"),
    ],
)
def test_addresses_that_cannot_be_are_one_sentence(photos: Path, options: Any, words: str) -> None:
    with pytest.raises(deepvis.ModelError, match=re.escape(words)) as refused:
        deepvis.show("caffenet-mini", photos, block=False, **options)
    assert "--" not in str(refused.value)


def test_an_address_to_look_on_is_another(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with deepvis.show("caffenet-mini", photos, serve=True, serve_view=True, block=False) as shown:
        said = capsys.readouterr().out.splitlines()
        assert said == [shown.address, f"to look on, without control: {shown.view_address}"]
        assert shown.view_address not in ("", shown.address)
        with urllib.request.urlopen(shown.view_address, timeout=30) as answer:
            assert b"deepvis" in answer.read()


def test_a_port_beyond_loopback_and_what_is_taken_there(photos: Path) -> None:
    beyond: Any = {"serve": "0.0.0.0:0", "serve_unencrypted": True, "block": False}
    with deepvis.show("caffenet-mini", photos, **beyond, serve_name="gpu1.example.org") as shown:
        assert urlsplit(shown.address).hostname == "gpu1.example.org"
    with deepvis.show("caffenet-mini", photos, **beyond) as shown:
        port = urlsplit(shown.address).port
        assert urlsplit(shown.address).hostname != "127.0.0.1" and port
        with pytest.raises(deepvis.ModelError, match=f"serve='127.0.0.1:{port}': cannot be listened at.*or serve=True"):
            deepvis.show("caffenet-mini", photos, serve=port, block=False)

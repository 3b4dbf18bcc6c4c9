"""Who may speak to the server, and what --serve takes."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deepvis.cli.main import main
from deepvis.core.user_error import UsageError
from deepvis.serve.access import Access
from deepvis.serve.address import ServeAddress, is_loopback_name, serve_address

LOOPBACK = ServeAddress()
EVERYWHERE = ServeAddress("0.0.0.0", is_unencrypted_allowed=True)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "localhost:9", "[::1]:8000", "LOCALHOST:1"])
def test_names_of_this_machine_and_any_port_of_a_tunnel_are_taken(host: str) -> None:
    assert Access(LOOPBACK).refusal(LOOPBACK.token, host, None) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "192.168.1.2:80", "", None, "localhost@evil.example", "a b", "[::1"],
)
def test_a_rebound_name_is_refused_with_the_token_too(host: str | None) -> None:
    refused = Access(LOOPBACK).refusal(LOOPBACK.token, host, None)
    assert refused is not None
    assert refused[0] == 403


def test_beyond_loopback_numbers_and_the_machines_names_are_taken() -> None:
    access = Access(EVERYWHERE, machine=("gpu1", "gpu1.lab"))
    for host in ("10.0.0.7:8000", "gpu1:8000", "GPU1.lab", "localhost"):
        assert access.refusal(EVERYWHERE.token, host, None) is None
    assert access.refusal(EVERYWHERE.token, "evil.example", None) is not None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "file://", "http://[", ""])
def test_a_page_of_another_address_is_refused(origin: str) -> None:
    refused = Access(LOOPBACK).refusal(LOOPBACK.token, "localhost:8000", origin)
    assert refused is not None
    assert refused[0] == 403


def test_the_own_page_is_taken() -> None:
    assert Access(LOOPBACK).refusal(LOOPBACK.token, "localhost:8000", "http://localhost:8000") is None
    assert Access(LOOPBACK).refusal(LOOPBACK.token, "localhost", "https://localhost:443") is None


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("", 401), ("x", 403), ("é\ud800", 403)])
def test_without_the_token_nothing_is_given(token: str | None, status: int) -> None:
    refused = Access(LOOPBACK).refusal(token, "localhost", None)
    assert refused is not None
    assert refused[0] == status


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("", "127.0.0.1", 0), ("8000", "127.0.0.1", 8000), (":80", "127.0.0.1", 80), ("localhost:1", "localhost", 1),
     ("[::1]:8", "::1", 8), ("::1", "::1", 0), ("127.0.0.2", "127.0.0.2", 0)],
)  # fmt: skip
def test_addresses(text: str, host: str, port: int) -> None:
    found = serve_address(text)
    assert (found.host, found.port, found.is_loopback) == (host, port, True)


@pytest.mark.parametrize(
    "text", ["localhost:x", "127.0.0.1:70000", "http://a", "[::1", "a b:1", "127.0.0.1:-1", "nonsense.invalid"]
)
def test_wrong_addresses_are_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"--serve .*expected HOST:PORT"):
        serve_address(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("8.8.8.8:8000", "8.8.8.8 is no address of this machine"), ("1.2.3", "1.2.3 is no IP address"),
     ("0x7f.1:80", "0x7f.1 is no IP address")],
)  # fmt: skip
def test_an_address_that_is_none_of_this_machine_is_not_about_encryption(text: str, said: str) -> None:
    for unencrypted in (False, True):
        with pytest.raises(UsageError, match=re.escape(f"--serve {text}: {said}")) as refused:
            serve_address(text, unencrypted=unencrypted)
        assert "unencrypted" not in str(refused.value)


def test_what_is_printed_beyond_loopback_works_elsewhere() -> None:
    name = urlsplit(EVERYWHERE.url(8000)).hostname or ""
    assert name == socket.gethostname().lower() or not is_loopback_name(name)
    assert Access(EVERYWHERE).refusal(EVERYWHERE.token, f"{name}:8000", None) is None
    assert EVERYWHERE.with_names(["gpu1.lab", "b"]).url(80).startswith("http://gpu1.lab:80/?token=")
    assert ServeAddress("10.0.0.7").with_names(["b"]).url(80).startswith("http://10.0.0.7:80/")
    assert ServeAddress().with_names(["b"]).url(80).startswith("http://127.0.0.1:80/")


@pytest.mark.parametrize("address", [LOOPBACK, EVERYWHERE])
def test_a_name_that_was_given_is_taken_and_the_refusal_says_how(address: ServeAddress) -> None:
    access, named = Access(address, ()), Access(address.with_names(["GPU.Example", "10.0.0.9"]), ())
    refused = access.refusal(address.token, "gpu.example", "https://gpu.example")
    assert refused is not None and "--serve-name" in refused[1]
    assert named.refusal(address.token, "gpu.example", "https://gpu.example") is None
    assert named.refusal(address.token, "10.0.0.9", None) is None
    assert named.refusal(address.token, "evil.example", None) is not None


@pytest.mark.parametrize("name", ["http://a", "a:80", "a b", "a/b"])
def test_a_name_is_a_host_name_alone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--serve", "--serve-name", name]) == 2
    assert f"--serve-name {name}: expected a host name" in capsys.readouterr().err


def test_beyond_loopback_it_asks_for_a_certificate_or_a_tunnel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--serve", "0.0.0.0:8000"]) == 2
    said = capsys.readouterr().err
    assert "unencrypted" in said
    assert "--tls CERT KEY" in said
    assert "ssh -L 8000:127.0.0.1:8000" in said
    assert said.count("\n") == 1


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = tmp_path / "none.pem"
    assert main(["--serve", "--tls", str(none), str(none)]) == 2
    assert "there is no such file" in capsys.readouterr().err
    none.write_text("no certificate")
    assert main(["--serve", "--tls", str(none), str(none)]) == 2
    assert "these are no certificate and its key" in capsys.readouterr().err
    assert main(["--tls", str(none), str(none)]) == 2
    assert "needs --serve" in capsys.readouterr().err


def test_the_token_is_in_no_repr() -> None:
    assert LOOPBACK.token not in repr(LOOPBACK)
    assert len(LOOPBACK.token) >= 40
    assert LOOPBACK.token != ServeAddress().token


def test_a_token_to_look_on_is_another_and_there_is_none_unless_asked_for() -> None:
    address = ServeAddress().with_view_token()
    access = Access(address)
    assert access.refusal(address.view_token, "localhost", None) is None and not access.may_control(address.view_token)
    assert access.refusal(address.token, "localhost", None) is None and access.may_control(address.token)
    assert address.view_token != address.token and address.view_token not in repr(address)
    for token in ("", None, "x"):
        refused = Access(LOOPBACK).refusal(token, "localhost", None)
        assert refused is not None and not Access(LOOPBACK).may_control(token)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--serve", "--headless"], "the pages of browsers are the window"),
        (["--serve-view"], "needs --serve"),
        (["--serve-name", "a"], "needs --serve"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: list[str], said: str, tiny: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*tiny, *words]) == 2
    assert said in capsys.readouterr().err

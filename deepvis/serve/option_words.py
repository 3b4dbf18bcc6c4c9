"""How the options of a served window are written where they were given: on the command line, or in Python."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OptionWords:
    """Words for sentences about them."""

    serve: str  # with its value
    alone: str  # loopback and a free port
    tls: str  # with its value
    any_tls: str
    unencrypted: str
    name: str  # with its value

    def given(self, address: str) -> str:
        """The option with the address that was given."""
        return self.serve.format(address).rstrip()

    @property
    def expected(self) -> str:
        """What an address looks like, as the end of a sentence."""
        return f"expected HOST:PORT, as in 127.0.0.1:8000 ({self.alone}: loopback and a free port)"


COMMAND_LINE = OptionWords(
    serve="--serve {}",
    alone="--serve alone",
    tls="--tls {}",
    any_tls="--tls CERT KEY",
    unencrypted="--serve-unencrypted",
    name="--serve-name {}",
)
IN_PYTHON = OptionWords(
    serve="show: serve={!r}",
    alone="serve=True",
    tls="show: tls={}",
    any_tls="tls=(CERT, KEY)",
    unencrypted="serve_unencrypted=True",
    name="show: serve_name={!r}",
)

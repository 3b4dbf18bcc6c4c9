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

    def given(self, address: str) -> str:
        """The option with the address that was given."""
        return self.serve.format(address).rstrip()

    @property
    def expected(self) -> str:
        """What an address looks like, as the end of a sentence."""
        return f"expected HOST:PORT, as in 127.0.0.1:8000 ({self.alone}: loopback and a free port)"


COMMAND_LINE = OptionWords("--serve {}", "--serve alone", "--tls {}", "--tls CERT KEY", "--serve-unencrypted")
IN_PYTHON = OptionWords("show: serve={!r}", "serve=True", "show: tls={}", "tls=(CERT, KEY)", "serve_unencrypted=True")

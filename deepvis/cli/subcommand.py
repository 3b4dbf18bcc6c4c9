"""The table of subcommands: every file of ``deepvis/cli/subcommands`` is one, found by its name.

A file registers a function of the parsed arguments, which gives the exit code. Nothing else is to be written to add
one. What the file imports at its top is loaded for ``deepvis --help`` too: torch is imported where it is used.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deepvis.cli import subcommands
from deepvis.cli.chosen_settings import settings_blamed, with_settings
from deepvis.cli.guard import guarded
from deepvis.cli.parser import Parser
from deepvis.core.nearest import nearest
from deepvis.core.program import program
from deepvis.core.registry import Registry
from deepvis.core.user_error import UsageError

Arguments = Callable[[Parser], None]  # enters the arguments of a subcommand into its parser
Run = Callable[[argparse.Namespace], int]  # -> the exit code


@dataclass(frozen=True)
class Subcommand:
    """One of the things that ``deepvis`` does.

    help: what, in one line. examples: the words behind the name, as they are typed into a shell; one at least.
    resumes: run again, it goes on where it was interrupted.
    """

    name: str
    help: str
    examples: tuple[str, ...]
    arguments: Arguments
    run: Run
    resumes: bool = False

    def parser(self) -> Parser:
        called = f"{program()} {self.name}"
        about = f"{self.help[0].upper()}{self.help[1:]}."
        parser = Parser([f"{called} {words}".rstrip() for words in self.examples], prog=called, description=about)
        self.arguments(parser)
        return parser

    def main(self, words: Sequence[str]) -> int:
        """Parse the words behind the name, and run it; the exit code."""

        def run() -> int:
            logging.basicConfig(level=logging.WARNING, format=f"deepvis {self.name}: %(message)s")
            arguments = self.parser().parse_args(words)
            with settings_blamed(arguments):
                return self.run(with_settings(arguments))

        return guarded(run, f"deepvis {self.name}", "run the same command again to go on" if self.resumes else "")


_SUBCOMMANDS: Registry[Subcommand] = Registry("subcommand")


def subcommand(
    name: str, help: str, *examples: str, arguments: Arguments, resumes: bool = False
) -> Callable[[Run], Run]:
    """Enter a function as the subcommand ``name``; its file has that name too, with _ for -."""

    def enter(run: Run) -> Run:
        _SUBCOMMANDS.put(name, Subcommand(name, help, examples, arguments, run, resumes))
        return run

    return enter


def names() -> list[str]:
    """Of all subcommands, in order. Imports none of them."""
    return sorted(each.name.replace("_", "-") for each in pkgutil.iter_modules(subcommands.__path__))


def overview() -> str:
    """The part of the window's help that lists the subcommands. Imports all of them."""
    lines = "".join(f"  {name:16} {find(name).help}\n" for name in names())
    return f"\nsubcommands (each has a --help of its own):\n{lines}"


def find(name: str) -> Subcommand:
    """The subcommand of that name; its file alone is imported. Raises UsageError with the nearest name."""
    if name not in names():
        hint = nearest(name, names(), f"there are: {', '.join(names())}")
        raise UsageError(f"no subcommand is named {name!r}; {hint}")
    importlib.import_module(f"{subcommands.__name__}.{name.replace('-', '_')}")
    return _SUBCOMMANDS[name]

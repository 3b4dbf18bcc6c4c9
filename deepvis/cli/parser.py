"""The parser of every command line: one sentence for what is wrong, one name of each option in the help."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from deepvis.window.options import UsageError


class Help(argparse.RawDescriptionHelpFormatter):
    """Shows an option by its first long name, and its default where that is a value.

    The further long names are old ones, kept for scripts that have them.
    """

    def _format_action_invocation(self, action: argparse.Action) -> str:
        shown = argparse.Action(shown_names(action), action.dest, action.nargs, metavar=action.metavar)
        shown.choices = action.choices
        return super()._format_action_invocation(shown)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        is_told = isinstance(action.default, (int, float, str, list)) and action.default not in (False, "", [])
        if not action.help or not is_told or not action.option_strings or action.default is argparse.SUPPRESS:
            return action.help
        default = " ".join(map(str, action.default)) if isinstance(action.default, list) else action.default
        return f"{action.help} (default: {default})".replace("%", "%%") if "%" in str(default) else (
            f"{action.help} (default: {default})"
        )  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Raises UsageError, one sentence, in place of printing the usage text and ending the process."""

    def __init__(self, **words: Any) -> None:
        super().__init__(allow_abbrev=False, **{"formatter_class": Help, **words})

    def error(self, message: str) -> NoReturn:
        for action in self._actions:
            message = message.replace("/".join(action.option_strings), "/".join(shown_names(action)))
        raise UsageError(f"{message} (--help lists all arguments)")


def shown_names(action: argparse.Action) -> list[str]:
    """Its short names and the first long one; none of an argument without."""
    long = [name for name in action.option_strings if name.startswith("--")]
    return [name for name in action.option_strings if name not in long[1:]]


def whole(low: int = 0) -> Any:
    """A type of argument: a whole number, ``low`` or more."""

    def parsed(text: str) -> int:
        if not text.isdecimal() or int(text) < low:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {low} or more")
        return int(text)

    return parsed

"""The parser of every command line: one sentence for what is wrong, one name of each option in the help."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from deepvis.core.nearest import nearest
from deepvis.core.user_error import UsageError
from deepvis.core.words import whole_number

UNKNOWN = "unrecognized arguments: "  # argparse's words, as the next are
REQUIRED = "the following arguments are required: "


class Help(argparse.RawDescriptionHelpFormatter):
    """Shows an option by its first long name, and its default where that is a value.

    The further long names are old ones, kept for scripts that have them.
    """

    def _format_action_invocation(self, action: argparse.Action) -> str:
        shown = argparse.Action(shown_names(action), action.dest, action.nargs, metavar=action.metavar)
        shown.choices = action.choices
        return super()._format_action_invocation(shown)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        default = action.default
        if not action.help or not default or default is argparse.SUPPRESS or callable(default):
            return action.help
        words = " ".join(map(str, default)) if isinstance(default, (list, tuple)) else str(default)
        return f"{action.help} (default: {words.replace('%', '%%')})"


class Parser(argparse.ArgumentParser):
    """Raises UsageError, one sentence, in place of printing the usage text and ending the process.

    examples: whole commands. more: what else stands at the end of the help, worked out when that is asked for.
    """

    def __init__(self, examples: Sequence[str], more: Callable[[], str] = str, **words: Any) -> None:
        lines = "\n".join(f"  {example}" for example in examples)
        super().__init__(allow_abbrev=False, formatter_class=Help, epilog=f"examples:\n{lines}", **words)
        self._more = more
        self._words: list[str] = []

    def format_help(self) -> str:
        return super().format_help() + self._more()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._words = list(args or ())
        return super().parse_known_args(args, namespace)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """A word as the argument's value. An empty one is refused: it would mean that nothing was said."""
        was_said = arg_string is not action.default and arg_string is not action.const
        if was_said and not arg_string.strip():
            raise argparse.ArgumentError(action, "its value is empty, as a shell variable is that is not set")
        return super()._get_value(action, arg_string)

    def error(self, message: str) -> NoReturn:
        if message.startswith(REQUIRED):  # perhaps it is there, misspelled
            names = [word.partition("=")[0] for word in self._words if word.startswith("--")]
            unknown = [name for name in names if name not in self._option_string_actions]
            message = UNKNOWN + " ".join(unknown) if unknown else message
        for action in self._actions:
            message = message.replace("/".join(action.option_strings), "/".join(shown_names(action)))
        raise UsageError(f"{with_nearest(self, message)} (--help lists all arguments)")


def with_nearest(parser: argparse.ArgumentParser, message: str) -> str:
    """argparse's message; of an unknown option with the nearest that there is."""
    if not message.startswith(UNKNOWN):
        return message
    options = [option for action in parser._actions for option in shown_names(action)]
    unknown = [word.partition("=")[0] for word in message.removeprefix(UNKNOWN).split() if word.startswith("--")]
    hints = filter(None, (nearest(word, options, any_case=True) for word in unknown))
    return "; ".join([message, *hints])


def shown_names(action: argparse.Action) -> list[str]:
    """Its short names and the first long one; none of an argument without."""
    long = [name for name in action.option_strings if name.startswith("--")]
    return [name for name in action.option_strings if name not in long[1:]]


def whole(low: int = 0, high: int | None = None) -> Callable[[str], int]:
    """A type of argument: a whole number from ``low`` to ``high``, both included."""

    def parsed(text: str) -> int:
        found = whole_number(text)
        if found is None or found < low or (high is not None and found > high):
            expected = f"{low} or more" if high is None else f"{low} to {high}"
            raise bad(text, f"a whole number of {expected}")
        return found

    return parsed


def positive(text: str) -> float:
    """A type of argument: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise bad(text, "a number above 0")
    return value


def bad(text: str, expected: str) -> argparse.ArgumentTypeError:
    """The error of a type of argument, for a word that it does not take."""
    return argparse.ArgumentTypeError(f"{text!r} is not {expected}")


def folder(text: str) -> Path:
    """A type of argument: a folder, there or not yet."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file, expected a folder")
    return path

"""The command line of the toolbox: arguments -> settings and options -> a run, with errors in one sentence."""

from __future__ import annotations

import argparse
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import deepvis
from deepvis.cli.chosen_settings import add_settings, settings_blamed, settings_of
from deepvis.cli.guard import guarded, warn
from deepvis.cli.parser import Parser, positive, whole
from deepvis.cli.subcommand import find, overview
from deepvis.core.commands import COMMANDS, command_of, rebind
from deepvis.core.keys import canonical, is_key_name
from deepvis.core.nearest import nearest
from deepvis.core.program import program
from deepvis.core.user_error import UsageError
from deepvis.network.memory import share_one_heap
from deepvis.schema.row_options import add_options
from deepvis.settings import table as config
from deepvis.window.gestures import read_replay
from deepvis.window.options import RunOptions, seconds_to_wait
from deepvis.window.place import WindowPlace
from deepvis.window.session import read_session
from deepvis.window.session_settings import settings_with

DESCRIPTION = "The Deep Visualization Toolbox: watch every unit of a network answer to a camera or to photos."
EXAMPLES = (
    "--images ~/Pictures",
    "--network nets.py:make --weights trained.pth",
    "--serve --video clip.mp4",
    '--headless --keys "o o down right b" --screenshot unit.png',
)
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv")


def parser() -> Parser:
    examples = [f"{program()} {words}" for words in EXAMPLES]
    p = Parser(
        examples,
        overview,
        prog=program(),
        usage="%(prog)s [options]\n       %(prog)s SUBCOMMAND ...",
        description=DESCRIPTION,
    )
    p.add_argument("--version", action="version", version=f"deepvis {deepvis.__version__}")
    add_settings(p)
    p.add_argument("-v", "--verbose", action="store_true", help="log what the workers do to standard error")

    groups = {title: p.add_argument_group(title.lower()) for title in config.sections()}
    for title, names in config.sections().items():
        add_options(groups[title], config.SETTINGS, names)
    net = groups["The network"]
    net.add_argument("--list-models", action="store_true", help="print the models, and whether each is there")
    net.add_argument("--self-test", action="store_true", help="compare a module with PyTorch's own pass, and quit")
    net.add_argument("--list-layers", action="store_true", help="print the layers that the window would show")

    p.add_argument_group("sessions").add_argument(
        "--session", type=Path, metavar="FILE.yaml", help="go on where a saved session was (/ save session)"
    )
    run = p.add_argument_group("scripts")
    away = p.add_argument_group("the window in a browser")
    away.add_argument(
        "--serve", nargs="?", const="", metavar="HOST:PORT", help="show the window in browsers; alone: this machine's"
    )
    away.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="PEM files: serve it encrypted, as https")
    away.add_argument(
        "--serve-unencrypted", action="store_true", help="beyond loopback without --tls: the way is secured otherwise"
    )
    away.add_argument(
        "--serve-view", action="store_true", help="print a second address: who has it looks on and never controls"
    )
    away.add_argument(
        "--serve-name", action="append", metavar="HOST",
        help="a further name under which browsers find it: a DNS alias, a reverse proxy; may be given again",
    )  # fmt: skip
    run.add_argument("--headless", action="store_true", help="no display: render to memory")
    run.add_argument("--keys", metavar='"o o down"', help="keys, each sent once the panes have settled; wait:SECONDS")
    run.add_argument("--screenshot", type=Path, metavar="FILE.png", help="write the window when the keys are done")
    run.add_argument("--record", type=Path, metavar="FILE.mp4", help="write the window as a video")
    run.add_argument("--record-keys", type=Path, metavar="FILE", help="write down what is pressed, to be replayed")
    run.add_argument("--replay", type=Path, metavar="FILE", help="do again what --record-keys has written down")
    run.add_argument("--frames", type=whole(1), metavar="N", help="quit after N pictures of the window")
    run.add_argument("--seconds", type=positive, metavar="S", help="quit after so long")
    run.add_argument("--stats", type=Path, metavar="FILE.json", help="write what was measured")
    return p


def key_names(text: str) -> tuple[str, ...]:
    """The keys of ``--keys``: each bound to a command, or wait:SECONDS, or the letters of a text in quotes.

    A text is typed into what "/" or "h" has opened, until enter or esc; a number is typed digit by digit. Raises
    UsageError with the nearest name.
    """
    keys: list[str] = []
    is_typing, typed = False, ""
    for quoted, word in _words(text):
        if quoted is not None:
            if not is_typing:
                raise UsageError(f'--keys: nothing is open to type "{quoted}" into; open the palette: / "{quoted}"')
            keys += quoted
            typed = quoted
        elif len(word) > 1 and word.isdecimal():
            keys += word
            is_typing = True
        else:
            keys.append(_key(word, is_typing=is_typing))
            opens_note = is_typing and keys[-1] == "enter" and OPENS_A_NOTE.startswith(typed.lower() or "?")
            opens = opens_note or keys[-1] in {key for name in OPENS_TYPING for key in COMMANDS[name].keys}
            is_typing = opens or (is_typing and keys[-1] not in ENDS_TYPING)
            typed = ""
    return tuple(keys)


OPENS_TYPING = ("palette", "name_unit", "go_to", "watch_unit", "toggle_help")  # commands after which one types
OPENS_A_NOTE = "note on this unit"  # a text that begins so, chosen in the palette
ENDS_TYPING = frozenset({"enter", "esc"})


def _words(text: str) -> list[tuple[str | None, str]]:
    """(text in quotes, "") or (None, word) for each, in order. Raises UsageError for a quote that does not end."""
    found = []
    for part in re.finditer(r"""\s+|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>[^\s"']+)|(?P<open>.+)""", text):
        if part["open"]:
            raise UsageError(f"--keys: the quotation mark in {part['open']} has no end")
        quoted = part["single"] if part["double"] is None else part["double"]
        if quoted is not None or part["word"]:
            found.append((quoted, part["word"] or ""))
    return found


def _key(word: str, *, is_typing: bool) -> str:
    """The name of a key that is bound to a command, or types something. Raises UsageError."""
    key = canonical(word)
    if key.startswith("wait:"):
        if seconds_to_wait(key) is None:
            raise UsageError(f"--keys: {key!r} names no seconds, expected a number as in wait:2")
        return key
    if command_of(key) is None and not (is_typing and is_key_name(key)):
        bound = {key for row in COMMANDS.values() for key in row.keys}
        hint = nearest(key, bound, f"there are {' '.join(sorted(bound))}")
        raise UsageError(f"--keys: no command has the key {key!r}; {hint}")
    return key


def run_options(arguments: argparse.Namespace) -> RunOptions:
    """The part for scripts, checked as far as it can be before the run. Raises UsageError."""
    _check_output("--screenshot", arguments.screenshot, PICTURE_SUFFIXES)
    _check_output("--record", arguments.record, VIDEO_SUFFIXES)
    _check_output("--stats", arguments.stats, ())
    _check_output("--record-keys", arguments.record_keys, ())
    if arguments.replay and arguments.keys:
        raise UsageError("--replay and --keys both say what is pressed; give one of them")
    return RunOptions(
        headless=arguments.headless,
        keys=key_names(arguments.keys or ""),
        screenshot=arguments.screenshot,
        record=arguments.record,
        frames=arguments.frames,
        seconds=arguments.seconds,
        stats=arguments.stats,
        record_keys=arguments.record_keys,
        replay=read_replay(arguments.replay) if arguments.replay else None,
    )


def _check_output(option: str, path: Path | None, suffixes: tuple[str, ...]) -> None:
    if path is None:
        return
    if suffixes and path.suffix.lower() not in suffixes:
        raise UsageError(f"{option} {path}: the name must end in {' or '.join(suffixes)}")
    if path.is_dir():
        raise UsageError(f"{option} {path}: this is a folder; give the name of a file")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{option} {path}: the folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{option} {path}: the folder {folder} cannot be written to")


def window_place(arguments: argparse.Namespace) -> WindowPlace | None:
    """The pages of browsers, where --serve asks for that. Raises UsageError."""
    if arguments.serve is None:
        for given, option in ((arguments.tls, "--tls"), (arguments.serve_unencrypted, "--serve-unencrypted"),
                              (arguments.serve_view, "--serve-view"),
                              (arguments.serve_name, "--serve-name")):  # fmt: skip
            if given:
                raise UsageError(f"{option} needs --serve [HOST:PORT] too")
        return None
    if arguments.headless:
        raise UsageError("--serve and --headless: the pages of browsers are the window; leave one of the two out")
    from deepvis.serve.address import meaning, serve_address
    from deepvis.serve.served_window import InBrowsers, say_addresses

    address = serve_address(arguments.serve, arguments.tls, unencrypted=arguments.serve_unencrypted)
    address = address.with_names(arguments.serve_name or ())
    address = address.with_view_token() if arguments.serve_view else address
    if not address.is_loopback:
        warn([f"--serve {arguments.serve}: {meaning(address)}"], "deepvis")
    return InBrowsers(address, say_addresses)


def main(argv: Sequence[str]) -> int:
    """Open the window, or list what is asked for; the exit code."""

    def run() -> int:
        arguments = parser().parse_args(argv)
        level = logging.DEBUG if arguments.verbose else logging.WARNING
        logging.basicConfig(level=level, format="deepvis: %(message)s")
        with settings_blamed(arguments):
            return _run(arguments)

    return guarded(run, "deepvis")


def _run(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    if taken := rebind(settings.key_bindings or {}):
        warn([f"key_bindings: {'; '.join(taken)}"], "deepvis")
    options = run_options(arguments)
    if options.replay is not None and settings.window_size is None:
        settings = replace(settings, window_size=options.replay.start.size, scale=1.0)
    if arguments.session is not None:
        session = read_session(arguments.session)
        settings = settings_with(settings, session, vars(arguments))
        options = replace(options, session=session)
    if arguments.list_models:
        return find("models").run(arguments)
    from deepvis.cli.listings import print_layers, print_self_test
    from deepvis.window.app import opened, run
    from deepvis.window.two_networks import run_two

    if arguments.list_layers:
        return print_layers(opened(settings), settings.backend, settings.device)
    if arguments.self_test:
        return print_self_test(opened(settings))
    share_one_heap()  # before the workers' threads begin
    begin = run if settings.compare is None else run_two
    place = window_place(arguments)
    try:
        moving = bool(arguments.camera is not None or arguments.video)
        code = begin(settings, options, starts_moving=moving, place=place)
    finally:
        if place is not None:
            place.close()
    if options == RunOptions(headless=True):
        warn(["--headless alone opens the network and shows nothing; give --keys, --screenshot or --record"], "deepvis")
    return code

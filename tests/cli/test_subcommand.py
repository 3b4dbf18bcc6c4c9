"""The table of subcommands: each has a help with examples that parse, without torch; a new one is one file."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepvis.cli import subcommand, subcommands, window
from deepvis.cli.main import main
from deepvis.cli.shared_options import PROCESSES, THREADS, add_model
from deepvis.core.program import program

NAMES = subcommand.names()

NEW = '''
"""``deepvis shout``: a subcommand that a test adds."""

from deepvis.cli.subcommand import subcommand


@subcommand("shout", "say a word aloud", "cat", arguments=lambda parser: parser.add_argument("word", help="which"))
def shout(arguments):
    import sys

    sys.stdout.write(arguments.word.upper())
    return 0
'''


def test_none_has_gone() -> None:
    assert {"optimize", "optimize-layer", "search", "figures", "scan", "crops", "report", "fetch"} <= set(NAMES)
    assert {"models", "layers", "accuracy", "check"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_help_has_examples_that_parse(name: str) -> None:
    found = subcommand.find(name)
    helped = found.parser().format_help()
    assert found.examples and "examples:\n" in helped
    for words in found.examples:
        assert f"  {program()} {name} {words}".rstrip() in helped
        found.parser().parse_args(shlex.split(words))


def test_the_windows_help_lists_all_and_its_examples_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    helped = capsys.readouterr().out
    for name in NAMES:
        assert f"  {name:16} {subcommand.find(name).help}\n" in helped
    for words in window.EXAMPLES:
        assert f"  {program()} {words}\n" in helped
        window.run_options(window.parser().parse_args(shlex.split(words)))


@pytest.mark.parametrize("name", NAMES)
def test_examples_hold_where_there_is_no_checkout(name: str, root: Path) -> None:
    """An installed model's files are in the user's folder: an example names what its user has made."""
    words = [word for example in subcommand.find(name).examples for word in shlex.split(example)]
    assert [word for word in words if "/" in word and (root / word).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_has_a_help_and_old_names_are_hidden(name: str) -> None:
    parser = subcommand.find(name).parser()
    helped = parser.format_help()
    hidden = {"--channel-swap-to-rgb", "--caffe-root"}
    for action in parser._actions:
        assert action.help or name == "models"
        long = [option for option in action.option_strings if option.startswith("--")]
        for old in {*long[1:], *(hidden & set(long))}:
            assert f"{old} " not in helped and f"{old}," not in helped and f"{old}]" not in helped


def test_the_network_is_named_alike_in_all() -> None:
    """Which network, and on which device, by the same names everywhere; where to and how many workers too."""
    named = {name: set(subcommand.find(name).parser()._option_string_actions) for name in NAMES}
    plain = subcommand.Parser([])
    add_model(plain)
    network = set(plain._option_string_actions)
    work = {"optimize", "optimize-layer", "search", "figures", "scan", "crops"}
    of_a_network = work - {"crops"} | {"layers", "accuracy", "check"}
    for option in ("--network", "--weights", "--prototxt", "--model", "--mean", "--labels"):
        assert all(network <= options for options in named.values() if option in options)
    assert all(network <= named[name] for name in of_a_network)
    assert all("--device" in named[name] for name in of_a_network - {"check"} | {"crops"})
    assert all({"--workers", "--scheduler", "--output"} <= named[name] for name in work)


def test_workers_are_said_in_the_same_words_everywhere(root: Path) -> None:
    """In each help, and in the documents."""
    found = {}
    for name in NAMES:
        action = subcommand.find(name).parser()._option_string_actions.get("--workers")
        if action is not None:
            found[name] = str(action.help)
            assert found[name].removeprefix("how many work at a time: ").startswith((THREADS, PROCESSES))
    assert [name for name, words in found.items() if "processes" in words] == ["crops", "scan"]
    text = (root / "docs" / "running.md").read_text(encoding="utf-8").replace("\n", " ")
    assert all(f"{words};" in text or f"{words})" in text for words in (PROCESSES, THREADS))


def test_old_names_of_options_still_work() -> None:
    def parsed(name: str, *words: str) -> dict:
        return vars(subcommand.find(name).parser().parse_args(words))

    assert parsed("optimize", "--brave")["overwrite"] and parsed("optimize-layer", "--brave")["overwrite"]
    assert parsed("optimize-layer", "--unit-jpg-dir", "here")["output"] == Path("here")
    assert parsed("search", "--out", "here")["output"] == parsed("figures", "--out", "here")["output"] == Path("here")
    assert parsed("scan", "--images", "here", "--fresh")["overwrite"]
    assert parsed("scan", "--images", "here", "--batch", "64")["ahead"] == 64
    assert parsed("figures", "--output", "here", "--channel-swap-to-rgb", "(0,1,2)")["channel_order"] == "RGB"


def test_what_needs_no_torch_does_not_load_it() -> None:
    quick = [["--help"], ["models"], ["fetch", "--list"], ["optimise"]]
    assert "torch" not in loaded_by(*quick, *([name, "--help"] for name in NAMES), *([name, "--x"] for name in NAMES))


def test_every_setting_of_a_regularizer_is_an_option_whatever_is_imported() -> None:
    code = (
        "from deepvis.cli.subcommand import find\nhelped = find('optimize').parser().format_help()\n"
        "from deepvis.optimize.recipe import Recipe\n"
        "assert all(f'--{name.replace(chr(95), chr(45))} ' in helped for name in Recipe().strengths)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def loaded_by(*commands: list[str]) -> set[str]:
    """The top-level modules that a Python has loaded after these command lines."""
    code = (
        "import json, sys\nfrom deepvis.cli.main import main\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    try: main(words)\n    except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    run = [sys.executable, "-c", code, json.dumps(commands)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_a_wrong_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["optimise"]) == 2
    assert capsys.readouterr().err == "deepvis: no subcommand is named 'optimise'; did you mean 'optimize'?\n"
    assert main(["cat.jpg"]) == 2
    assert f"no subcommand is named 'cat.jpg'; there are: {', '.join(NAMES)}" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_argument_is_one_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--nonsense"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"deepvis {name}: ") and said.err.count("\n") == 1
    assert "--help lists all arguments" in said.err


def test_an_error_names_an_option_by_its_shown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--recipes", "1"]) == 2
    assert "the following arguments are required: --output (" in capsys.readouterr().err
    assert main(["search", "--out"]) == 2
    assert "argument --output: expected one argument" in capsys.readouterr().err


def test_a_new_one_is_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shout.py").write_text(NEW)
    monkeypatch.setattr(subcommands, "__path__", [*subcommands.__path__, str(tmp_path)])
    assert main(["shout", "cat"]) == 0 and capsys.readouterr().out == "CAT"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "  shout            say a word aloud\n" in capsys.readouterr().out
    with pytest.raises(ValueError, match="registered twice"):
        subcommand.subcommand("shout", "again", arguments=lambda parser: None)(lambda arguments: 0)
    subcommand._SUBCOMMANDS._things.pop("shout")
    sys.modules.pop("deepvis.cli.subcommands.shout")


@pytest.mark.parametrize(
    ("script", "name"),
    {
        "optimize_image": "optimize",
        "optimize_layer": "optimize-layer",
        "search_hyperparameters": "search",
        "make_figures": "figures",
        "find_max_acts": "scan",
        "crop_max_patches": "crops",
        "report_max_acts": "report",
        "fetch_model": "fetch",
        "measure_accuracy": "accuracy",
        "check": "check",
    }.items(),
)
def test_every_script_is_a_subcommand_by_another_name(script: str, name: str, root: Path) -> None:
    text = (root / "scripts" / f"{script}.py").read_text()
    assert f'run_script("{name}")' in text and len(text.splitlines()) < 16
    assert subcommand.find(name).name == name


def test_scripts_and_the_window_s_entry(root: Path, tmp_path: Path) -> None:
    """Started from elsewhere, one of each kind."""
    for words in (
        ["scripts/report_max_acts.py"],
        ["run_toolbox.py", "report"],
        ["-m", "deepvis", "report"],
    ):
        path = [] if words[0] == "-m" else [str(root / words[0])]
        run = [sys.executable, *(path or words[:2]), *(words[1:] if path else words[2:]), "--scan", "nowhere"]
        environment = {"PYTHONPATH": str(root)} if not path else {}
        done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.startswith("deepvis report: there is no scan in"), done.stderr
        assert f"make one with {root}/scripts/run.sh scan --model" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_a_sentence(number: int, tmp_path: Path, root: Path) -> None:
    job = ["optimize", "--push-layer", "conv1", "--max-iter", "1000000", "--device", "cpu", "--output", str(tmp_path)]
    run = [sys.executable, "-m", "deepvis", *job]
    with subprocess.Popen(run, cwd=root, stderr=subprocess.PIPE, text=True) as started:
        said = ""
        while "0/1000000" not in said:  # the bar: it has begun
            said += started.stderr.read(1)
        started.send_signal(number)
        said = started.stderr.read()
    code, word = (130, "interrupted") if number == signal.SIGINT else (143, "terminated")
    assert started.returncode == code, said
    assert re.search(
        rf"deepvis optimize: {word}; 0 of \d+ images are done, run the same command again to go on.*\n$", said
    )
    assert "Traceback" not in said

"""scripts/_setup.sh: which build of PyTorch is installed, with a stand-in for pip; nothing is downloaded.

The Python of the made-up .venv writes down what pip is asked for; all else it hands to the real one.
"""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

UNREACHABLE = "http://127.0.0.1:9/whl/cpu"  # nobody listens on the port "discard"
PIN = "torch==2.13.0"
PYTHON = f"""#!/bin/bash
folder=$(dirname "$0")
words="$*"
case "$words" in
"-m pip "*)
    echo "${{words#-m pip }}" >>"$folder/asked"
    case "$*" in
    *--index-url*) [ -z "$REFUSED" ] && echo 2.13.0+cpu >"$folder/torch" ;;
    *uninstall*) rm "$folder/torch" ;;
    *) [ -e "$folder/torch" ] || echo 2.13.0 >"$folder/torch" ;;
    esac ;;
*'version("torch")'*) cat "$folder/torch" ;;
*) exec {sys.executable} "$@" ;;
esac
"""

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="the set-up is a script of bash"
)


class Checkout:
    """A repository with the set-up's files and a stand-in environment."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.bin = folder / ".venv" / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "python").write_text(PYTHON)
        (self.bin / "python").chmod(0o755)
        (folder / "scripts").mkdir()
        for name in ("_setup.sh", "run.sh"):
            shutil.copy(root / "scripts" / name, folder / "scripts" / name)
        (folder / "requirements.txt").write_text(f"# all of it\n{PIN}\nnumpy==2.4.6\n")
        (folder / "run_toolbox.py").write_text("import sys\nprint('started with', *sys.argv[1:])\n")
        # what a GPU would be known by; a real one is not seen in this folder
        self.tools = folder / "tools"
        self.tools.mkdir()
        for name in ("bash", "dirname", "cksum", "tr", "sed", "rm", "cat", "uname"):
            (self.tools / name).symlink_to(str(shutil.which(name)))

    def start(
        self, *words: str, index: str = UNREACHABLE, stderr: int = subprocess.PIPE, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        given = {"PATH": str(self.tools), "DEEPVIS_TORCH_INDEX": index, **environment}
        command = [str(self.tools / "bash"), str(self.folder / "scripts" / "run.sh"), *words]
        return subprocess.run(command, env=given, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=60)

    def asked(self) -> list[str]:
        """What pip was asked for since the last question."""
        file = self.bin / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [
            line.replace(str(self.folder), "ROOT").replace("--quiet --disable-pip-version-check ", "") for line in lines
        ]

    @property
    def torch(self) -> str:
        return (self.bin / "torch").read_text().strip()


@pytest.fixture
def checkout(tmp_path: Path, root: Path) -> Checkout:
    return Checkout(tmp_path, root)


@pytest.fixture
def index() -> Iterator[str]:
    """The address of a server that answers every question with an empty page."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/whl/cpu"
        server.shutdown()


without_gpu = pytest.mark.skipif(
    sys.platform == "darwin" or os.path.exists("/proc/driver/nvidia"), reason="of a machine without an NVIDIA GPU"
)
ALL = "install -r ROOT/requirements.txt"


@without_gpu
def test_without_a_gpu_the_small_build_is_taken_and_the_second_start_installs_nothing(
    checkout: Checkout, index: str
) -> None:
    done = checkout.start("optimize", "--push-layer", "fc8", index=index)
    assert (done.returncode, done.stdout) == (0, "started with optimize --push-layer fc8\n")
    assert (
        "no NVIDIA GPU is here (DEEPVIS_TORCH=cuda takes the build with CUDA): installing PyTorch's small"
        in done.stderr
    )
    assert checkout.asked() == [f"install --index-url {index} {PIN}", ALL]
    assert checkout.torch == "2.13.0+cpu"
    again = checkout.start(index=index)
    assert (again.returncode, again.stderr, checkout.asked()) == (0, "", [])


def test_pip_is_quiet_unless_somebody_watches(checkout: Checkout) -> None:
    assert checkout.start(DEEPVIS_TORCH="cuda").returncode == 0
    assert "--quiet" in (checkout.bin / "asked").read_text()
    for stamp in (checkout.folder / ".venv").glob(".deepvis-*"):
        stamp.unlink()
    (checkout.bin / "asked").unlink()
    master, slave = os.openpty()
    assert checkout.start(stderr=slave, DEEPVIS_TORCH="cuda").returncode == 0
    os.close(slave)
    os.close(master)
    assert "--quiet" not in (checkout.bin / "asked").read_text()


@without_gpu
def test_an_address_that_does_not_answer_costs_a_sentence(checkout: Checkout) -> None:
    done = checkout.start()
    assert done.returncode == 0
    assert f"but {UNREACHABLE}, which has PyTorch's small build, does not answer" in done.stderr
    assert checkout.asked() == [ALL] and checkout.torch == "2.13.0"
    assert checkout.start().stderr == "" and checkout.asked() == []


@without_gpu
def test_an_address_without_a_build_for_this_python(checkout: Checkout, index: str) -> None:
    (checkout.bin / "python").write_text(PYTHON.replace("*--index-url*)", "*--index-url*) exit 1 ;;\n    *--never*)"))
    done = checkout.start(index=index)
    assert done.returncode == 0 and f"{index} gave no {PIN} for this Python" in done.stderr
    assert checkout.asked() == [f"install --index-url {index} {PIN}", ALL] and checkout.torch == "2.13.0"


def test_with_a_gpu_the_requirements_bring_it(checkout: Checkout, index: str) -> None:
    (checkout.tools / "nvidia-smi").symlink_to(str(shutil.which("true")))
    done = checkout.start(index=index)
    assert done.returncode == 0 and "PyTorch" not in done.stderr
    assert checkout.asked() == [ALL] and checkout.torch == "2.13.0"


def test_the_user_may_say_which(checkout: Checkout, index: str) -> None:
    done = checkout.start(index=index, DEEPVIS_TORCH="cuda")
    assert "DEEPVIS_TORCH=cuda: installing the PyTorch of pip's own index, gigabytes with CUDA\n" in done.stderr
    assert done.returncode == 0 and checkout.asked() == [ALL] and checkout.torch == "2.13.0"
    assert checkout.start(index=index, DEEPVIS_TORCH="cuda").stderr == ""
    done = checkout.start(index=index, DEEPVIS_TORCH="cpu")
    assert "another build of PyTorch takes the place of 2.13.0" in done.stderr
    assert "DEEPVIS_TORCH=cpu: installing PyTorch's small build, 200 MB" in done.stderr
    assert checkout.asked()[1:] == [f"install --index-url {index} {PIN}", ALL] and checkout.torch == "2.13.0+cpu"
    for choice in ({"DEEPVIS_TORCH": "cpu"}, {}):
        assert checkout.start(index=index, **choice).stderr == "" and checkout.asked() == []
    assert checkout.start(index=index, DEEPVIS_TORCH="cuda").returncode == 0
    assert checkout.asked()[1:] == [ALL] and checkout.torch == "2.13.0"


def test_what_is_there_stays_where_the_other_cannot_be_had(checkout: Checkout) -> None:
    assert checkout.start(DEEPVIS_TORCH="cuda").returncode == 0
    checkout.asked()
    done = checkout.start(DEEPVIS_TORCH="cpu")
    assert done.returncode == 0 and "does not answer, PyTorch 2.13.0 stays" in done.stderr
    assert checkout.asked() == [] and checkout.torch == "2.13.0"


def test_any_other_word_is_refused(checkout: Checkout) -> None:
    done = checkout.start(DEEPVIS_TORCH="rocm")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "DEEPVIS_TORCH is 'rocm'; expected cpu or cuda" in done.stderr and checkout.asked() == []


def test_a_torch_that_is_there_already_is_kept(checkout: Checkout, index: str) -> None:
    """As in an environment that an earlier version of the requirements made."""
    (checkout.bin / "torch").write_text("2.13.0\n")
    assert checkout.start(index=index).returncode == 0
    assert checkout.asked() == [ALL] and checkout.torch == "2.13.0"

# Sourced by run.sh and test.sh, not run by itself: makes .venv in the repository and installs what is pinned.
# A stamp in .venv holds the checksum of the requirement files, so that the next start installs nothing.

# PyTorch's build without CUDA: 200 MB instead of gigabytes. Another address of it: DEEPVIS_TORCH_INDEX.
cpu_index=${DEEPVIS_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}

fail() {
    echo "deepvis: $*" >&2
    exit 2
}

say() {
    echo "deepvis: $*" >&2
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python}; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

# pip_install ARGUMENTS...: quiet unless somebody watches
pip_install() {
    local quiet=(--quiet)
    if [ -t 2 ]; then quiet=(); fi
    "$python" -m pip install ${quiet[@]+"${quiet[@]}"} --disable-pip-version-check "$@" >&2
}

# wants_cpu_build: is PyTorch's small build enough? Where there is no NVIDIA GPU; macOS has a build of its own.
wants_cpu_build() {
    case "${DEEPVIS_TORCH:-}" in
    cpu) return 0 ;;
    cuda) return 1 ;;
    esac
    [ "$(uname -s)" != Darwin ] && [ ! -e /proc/driver/nvidia ] && ! command -v nvidia-smi >/dev/null 2>&1
}

# answers URL: does it within five seconds, the look-up of its name included?
answers() {
    "$python" -c '
import os, ssl, sys, threading, urllib.request
def ask():
    try:  # pip checks the certificate; here a proxy of its own may answer
        urllib.request.urlopen(sys.argv[1], timeout=5, context=ssl._create_unverified_context()).close()
    except Exception:
        os._exit(1)
    os._exit(0)
threading.Thread(target=ask, daemon=True).start()
threading.Event().wait(5)
os._exit(1)' "$1" 2>/dev/null
}

# installed_torch: its version, such as 2.13.0+cpu; nothing where there is none
installed_torch() {
    "$python" -c 'from importlib.metadata import version; print(version("torch"))' 2>/dev/null || true
}

# install_torch PIN: PyTorch's small build where it is enough and can be had; else nothing, the requirements bring one
install_torch() {
    local installed
    installed=$(installed_torch)
    if [ "torch==${installed%%+*}" = "$1" ]; then return; fi
    if [ "${DEEPVIS_TORCH:-}" = cuda ]; then say "DEEPVIS_TORCH=cuda: installing the PyTorch of pip's own index, gigabytes with CUDA"; fi
    if ! wants_cpu_build; then return; fi
    local why="no NVIDIA GPU is here (DEEPVIS_TORCH=cuda takes the build with CUDA)"
    if [ -n "${DEEPVIS_TORCH:-}" ]; then why="DEEPVIS_TORCH=cpu"; fi
    if ! answers "$cpu_index/torch/"; then
        say "$why, but $cpu_index, which has PyTorch's small build, does not answer; pip's own index has a larger one"
    else
        say "$why: installing PyTorch's small build, 200 MB, from $cpu_index"
        pip_install --index-url "$cpu_index" "$1" ||
            say "$cpu_index gave no $1 for this Python; pip's own index has a larger build"
    fi
}

# switch_torch: where DEEPVIS_TORCH asks for another build than the installed one, makes room for it; once a choice
switch_torch() {
    local stamp="$root/.venv/.deepvis-torch-${DEEPVIS_TORCH:-}" installed
    if [ -z "${DEEPVIS_TORCH:-}" ] || [ -e "$stamp" ]; then return; fi
    rm -f "$root"/.venv/.deepvis-torch-*
    installed=$(installed_torch)
    case "$DEEPVIS_TORCH$installed" in
    cpu | cuda | cpu*+cpu) ;;
    cuda*+cpu | cpu*)
        if [ "$DEEPVIS_TORCH" = cpu ] && ! answers "$cpu_index/torch/"; then
            say "DEEPVIS_TORCH=cpu: $cpu_index does not answer, PyTorch $installed stays"
            return
        fi
        say "DEEPVIS_TORCH=$DEEPVIS_TORCH: another build of PyTorch takes the place of $installed"
        rm -f "$root"/.venv/.deepvis-*-requirements.txt
        "$python" -m pip uninstall --quiet --yes torch >&2 || fail "torch $installed cannot be removed from .venv"
        ;;
    esac
    : >"$stamp"
}

# prepare REQUIREMENTS...: sets $python to the interpreter of .venv, with those files installed
prepare() {
    case "${DEEPVIS_TORCH:-}" in
    "" | cpu | cuda) ;;
    *) fail "DEEPVIS_TORCH is '$DEEPVIS_TORCH'; expected cpu or cuda, or nothing: what suits this machine" ;;
    esac
    local stamp requirement pin
    python="$root/.venv/bin/python"
    if [ ! -x "$python" ] || ! "$python" -c '' 2>/dev/null; then
        local base
        base=$(find_python) || fail "no Python 3.10 to 3.13 was found; install one, or name it: PYTHON=/path/to/python3.12 $0"
        say "making .venv with $("$base" --version)"
        "$base" -m venv --clear "$root/.venv" >&2 ||
            fail "'$base -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv"
    fi
    switch_torch
    for requirement in "$@"; do
        stamp="$root/.venv/.deepvis-$(cksum <"$root/$requirement" | tr ' ' '-')-$requirement"
        if [ ! -e "$stamp" ]; then
            say "installing $requirement into .venv; the first time takes some minutes"
            pin=$(sed -n 's/^\(torch==[^ ;]*\).*/\1/p' "$root/$requirement")
            if [ -n "$pin" ]; then install_torch "$pin"; fi
            pip_install -r "$root/$requirement" || fail "installing $requirement failed; pip's own words stand above"
            rm -f "$root"/.venv/.deepvis-*-"$requirement"
            : >"$stamp"
        fi
    done
}

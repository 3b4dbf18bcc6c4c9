# Sourced by run.sh and test.sh, not run by itself: makes .venv in the repository and installs what is pinned.
# A stamp in .venv holds the checksum of the requirement files, so that the next start installs nothing.

fail() {
    echo "deepvis: $*" >&2
    exit 2
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

# prepare REQUIREMENTS...: sets $python to the interpreter of .venv, with those files installed
prepare() {
    local stamp
    python="$root/.venv/bin/python"
    if [ ! -x "$python" ] || ! "$python" -c '' 2>/dev/null; then
        local base
        base=$(find_python) || fail "no Python 3.10 to 3.13 was found; install one, or name it: PYTHON=/path/to/python3.12 $0"
        echo "deepvis: making .venv with $("$base" --version)" >&2
        "$base" -m venv --clear "$root/.venv" >&2 ||
            fail "'$base -m venv' failed; on Debian and Ubuntu: apt-get install python3-venv"
    fi
    local requirement
    for requirement in "$@"; do
        stamp="$root/.venv/.deepvis-$(cksum <"$root/$requirement" | tr ' ' '-')-$requirement"
        if [ ! -e "$stamp" ]; then
            echo "deepvis: installing $requirement into .venv; the first time takes some minutes" >&2
            "$python" -m pip install --quiet --disable-pip-version-check -r "$root/$requirement" >&2 ||
                fail "installing $requirement failed; pip's own words stand above"
            rm -f "$root"/.venv/.deepvis-*-"$requirement"
            : >"$stamp"
        fi
    done
}

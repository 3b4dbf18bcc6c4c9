#!/usr/bin/env bash
# Runs all tests: scripts/test.sh [arguments of pytest]. Makes .venv and brings the virtual X server on the first run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/_setup.sh"

# The window tests start an X server of their own each (tests/conftest.py); here it only has to be there.
# The gallery's tests open its pages in Chromium, which is installed by itself: where that fails the others are there.
bring() { # what the tests skip without the packages, then the packages
    local skipped=$1 sudo="" log=/tmp/deepvis-apt.$$.$2
    shift
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    echo "deepvis: installing $* with apt-get" >&2
    if { command -v apt-get && $sudo apt-get update -qq && $sudo apt-get install -y -qq "$@"; } >"$log" 2>&1; then
        rm -f "$log"
    else
        echo "deepvis: could not install $* (see $log); install these packages yourself: without them $skipped" >&2
    fi
}
packages=()
command -v Xvfb >/dev/null 2>&1 || packages+=(xvfb)
command -v xdotool >/dev/null 2>&1 || packages+=(xdotool libxtst6)
[ ${#packages[@]} = 0 ] || bring "the tests of the real window are skipped" "${packages[@]}"
command -v chromium chromium-browser google-chrome >/dev/null 2>&1 ||
    bring "the tests of the gallery in a browser are skipped" chromium

prepare requirements.txt requirements-test.txt
cd "$root"
case "$*" in # all tests: a process a core, each file in one
"" | --slow) set -- "$@" -n logical --maxprocesses 4 --dist loadfile ;;
esac
exec "$python" -m pytest "$@"

#!/usr/bin/env bash
# Runs all tests: scripts/test.sh [arguments of pytest]. Makes .venv and brings the virtual X server on the first run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/_setup.sh"

# The window tests start an X server of their own each (tests/conftest.py); here it only has to be there.
packages=()
command -v Xvfb >/dev/null 2>&1 || packages+=(xvfb)
command -v xdotool >/dev/null 2>&1 || packages+=(xdotool libxtst6)
if [ ${#packages[@]} -gt 0 ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo -n"
    echo "deepvis: installing ${packages[*]} with apt-get" >&2
    if ! { command -v apt-get && $sudo apt-get update -qq && $sudo apt-get install -y -qq "${packages[@]}"; } \
        >/tmp/deepvis-apt.$$ 2>&1; then
        echo "deepvis: could not install ${packages[*]} (see /tmp/deepvis-apt.$$); install these packages yourself:" \
            "without them the tests of the real window are skipped" >&2
    else
        rm -f /tmp/deepvis-apt.$$
    fi
fi

prepare requirements.txt requirements-test.txt
cd "$root"
exec "$python" -m pytest "$@"

#!/usr/bin/env bash
# Opens the toolbox, or runs a subcommand: scripts/run.sh [SUBCOMMAND] [arguments]. Makes .venv on the first start.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/_setup.sh"
prepare requirements.txt
exec "$python" "$root/run_toolbox.py" "$@"

#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lint, types, floors, tests.
# Arguments go to pytest: ./test.sh tests/core -k picture
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=tools/environment.sh
source tools/environment.sh
environment requirements.txt tests/requirements.txt

# The browser tests need Chromium; without it they skip and say so.
if ! command -v chromium >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo -n)
  { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 ||
    echo "Chromium could not be installed: the browser tests will skip."
fi

.venv/bin/ruff format --check .
.venv/bin/ruff check .
.venv/bin/mypy
.venv/bin/lint-imports
if [ $# -gt 0 ]; then
  exec .venv/bin/python -m pytest "$@"
fi
# The crowd and the browser tests need the machine for themselves; all others share its cores.
# The crowd goes first: playwright leaves an event loop running in the process.
.venv/bin/python -m pytest tests/bench tests/browser
exec env OMP_NUM_THREADS=1 .venv/bin/python -m pytest \
  -n auto --dist loadfile --ignore=tests/browser --ignore=tests/bench

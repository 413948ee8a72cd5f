#!/usr/bin/env bash
# Start the dashboard with the newest Python that is here; run.py says what it does:
#   ./run.sh --share              opens it to the network, without a login
#   ./run.sh --server.port 8600   other arguments go to streamlit
set -euo pipefail
cd "$(dirname "$0")"
for python in .venv/bin/python python3.14 python3.13 python3.12 python3.11 python3 python; do
  if "$python" -c 'import sys; raise SystemExit(sys.version_info < (3, 10))' 2>/dev/null; then
    exec "$python" run.py "$@"
  fi
done
echo "SeeWhy needs Python 3.11 or newer with the venv module: install python3 and python3-venv, then start again." >&2
exit 1

#!/usr/bin/env bash
# Start the dashboard on http://localhost:8501, for this computer only:
#   ./run.sh --share              opens it to the network, without a login
#   ./run.sh --server.port 8600   other arguments go to streamlit
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=tools/environment.sh
source tools/environment.sh
environment requirements.txt
exec .venv/bin/python -m tools.serve "$@"

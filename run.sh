#!/usr/bin/env bash
# Start the dashboard on http://localhost:8501. Arguments go to streamlit:
#   ./run.sh --server.port 8600
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=tools/environment.sh
source tools/environment.sh
environment requirements.txt
exec .venv/bin/python -m tools.serve "$@"

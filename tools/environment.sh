# Sourced by run.sh and test.sh: a virtual environment in .venv that holds the named requirements.

# environment FILE...: install when the files changed since the last time, else do nothing,
# so that a second start takes no network and no time.
environment() {
  local python wanted stamp=".venv/installed-$(basename "$1" .txt)-$#"
  if [ ! -x .venv/bin/python ]; then
    python=$(newest_python) || {
      echo "SeeWhy needs Python 3.11 or newer with the venv module: install python3 and python3-venv, then start again." >&2
      return 1
    }
    "$python" -m venv .venv || {
      echo "Python's venv module does not work: install python3-venv, remove the folder .venv, then start again." >&2
      return 1
    }
  fi
  wanted=$(cat "$@" | cksum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
  echo "Installing what SeeWhy needs into .venv (once; about 7 GB with CUDA libraries, 2 GB without) ..."
  # shellcheck disable=SC2046
  .venv/bin/python -m pip install --quiet --disable-pip-version-check $(printf -- '-r %s ' "$@")
  echo "$wanted" >"$stamp"
}

newest_python() {
  local name
  for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    if command -v "$name" >/dev/null 2>&1 &&
      "$name" -c 'import sys, venv; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

#!/usr/bin/env bash
# Write requirements.lock, the exact versions in .venv: run it where ./test.sh has just passed.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  echo "# The versions that the tests passed with, for pip's --constraint; README.md says how to use it."
  echo "# Written by tools/make_lock.sh with $(.venv/bin/python -V) on $(uname -s), $(uname -m)."
  echo "# CUDA's own packages are left out: the build of torch names the versions that it needs."
  .venv/bin/python -m pip freeze --exclude-editable | grep -vE '^(nvidia|cuda|triton)\b' | sed 's/+.*//'
} >requirements.lock.new
mv requirements.lock.new requirements.lock

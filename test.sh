#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lint, types, floors, tests.
# Arguments go to pytest: ./test.sh tests/core -k picture
exec "$(dirname "$0")/run.sh" test "$@"

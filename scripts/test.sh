#!/bin/sh
# Run all tests, or with arguments only those: scripts/test.sh tests/unit -k config
. "$(dirname "$0")/environment.sh"
need_dev
need_chromium
if [ $# -gt 0 ]; then
    exec $PYTHON -m pytest "$@"
fi
failed=
run() { $PYTHON -m pytest "$@" || failed=yes; }
run -n 2 --dist loadfile tests --ignore=tests/cost --ignore=tests/browser
# Tests that count calls and statements run alone: they look at the whole process.
run tests/cost
# Playwright keeps an event loop running in its process, which other tests must not share.
if [ -n "$CHROMIUM" ]; then
    run -n 2 --dist loadfile tests/browser
fi
[ -z "$failed" ]

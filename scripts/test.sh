#!/bin/sh
# Run all tests, or with arguments only those: scripts/test.sh tests/unit -k config
. "$(dirname "$0")/environment.sh"
need_dev
need_chromium
if [ $# -gt 0 ]; then
    exec $PYTHON -m pytest "$@"
fi
browser=tests/browser
[ -n "$CHROMIUM" ] || browser="--ignore=tests/browser"
# Tests that count calls and statements run alone: they look at the whole process.
$PYTHON -m pytest -n 2 --dist loadfile tests --ignore=tests/cost $browser
if [ -n "$(find tests/cost -name 'test_*.py' 2>/dev/null)" ]; then
    $PYTHON -m pytest tests/cost
fi

#!/bin/sh
# Run the long tests that kill processes, take files away and make up requests; their results go to docs/reliability.md.
. "$(dirname "$0")/environment.sh"
need_dev
exec nice $PYTHON scripts/reliability.py

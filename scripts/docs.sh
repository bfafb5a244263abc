#!/bin/sh
# Write the reference pages of docs/ from the code.
. "$(dirname "$0")/environment.sh"
need_core
exec $PYTHON scripts/build_docs.py "$@"

#!/bin/sh
# Everything that needs no running: lint, format, types, directions of imports, sizes, generated documents.
. "$(dirname "$0")/environment.sh"
need_dev
bin=.venv/bin
failed=
step() {
    name=$1
    shift
    if "$@"; then echo "ok: $name"; else failed="$failed $name"; fi
}
step lint $bin/ruff check .
step format $bin/ruff format --check .
step types $bin/mypy
step imports $bin/lint-imports --no-cache
step sizes $PYTHON scripts/sizes.py
step docs $PYTHON scripts/build_docs.py --check
[ -z "$failed" ] || { echo "FAILED:$failed" >&2; exit 1; }

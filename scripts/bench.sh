#!/bin/sh
# Measure Vitrina beside Datasette 1.0a41 and print ratios. "--write docs/benchmarks.md" keeps the report.
. "$(dirname "$0")/environment.sh"
need_core
need_flights
need_wrk
$PYTHON scripts/build_demo.py var/flights.db
if [ ! -x var/reference/bin/datasette ]; then
    "$(_system_python)" -m venv var/reference
    var/reference/bin/python -m pip install --quiet --disable-pip-version-check "datasette==1.0a41"
fi
if [ ! -x var/reference-files/bin/datasette ]; then
    "$(_system_python)" -m venv var/reference-files
    var/reference-files/bin/python -m pip install --quiet --disable-pip-version-check \
        "datasette==1.0a41" "datasette-files==0.1a3" "datasette-files-s3==0.1a2"
fi
# As an installed package is; an editable one may not have been.
$PYTHON -m compileall -q src/vitrina
exec $PYTHON -m bench.run --reference var/reference/bin/datasette \
    --reference-files var/reference-files/bin/datasette --vitrina .venv/bin/vitrina \
    --flights var/flights.db "$@"

#!/bin/sh
# Build the demonstration database, if it is not there yet, and serve it. Arguments go to "vitrina serve".
. "$(dirname "$0")/environment.sh"
need_core
need_flights
$PYTHON scripts/build_demo.py var/flights.db
case " $* " in *" --build-only "*) exit 0 ;; esac
exec .venv/bin/vitrina serve var/flights.db --config demo/config.yaml --metadata demo/metadata.yaml \
    --port "${PORT:-8001}" "$@"

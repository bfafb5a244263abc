#!/bin/sh
# Take pictures of the demonstration's pages, wide and narrow, light and dark, into docs/screens.
. "$(dirname "$0")/environment.sh"
need_dev
need_flights
need_chromium
[ -n "$CHROMIUM" ] || exit 1
$PYTHON scripts/build_demo.py var/flights.db
exec $PYTHON scripts/screens.py var/flights.db docs/screens

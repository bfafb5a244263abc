#!/bin/sh
# Run existing plugins, each in an environment of its own; arguments are names of recipes.
. "$(dirname "$0")/environment.sh"
need_dev
exec $PYTHON downstream/run.py "$@"

#!/bin/sh
# Start an object store, a writer, two readers and nginx on this machine; ends with Ctrl-C. Arguments: --port, --seconds.
. "$(dirname "$0")/environment.sh"
need_dev
need_nginx
exec $PYTHON demo/cluster/run.py "$@"

"""Run inside a container: status 0 where the server on ``$PORT`` answers its health check.

``python -m vitrina.publish.healthcheck``
"""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_S = 3.0


def is_healthy(port: int) -> bool:
    """Whether ``/-/healthz`` on this machine answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/-/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("PORT", "8001"))) else 1)

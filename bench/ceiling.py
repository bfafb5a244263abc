"""The bare ceiling: an ASGI application that sends a fixed JSON body, under the same server."""

from __future__ import annotations

import sys
from typing import Any

BODY = b'{"ok": true, "rows": [' + b", ".join([b'{"carrier": "AA", "name": "American Airlines Inc."}'] * 16) + b"]}"


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, host=sys.argv[2], port=int(sys.argv[4]), log_level="error", lifespan="off")

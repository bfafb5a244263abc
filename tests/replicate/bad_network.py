"""A way to the object store that is slow, refuses or answers with errors."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class BadNetwork:
    """Passes connections on to ``port``.

    ``mode`` is "good", "slow" (answers come ``delay`` seconds late), "refusing" or "failing".
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self.mode = "good"
        self.delay = 0.5
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self.mode == "refusing":
                return
            if self.mode == "failing":
                client.recv(65536)
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self._target)) as store:
                self._open |= {client, store}
                back = threading.Thread(target=self._pump, args=(store, client, True), daemon=True)
                back.start()
                self._pump(client, store, False)
                back.join()
                self._open -= {client, store}

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == "slow" and answers:
                    time.sleep(self.delay)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def change(self, mode: str) -> None:
        """From now on ``mode``; connections that are open are cut."""
        self.mode = mode
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.change("refusing")

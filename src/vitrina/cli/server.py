"""Running the server: socket, event loop, start-up, login link, browser, exit status."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import stat
import sys
import webbrowser
from collections.abc import Callable
from typing import Any

import click
import uvicorn

from vitrina.cli.options import ServeOptions
from vitrina.cli.patience import PATIENCE_S, Patience, PatientProtocol
from vitrina.errors import StartupError
from vitrina.facade.replication import TAKE_OVER, start_replication
from vitrina.web.permission_pages.sign_in import ROOT_TOKEN_KEY

# The status by which a port that is in use is told from other failures.
_PORT_IN_USE = 3
_BACKLOG = 2048


class _Server(uvicorn.Server):
    """Announces the address of the socket it was given, and calls ``when_ready`` once it accepts requests."""

    def __init__(self, config: uvicorn.Config, address: str, patience_s: float, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._address = address
        self._patience = Patience(self.server_state.connections, patience_s)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            logging.getLogger("uvicorn.error").info("Uvicorn running on %s (Press CTRL+C to quit)", self._address)
            self._when_ready()

    async def main_loop(self) -> None:
        self._watching = asyncio.create_task(self._patience.watch())
        await super().main_loop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._patience.is_stopping = True
        await super().shutdown(sockets)


def run_server(instance: Any, options: ServeOptions) -> int:
    """Serve until a signal ends it; the exit status: 0, or 3 when the port is in use.

    Raises StartupError when start-up hooks refuse or the TLS files cannot be used.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            return runner.run(_serve(instance, options))
        except KeyboardInterrupt:
            return 1
        finally:
            instance.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(instance: Any, options: ServeOptions) -> int:
    await instance.invoke_startup()
    if options.take_over:
        instance.site.state[TAKE_OVER] = True
    try:
        await start_replication(instance.site)
    except StartupError:
        await instance.invoke_shutdown()
        raise
    try:
        listener = _listen(options)
    except OSError as error:
        where = options.uds or f"port {options.port} on {options.host}"
        reason = error.strerror or str(error)
        advice = "" if options.uds else "; choose another port with -p, or any free one with -p 0"
        click.echo(f"Error: {where} cannot be listened on: {reason}{advice}", err=True)
        await instance.invoke_shutdown()
        return _PORT_IN_USE
    with listener:
        address = _address(options, listener)
        page = await _first_page(instance, options, address)
        patience_s = instance.site.config.vitrina.get("client_patience_s") or PATIENCE_S
        config = _uvicorn_config(instance, options)
        server = _Server(config, address, patience_s, lambda: _open_browser(options, page))
        # uvicorn repeats the signal that ended it once it has shut down; that would turn a clean end into a failure.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        await server.serve(sockets=[listener])
    if options.uds and os.path.exists(options.uds):
        os.remove(options.uds)
    await instance.invoke_shutdown()
    return 0 if server.started else _PORT_IN_USE


def _listen(options: ServeOptions) -> socket.socket:
    """A bound socket. Raises OSError."""
    if options.uds:
        return _listen_unix(options.uds)
    family, kind, protocol, _, address = socket.getaddrinfo(
        options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _listen_unix(path: str) -> socket.socket:
    if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
        os.remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _address(options: ServeOptions, listener: socket.socket) -> str:
    if options.uds:
        return f"unix socket {options.uds}"
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{options.scheme}://{host}:{listener.getsockname()[1]}"


def _uvicorn_config(instance: Any, options: ServeOptions) -> uvicorn.Config:
    quiet = instance.site.config.vitrina.get("access_log") is False
    config = uvicorn.Config(
        instance.app(),
        host=options.host,
        port=options.port,
        uds=options.uds,
        log_level="info",
        access_log=not quiet,
        lifespan="on",
        ws="none",
        http=PatientProtocol,
        ssl_keyfile=options.ssl_keyfile,
        ssl_certfile=options.ssl_certfile,
    )
    try:
        config.load()
    except OSError as error:
        files = " and ".join(name for name in (options.ssl_keyfile, options.ssl_certfile) if name)
        raise StartupError(f"The TLS files {files} cannot be used: {error.strerror or error}") from error
    return config


async def _first_page(instance: Any, options: ServeOptions, address: str) -> str:
    """The address that a browser is to open; prints the login link where there is one."""
    base = address if not options.uds else f"{options.scheme}://localhost"
    if options.root:
        token = secrets.token_hex(32)
        instance.site.state[ROOT_TOKEN_KEY] = token
        link = str(base + instance.urls.path("/-/auth-token") + f"?token={token}")
        click.echo(link)
        return link
    if not options.open_browser:
        return base
    return base + await _most_interesting_path(instance)


async def _most_interesting_path(instance: Any) -> str:
    """The page of the only table, else of the only database, else the home page."""
    databases = list(instance.databases.values())
    if len(databases) != 1:
        return str(instance.urls.instance())
    names = await databases[0].table_names()
    hidden = set(await databases[0].hidden_table_names())
    shown = [name for name in names if name not in hidden]
    if len(shown) == 1:
        return str(instance.urls.table(databases[0].name, shown[0]))
    return str(instance.urls.database(databases[0].name))


def _open_browser(options: ServeOptions, page: str) -> None:
    if options.open_browser:
        webbrowser.open(page)

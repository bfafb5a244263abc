"""A server with the database of a recipe, on Vitrina or on Datasette."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from database import make_database

SECRET = "downstream-secret"
START_SECONDS = 60
STOP_SECONDS = 10
STAND_IN_LOG = "stand-in.log"


@contextlib.contextmanager
def server(
    python: Path, module: str, recipe: Mapping[str, Any], folder: Path, *, with_plugin: bool
) -> Iterator[dict[str, str]]:
    """A running server; gives the words that recipes may use, its address ``base`` among them.

    Raises RuntimeError when it does not come up.
    """
    with contextlib.ExitStack() as stack:
        words = {"folder": str(folder)}
        if "stand_in" in recipe:
            words["stand_in"] = stack.enter_context(_stand_in(recipe["stand_in"], folder))
            words["stand_in_port"] = words["stand_in"].rpartition(":")[2]
            words["stand_in_got"] = str(folder / STAND_IN_LOG)
        for name in ("port", "other_port"):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                words[name] = str(probe.getsockname()[1])
        words["log"] = str(folder / f"{module}-{with_plugin}.log")
        command = [str(python), "-m", module, *_arguments(recipe, folder, words)]
        environment = _environment(recipe, words, with_plugin=with_plugin)
        log = stack.enter_context(Path(words["log"]).open("wb"))
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        stack.callback(_stop, process)
        words["base"] = f"http://127.0.0.1:{words['port']}"
        _wait(words["base"], process)
        yield words


def command_output(
    python: Path, module: str, recipe: Mapping[str, Any], arguments: list[str], folder: Path, *, with_plugin: bool
) -> str:
    """What a command of the command line writes."""
    _write_files(recipe, folder, {"folder": str(folder)})
    done = subprocess.run(
        [str(python), "-m", module, *(word.replace("{folder}", str(folder)) for word in arguments)],
        env=_environment(recipe, {"folder": str(folder)}, with_plugin=with_plugin),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    return done.stdout + done.stderr


def _environment(recipe: Mapping[str, Any], words: Mapping[str, str], *, with_plugin: bool) -> dict[str, str]:
    own = {name: filled(value, words) for name, value in recipe.get("environment", {}).items()}
    return {**os.environ, **own, **({} if with_plugin else {"DATASETTE_LOAD_PLUGINS": ""})}


def _arguments(recipe: Mapping[str, Any], folder: Path, words: Mapping[str, str]) -> list[str]:
    database = _write_files(recipe, folder, words)
    given = ["-i", str(database)] if recipe.get("immutable") else [str(database)]
    for name in recipe.get("databases", []):
        more = folder / f"{name}.db"
        sqlite3.connect(more).execute("vacuum").close()
        given.append(str(more))
    arguments = ["serve", *given, "-p", words["port"], "--secret", SECRET, "--root"]
    if recipe.get("config"):
        config = folder / "datasette.json"
        config.write_text(filled(json.dumps(recipe["config"]), words))
        arguments += ["-c", str(config)]
    return arguments + [filled(word, words) for word in recipe.get("options", [])]


def _write_files(recipe: Mapping[str, Any], folder: Path, words: Mapping[str, str]) -> Path:
    """The database and the recipe's own files, as new; gives the database's path."""
    for old in folder.glob("*.db*"):
        old.unlink()
    database = folder / "shop.db"
    make_database(database, recipe.get("sql", ""))
    for name, text in recipe.get("files", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled(text, words))
    return database


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with ``{name}`` replaced by the word of that name."""
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _wait(base: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{base}/-/versions.json", timeout=5)
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not answer")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _stand_in(answers: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """A site that plugins ask in place of one on the internet: path → text, JSON, or ``{"file": NAME}``."""

    got = folder / STAND_IN_LOG
    got.write_text("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            with got.open("a") as log:
                log.write(f"{self.command} {self.path}\n")
            answer = answers.get(self.path.partition("?")[0])
            if isinstance(answer, dict) and set(answer) == {"file"}:
                body = (folder / answer["file"]).read_bytes()
            else:
                body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(404 if answer is None else 200)
            self.send_header("content-type", "text/html" if isinstance(answer, str) else "application/json")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}"
    finally:
        site.shutdown()
        site.server_close()

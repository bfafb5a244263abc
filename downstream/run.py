"""Runs existing plugins on Vitrina, each in an environment of its own, and on Datasette for comparison.

``python downstream/run.py [NAME ...]``: each recipe is served three times, with
its plugin, without it, and with it on Datasette. A plugin passes when its
checks hold with it and do not without it. Results go to ``results.json`` and
into the table of ``docs/plugins.md``.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from database import make_database
from itsdangerous import URLSafeSerializer
from table import write_table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = ROOT / "var" / "downstream"
REFERENCE = "datasette==1.0a41"
SECRET = "downstream-secret"
AT_ONCE = 2
START_SECONDS = 60


def prepare_base() -> Path:
    """The site-packages folder with Vitrina and Datasette that all environments share; made once."""
    folder = ENVIRONMENTS / "base"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=False, clear=True)
        _pip(python, "-e", str(ROOT), REFERENCE)
        (folder / "ready").touch()
    return _packages(folder)


def prepare(recipe: dict[str, Any], base: Path) -> Path:
    """The environment of a recipe: the shared one below, the plugin and what it needs above; made once."""
    folder = ENVIRONMENTS / recipe["plugin"]
    python = folder / "bin" / "python"
    wanted = [recipe.get("requirement", recipe["plugin"]), *recipe.get("extra", [])]
    stamp = folder / "wanted.json"
    if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
        venv.create(folder, with_pip=False, clear=True)
        (_packages(folder) / "base.pth").write_text(f"{base}\n{ROOT / 'src'}\n")
        _pip(python, REFERENCE, *wanted)
        stamp.write_text(json.dumps(wanted))
    return python


def _packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python*")) / "site-packages"


def _pip(python: Path, *wanted: str) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", *wanted]
    subprocess.run(command, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def server(python: Path, module: str, recipe: dict[str, Any], folder: Path, *, with_plugin: bool) -> Any:
    """A running server; gives its address."""
    database = folder / "shop.db"
    database.unlink(missing_ok=True)
    make_database(database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = ["-i", str(database)] if recipe.get("immutable") else [str(database)]
    for name, text in recipe.get("templates", {}).items():
        template = folder / "templates" / name
        template.parent.mkdir(parents=True, exist_ok=True)
        template.write_text(text)
    command = [str(python), "-m", module, "serve", *given, "-p", str(port), "--secret", SECRET, "--root"]
    if recipe.get("config"):
        config = folder / "datasette.json"
        config.write_text(json.dumps(recipe["config"]))
        command += ["-c", str(config)]
    command += [word.replace("{folder}", str(folder)) for word in recipe.get("options", [])]
    environment = {**os.environ, **recipe.get("environment", {})}
    if not with_plugin:
        environment["DATASETTE_LOAD_PLUGINS"] = ""
    with (folder / f"{module}-{with_plugin}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(base, process)
            yield base
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(base: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * 5):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"{base}/-/versions.json", timeout=5)
            return
        time.sleep(0.2)
    raise RuntimeError("the server did not answer")


def check(base: str, one: dict[str, Any]) -> str | None:
    """None when the check holds, else what is wrong."""
    cookies = {}
    if "actor" in one:
        cookies["ds_actor"] = URLSafeSerializer(SECRET, "actor").dumps({"a": one["actor"]})
    files = {name: (f"{name}.csv", text) for name, text in one.get("files", {}).items()} or None
    response = httpx.request(
        one.get("method", "GET"),
        base + one["path"],
        headers=one.get("headers"),
        cookies=cookies,
        json=one.get("json"),
        data=one.get("form"),
        files=files,
        timeout=60,
    )
    # The two servers write JSON with and without spaces.
    text = response.text + response.text.replace('": ', '":')
    if response.status_code != one.get("status", 200):
        return f"{one['path']}: status {response.status_code}"
    for wanted in one.get("contains", []):
        if wanted not in text:
            return f"{one['path']}: without {wanted!r}"
    for unwanted in one.get("absent", []):
        if unwanted in text:
            return f"{one['path']}: with {unwanted!r}"
    for name, value in one.get("response_headers", {}).items():
        if value not in response.headers.get(name, ""):
            return f"{one['path']}: header {name} is {response.headers.get(name)!r}"
    return None


def attempt(python: Path, module: str, recipe: dict[str, Any], folder: Path, *, with_plugin: bool = True) -> str | None:
    """None when every check holds, else the first failure."""
    try:
        with server(python, module, recipe, folder, with_plugin=with_plugin) as base:
            for one in recipe["check"]:
                # What a plugin does in the background gets a moment.
                problem = check(base, one)
                for _ in range(one.get("tries", 1) - 1):
                    if problem is None:
                        break
                    time.sleep(0.5)
                    problem = check(base, one)
                if problem is not None:
                    return problem
    except (RuntimeError, httpx.HTTPError) as error:
        return str(error)
    return None


def run(path: Path, base: Path) -> dict[str, Any]:
    """The result of one recipe."""
    recipe = tomllib.loads(path.read_text())
    result = {"plugin": recipe["plugin"], "kind": recipe["kind"], "effect": recipe["effect"]}
    folder = ENVIRONMENTS / f"{recipe['plugin']}-run"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        python = prepare(recipe, base)
    except subprocess.CalledProcessError as error:
        return {**result, "vitrina": f"not installed: {error.stderr.strip()[-200:]}", "passed": False}
    result["vitrina"] = attempt(python, "vitrina", recipe, folder)
    result["without"] = attempt(python, "vitrina", recipe, folder, with_plugin=False)
    result["datasette"] = attempt(python, "datasette", recipe, folder)
    result["passed"] = result["vitrina"] is None and result["without"] is not None
    return result


def main(names: list[str]) -> int:
    paths = [path for path in sorted((HERE / "recipes").glob("*.toml")) if not names or path.stem in names]
    known = {each["plugin"]: each for each in _previous()}
    base = prepare_base()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda path: run(path, base), paths):
            known[result["plugin"]] = result
            print("passed" if result["passed"] else "FAILED", result["plugin"], flush=True)
            for key in ("vitrina", "datasette"):
                if result.get(key):
                    print(f"    {key}: {result[key]}", flush=True)
            listed = sorted(known.values(), key=lambda each: each["plugin"])
            (HERE / "results.json").write_text(json.dumps(listed, indent=1) + "\n")
    write_table(known.values(), ROOT / "docs" / "plugins.md")
    worse = [each for each in known.values() if not each["passed"] and each.get("datasette", "") is None]
    return 1 if worse else 0


def _previous() -> list[dict[str, Any]]:
    path = HERE / "results.json"
    return json.loads(path.read_text()) if path.exists() else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a recipe looks for in the answers of a server, and in a real browser."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from itsdangerous import URLSafeSerializer
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Route, sync_playwright
from serving import SECRET, command_output, filled, server

CHROMIUM = shutil.which("chromium")
REQUEST_SECONDS = 60
BROWSER_MS = 8_000
AGAIN_SECONDS = 0.5


def attempt(
    python: Path, module: str, recipe: Mapping[str, Any], folder: Path, *, with_plugin: bool = True
) -> str | None:
    """None when every check of a recipe holds, else the first failure."""
    try:
        if all("command" in one for one in recipe["check"]):
            return _check_commands(python, module, recipe, folder, with_plugin=with_plugin)
        with (
            server(python, module, recipe, folder, with_plugin=with_plugin) as words,
            httpx.Client(base_url=words["base"], timeout=REQUEST_SECONDS) as client,
        ):
            return _check_all(client, words, recipe)
    except (RuntimeError, httpx.HTTPError, BrowserError) as error:
        return str(error).splitlines()[0]


def _check_commands(
    python: Path, module: str, recipe: Mapping[str, Any], folder: Path, *, with_plugin: bool
) -> str | None:
    for one in recipe["check"]:
        text = command_output(python, module, recipe, one["command"], folder, with_plugin=with_plugin)
        problem = _wrong_text(" ".join(one["command"]), one, text)
        if problem is not None:
            return problem
    return None


def _check_all(client: httpx.Client, words: dict[str, str], recipe: Mapping[str, Any]) -> str | None:
    for one in recipe["check"]:
        problem = _check(client, one, words)
        # What a plugin does in the background gets a moment.
        for _ in range(one.get("tries", 1) - 1):
            if problem is None:
                break
            time.sleep(AGAIN_SECONDS)
            problem = _check(client, one, words)
        if problem is not None:
            return problem
    return None


def _check(client: httpx.Client, given: Mapping[str, Any], words: dict[str, str]) -> str | None:
    """None when a check holds; what ``find`` matches becomes a word of later checks."""
    one = json.loads(filled(json.dumps(given), words))
    if "log" in one:
        return _wrong_text("the log", {"contains": one["log"]}, Path(words["log"]).read_text(errors="replace"))
    if "stand_in_got" in one:
        return _wrong_text("the other site", {"contains": one["stand_in_got"]}, Path(words["stand_in_got"]).read_text())
    path = one["path"]
    if one.get("gone"):
        return _still_there(client, path)
    cookie = URLSafeSerializer(SECRET, "actor").dumps({"a": one["actor"]}) if "actor" in one else None
    if "browser" in one:
        return _check_in_browser(words["base"], path, cookie, one)
    if not one.get("session"):
        client.cookies.clear()
    if cookie is not None:
        client.cookies.set("ds_actor", cookie)
    files = {name: (f"{name}.csv", text) for name, text in one.get("files", {}).items()} or None
    response = client.request(
        one.get("method", "GET"),
        path,
        headers=one.get("headers"),
        json=one.get("json"),
        data=one.get("form"),
        content=one.get("body"),
        files=files,
    )
    if response.status_code != one.get("status", 200):
        return f"{path}: status {response.status_code}"
    for name, value in one.get("response_headers", {}).items():
        if value not in response.headers.get(name, ""):
            return f"{path}: header {name} is {response.headers.get(name)!r}"
    for name, pattern in one.get("find", {}).items():
        match = re.search(pattern, response.text)
        if match is None:
            return f"{path}: nothing matches {pattern!r}"
        words[name] = match[1]
    # The two servers write JSON with and without spaces.
    return _wrong_text(path, one, response.text + response.text.replace('": ', '":'))


def _still_there(client: httpx.Client, path: str) -> str | None:
    """None when nobody answers any more; asking does not count as a visit."""
    with contextlib.suppress(httpx.TransportError):
        time.sleep(AGAIN_SECONDS * 8)
        return f"{path}: the server answered with {client.get(path).status_code}"
    return None


def _wrong_text(path: str, one: Mapping[str, Any], text: str) -> str | None:
    for wanted in one.get("contains", []):
        if wanted not in text:
            return f"{path}: without {wanted!r}"
    for unwanted in one.get("absent", []):
        if unwanted in text:
            return f"{path}: with {unwanted!r}"
    return None


def _check_in_browser(base: str, path: str, cookie: str | None, one: Mapping[str, Any]) -> str | None:
    """Open the page; what ``browser`` selects must appear, and the console stay without errors."""
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page()
            page.set_default_timeout(BROWSER_MS)
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.route(lambda url: not url.startswith(base), _answer_nothing)
            if cookie is not None:
                page.context.add_cookies([{"name": "ds_actor", "value": cookie, "url": base}])
            page.goto(base + path)
            for selector in one.get("hover", []):
                page.hover(selector)
            for selector in one.get("click", []):
                page.click(selector)
            page.wait_for_selector(one["browser"], state="attached")
        finally:
            browser.close()
    return f"{path}: console: {errors[0]}" if errors else None


def _answer_nothing(route: Route) -> None:
    """Other sites, as those with map tiles, answer without a network."""
    kind = "text/javascript" if urlsplit(route.request.url).path.endswith(".js") else "image/svg+xml"
    empty = "" if kind == "text/javascript" else "<svg xmlns='http://www.w3.org/2000/svg'/>"
    route.fulfill(status=200, content_type=kind, body=empty, headers={"access-control-allow-origin": "*"})

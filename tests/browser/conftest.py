"""A served database and a browser without a window."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from browser.flights import CONFIG, METADATA, build

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")

#: how long a test waits for something to appear
WAIT_MS = 30_000

expect.set_options(timeout=WAIT_MS)

#: width, height, colours
SCREENS = [(1280, 800, "light"), (1280, 800, "dark"), (360, 740, "light"), (360, 740, "dark")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True)
class Served:
    """A running server: its address, and the address that signs in as root once."""

    url: str
    login: str


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    build(folder / "flights.db")
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "metadata.yaml").write_text(METADATA)
    port = _free_port()
    command = [sys.executable, "-m", "vitrina", "serve", "flights.db", "--config", "config.yaml"]
    command += ["--metadata", "metadata.yaml", "--root", "--port", str(port)]
    log = folder / "log.txt"
    with log.open("w") as output, subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) as process:
        try:
            yield Served(f"http://127.0.0.1:{port}", _wait(f"http://127.0.0.1:{port}", process, log))
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(150):
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{url}/-/actor.json")
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        found = re.search(r"http\S+/-/auth-token\?token=\S+", log.read_text())
        return found.group() if found else ""
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[2]}")
def screen(request: pytest.FixtureRequest) -> tuple[int, int, str]:
    value: tuple[int, int, str] = request.param
    return value


def new_context(
    browser: Browser, served: Served, width: int = 1280, height: int = 800, colours: str = "light"
) -> BrowserContext:
    """A fresh visitor with a window of that size."""
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    return context


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page at 1280 px that fails the test when a script fails or the policy of the page blocks something."""
    context = new_context(browser, served)
    opened = context.new_page()
    problems: list[str] = []
    watch(opened, problems)
    yield opened
    context.close()
    assert problems == []


def watch(page: Page, problems: list[str]) -> None:
    """Collect what goes wrong in ``page``'s scripts."""
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)


@pytest.fixture(scope="session")
def root_state(browser: Browser, served: Served) -> dict[str, object]:
    """Cookies of a visitor who signed in as root; the link for it works once."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(served.login)
    state = dict(context.storage_state())
    context.close()
    return state

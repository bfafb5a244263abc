"""A baked copy on a server that only hands out files, below a path: it is read and searched, and asks no other host."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Response, expect

from browser.conftest import WAIT_MS, watch
from browser.flights import CONFIG, METADATA, build


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        return None


@pytest.fixture(scope="module")
def baked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the copy, with a path before it."""
    folder = tmp_path_factory.mktemp("baked")
    build(folder / "flights.db")
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "metadata.yaml").write_text(METADATA)
    command = [sys.executable, "-m", "vitrina", "bake", "public/deep", "flights.db", "--jobs", "1"]
    command += ["--config", "config.yaml", "--metadata", "metadata.yaml"]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    subprocess.run([*command[:4], "public/deep", "--check"], cwd=folder, check=True, timeout=60)
    handler = functools.partial(_Quiet, directory=str(folder / "public"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/deep/"
    server.shutdown()
    server.server_close()


def test_walk_through_a_baked_copy(browser: Browser, baked: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    problems: list[str] = []
    watch(page, problems)
    page.on("request", lambda request: _only_own(request, baked, problems))
    page.on("response", lambda response: _all_there(response, problems))
    page.goto(baked)
    page.locator(".database-card a", has_text="flights").first.click()
    page.locator('.db-table a[href$="/flights/"]').first.click()
    _table(page)
    _row(page)
    _search(page)
    page.locator(".crumbs a", has_text="home").click()
    assert page.url == baked
    context.close()
    assert problems == []


def _only_own(request: Request, baked: str, problems: list[str]) -> None:
    if not request.url.startswith((baked, "data:", "blob:")):
        problems.append(f"a request to {urlsplit(request.url).netloc}{urlsplit(request.url).path}")


def _all_there(response: Response, problems: list[str]) -> None:
    if response.status >= 400:
        problems.append(f"{response.status}: {response.url}")


def _table(page: Page) -> None:
    expect(page.locator("table.rows-and-columns tbody tr")).not_to_have_count(0)
    assert page.locator("form:visible").count() == 0
    first = page.locator("tbody tr").first.inner_text()
    page.locator(".next-page a, a.next, a[rel=next]").first.click()
    page.wait_for_url("**/-/q/_next=*.html")
    assert page.locator("tbody tr").first.inner_text() != first
    page.go_back()


def _row(page: Page) -> None:
    page.locator("tbody td.type-pk a, tbody td.col-Link a, tbody td a[href$='/1/']").first.click()
    expect(page.locator("h1")).to_contain_text("flights: 1")
    page.locator("td.col-carrier a").first.click()
    expect(page.locator("h1")).to_contain_text("airlines")


def _search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("newark")
    found = page.locator("navigation-search").get_by_text("EWR").first
    expect(found).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/flights/airports/EWR/")

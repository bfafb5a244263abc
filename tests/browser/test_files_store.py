"""Files in a real object store, in a browser: through the server in pieces, and straight to the store."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_store import ObjectStore, running_store
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, _free_port, watch
from browser.files_site import FilesSite, png

SIZE = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_store(tmp_path_factory.mktemp("weed"), "files") as made:
        yield made


@pytest.fixture(scope="module")
def site(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesSite]:
    options = store.options("files", "through")
    direct = {**store.options("files", "direct"), "direct_upload": True}
    sources = {"through": {"storage": "s3", "config": options}, "direct": {"storage": "s3", "config": direct}}
    made = FilesSite(tmp_path_factory.mktemp("files"), _free_port(), sources=json.dumps(sources))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def page(browser: Browser, site: FilesSite) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    problems: list[str] = []
    watch(opened, problems)
    yield opened
    context.close()
    assert [each for each in problems if "Failed to load resource" not in each] == []


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "recording.bin"
    path.write_bytes(os.urandom(1024) * (SIZE // 1024))
    return path


def test_store_gone_in_the_middle(page: Page, site: FilesSite, store: ObjectStore, large: Path) -> None:
    page.goto("/-/files/upload/through")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 4 * 1024 * 1024}
    session.send("Network.emulateNetworkConditions", slow)
    page.locator(".drop-zone input[type=file]").set_input_files([large])
    page.wait_for_function("() => document.querySelector('.upload-line progress')?.position > 0.45")
    store.stop()
    expect(page.locator(".upload-state")).to_contain_text("Interrupted", timeout=2 * WAIT_MS)
    expect(page.locator(".upload-advice")).to_contain_text("The object store cannot be used now.")
    store.start()
    session.detach()
    page.get_by_role("button", name="Try now: recording.bin").click()
    expect(page.locator(".upload-line[data-state=done]")).to_be_visible(timeout=3 * WAIT_MS)
    (found,) = site.find("recording")
    digest = hashlib.sha256(large.read_bytes()).hexdigest()
    assert site.record(found["id"])["content_hash"] == f"sha256:{digest}"


def test_straight_to_the_store(page: Page, site: FilesSite, store: ObjectStore, tmp_path: Path) -> None:
    picture = tmp_path / "straight.png"
    picture.write_bytes(png())
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.goto("/-/files/upload/direct")
    page.locator(".drop-zone input[type=file]").set_input_files([picture])
    page.get_by_role("link", name="straight.png").click()
    page.wait_for_function("() => document.querySelector('img.file-preview')?.naturalWidth === 60")
    assert [each for each in sent if each.startswith(f"POST {store.endpoint}/")]
    (found,) = site.find("straight")
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    assert site.record(found["id"])["content_hash"] == f"sha256:{digest}"


def test_page_of_another_source_sends_nothing_elsewhere(page: Page, site: FilesSite) -> None:
    page.goto("/-/files/upload/through")
    policy = page.request.get("/-/files/upload/through").headers["content-security-policy"]
    assert "connect-src" not in policy and "default-src 'self'" in policy

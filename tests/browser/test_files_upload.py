"""Uploads in a browser: drop, button, progress, pause, retry, and going on after the server was killed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Request, Route, expect

from browser.conftest import WAIT_MS, _free_port, watch
from browser.files_site import FilesSite, png
from browser.keyboard import follow, tab_to

SIZE = 20 * 1024 * 1024
SLOW = 3 * 1024 * 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesSite]:
    made = FilesSite(tmp_path_factory.mktemp("files"), _free_port())
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
    # Choosers are caught from the beginning: told only when one is expected, the browser may hear of it too late.
    opened.on("filechooser", lambda chooser: None)
    yield opened
    context.close()
    # A lost connection and a refusal are logged by the browser; errors of scripts are not such lines.
    assert [each for each in problems if "Failed to load resource" not in each] == []


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "recording.bin"
    path.write_bytes(os.urandom(1024) * (SIZE // 1024))
    return path


def open_upload(page: Page) -> None:
    page.goto("/-/files/upload/photos")
    expect(page.get_by_role("button", name="Choose files…")).to_be_visible()


def choose(page: Page, *paths: Path) -> None:
    page.locator("datasette-file-upload .drop-zone input[type=file]").set_input_files(list(paths))


def slow_down(page: Page, bytes_per_second: int) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    session.send("Network.emulateNetworkConditions", conditions)
    return session


def check_stored(site: FilesSite, path: Path) -> None:
    (found,) = site.find(path.stem)
    record = site.record(found["id"])
    assert record["content_hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def wait_for_share(page: Page, share: float) -> None:
    script = "(share) => document.querySelector('.upload-line progress')?.position > share"
    page.wait_for_function(script, arg=share)


def watch_offsets(page: Page) -> list[int]:
    """Where each piece that is sent from now on begins."""
    offsets: list[int] = []

    def note(sent: Request) -> None:
        if sent.method == "PATCH":
            offsets.append(int(sent.headers["upload-offset"]))

    page.on("request", note)
    return offsets


def test_by_button_many_at_once(page: Page, site: FilesSite, tmp_path: Path) -> None:
    paths = [tmp_path / f"button-{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(png(red=number))
    open_upload(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files…").click()
    chooser.value.set_files(paths)
    expect(page.locator(".upload-line[data-state=done]")).to_have_count(5)
    expect(page.locator(".upload-total")).to_have_text("5 of 5 files uploaded")
    expect(page.get_by_role("status")).to_have_text("All 5 files are uploaded.")
    page.get_by_role("link", name="button-3.png").click()
    expect(page.get_by_role("heading", name="button-3.png")).to_be_visible()
    assert len(site.find("button")) == 5


def test_by_drop_on_the_page_of_a_source(page: Page, site: FilesSite) -> None:
    page.goto("/-/files/source/papers")
    expect(page.get_by_text("No files here yet.")).to_be_visible()
    dropped = page.evaluate_handle(
        "() => { const all = new DataTransfer();"
        "for (const name of ['one.txt', 'two.txt'])"
        " all.items.add(new File(['text of ' + name], name, {type: 'text/plain'}));"
        "return all; }"
    )
    page.dispatch_event(".drop-zone", "dragenter", {"dataTransfer": dropped})
    expect(page.locator(".drop-zone")).to_have_class("drop-zone is-wanted")
    with page.expect_navigation():
        page.dispatch_event(".drop-zone", "drop", {"dataTransfer": dropped})
    expect(page.locator(".files-table tbody tr")).to_have_count(2)
    expect(page.get_by_role("link", name="two.txt")).to_be_visible()


def test_pause_and_resume(page: Page, site: FilesSite, large: Path) -> None:
    open_upload(page)
    session = slow_down(page, SLOW)
    choose(page, large)
    wait_for_share(page, 0.1)
    page.get_by_role("button", name="Pause: recording.bin").click()
    expect(page.locator(".upload-state")).to_contain_text("Paused")
    expect(page.get_by_role("button", name="Resume: recording.bin")).to_be_focused()
    assert site.find("recording") == []
    slow_down(page, -1)
    session.detach()
    offsets: list[int] = []
    page.on(
        "request",
        lambda sent: offsets.append(int(sent.headers.get("upload-offset", 0))) if sent.method == "PATCH" else None,
    )
    page.keyboard.press("Enter")
    expect(page.locator(".upload-line[data-state=done]")).to_be_visible()
    assert offsets and offsets[0] > 0
    check_stored(site, large)


def test_server_killed_and_started_again(page: Page, site: FilesSite, large: Path) -> None:
    large = large.rename(large.with_name("killed.bin"))
    open_upload(page)
    session = slow_down(page, SLOW)
    choose(page, large)
    wait_for_share(page, 0.45)
    site.kill()
    expect(page.locator(".upload-state")).to_contain_text("Interrupted")
    expect(page.locator(".upload-advice")).to_contain_text("The connection broke off. Trying again in")
    expect(page.get_by_role("status")).to_contain_text("killed.bin: The connection broke off.")
    site.start()
    session.detach()
    page.get_by_role("button", name="Try now: killed.bin").click()
    expect(page.locator(".upload-line[data-state=done]")).to_be_visible(timeout=3 * WAIT_MS)
    check_stored(site, large)


def test_page_left_and_file_chosen_again(page: Page, site: FilesSite, large: Path) -> None:
    large = large.rename(large.with_name("left.bin"))
    open_upload(page)
    session = slow_down(page, SLOW)
    choose(page, large)
    wait_for_share(page, 0.45)
    page.reload()
    session.detach()
    expect(page.locator(".upload-line[data-state=left] .upload-advice")).to_contain_text("Choose the same file again")
    offsets: list[int] = []
    page.on(
        "request",
        lambda sent: offsets.append(int(sent.headers.get("upload-offset", 0))) if sent.method == "PATCH" else None,
    )
    choose(page, large)
    expect(page.locator(".upload-line[data-state=done]")).to_be_visible()
    expect(page.locator(".upload-line")).to_have_count(1)
    assert offsets and offsets[0] > 0
    check_stored(site, large)
    page.reload()
    expect(page.get_by_role("button", name="Choose files…")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('vitrina-uploads')).length") == 0


def test_unfinished_upload_is_discarded(page: Page, site: FilesSite, large: Path) -> None:
    open_upload(page)
    slow_down(page, SLOW)
    choose(page, large)
    wait_for_share(page, 0.05)
    page.reload()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Discard recording.bin").click()
    assert deleted.value.status == 200
    expect(page.locator(".upload-line")).to_have_count(0)
    assert [each for each in (site.folder / "files/photos/.incoming").iterdir() if each.stat().st_size] == []


def test_cancel(page: Page, site: FilesSite, large: Path) -> None:
    open_upload(page)
    slow_down(page, SLOW)
    choose(page, large.rename(large.with_name("cancelled.bin")))
    wait_for_share(page, 0.05)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Cancel: cancelled.bin").click()
    expect(page.locator(".upload-line")).to_have_count(0)
    expect(page.get_by_role("button", name="Choose files…")).to_be_focused()
    assert site.find("cancelled") == []


def test_refusals_stand_beside_the_file(page: Page, site: FilesSite, tmp_path: Path) -> None:
    small, failing = tmp_path / "small.txt", tmp_path / "refused.txt"
    small.write_text("small")
    failing.write_text("refused")
    open_upload(page)
    page.evaluate("document.querySelector('datasette-file-upload').maxBytes = 6")
    refusing: list[bool] = []

    def answer(route: Route) -> None:
        if refusing:
            route.fulfill(status=403, json={"ok": False, "errors": ["Permission denied: files-upload"]})
        else:
            route.continue_()

    page.route("**/-/resumable", answer)
    choose(page, small, failing)
    expect(page.locator(".upload-line[data-state=done]")).to_have_count(1)
    line = page.locator(".upload-line[data-state=failed]")
    expect(line.locator(".upload-advice")).to_contain_text("at most 6 bytes are allowed here. Choose a smaller one.")
    line.get_by_role("button", name="Remove: refused.txt").click()
    expect(line).to_have_count(0)
    refusing.append(True)
    choose(page, small)
    expect(line.locator(".upload-advice")).to_contain_text("Permission denied: files-upload. You may not upload here")

    refusing.clear()
    line.get_by_role("button", name="Try again: small.txt").click()
    expect(page.locator(".upload-line[data-state=done]")).to_have_count(2)


def test_empty_file_and_odd_name(page: Page, site: FilesSite, tmp_path: Path) -> None:
    odd = tmp_path / "<b>leer & \u00fcber #1?.txt"
    odd.write_text("")
    open_upload(page)
    choose(page, odd)
    expect(page.get_by_role("link", name=odd.name)).to_be_visible()
    (found,) = site.find("leer")
    assert (found["filename"], found["size"]) == (odd.name, 0)


def test_pasted_picture(page: Page, site: FilesSite) -> None:
    open_upload(page)
    page.evaluate(
        "() => { const all = new DataTransfer(); all.items.add(new File(['x'], 'pasted.png', {type: 'image/png'}));"
        "document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: all, bubbles: true})); }"
    )
    expect(page.get_by_role("link", name="pasted.png")).to_be_visible()


def test_without_script(browser: Browser, site: FilesSite, tmp_path: Path) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/-/files/source/photos")
    page.get_by_role("link", name="Upload files").click()
    path = tmp_path / "plain.txt"
    path.write_text("plain")
    page.get_by_label("Files, up to").set_input_files([path])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="plain.txt")).to_be_visible()
    context.close()


def test_with_the_keyboard_alone(page: Page, site: FilesSite, tmp_path: Path) -> None:
    typed = tmp_path / "typed.txt"
    typed.write_text("typed")
    page.goto("/-/files/source/photos")
    tab_to(page, ".drop-zone button")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    with page.expect_navigation():
        chooser.value.set_files(typed)
    follow(page, ".files-table tbody tr:first-child a.file-name")
    expect(page.get_by_role("heading", name="typed.txt")).to_be_visible()


def test_dead_connection_is_given_up(page: Page, site: FilesSite, large: Path) -> None:
    page.clock.install()
    open_upload(page)
    slow_down(page, 1_000_000)
    choose(page, large.rename(large.with_name("stalled.bin")))
    wait_for_share(page, 0.02)
    slow_down(page, 1)
    advice = page.locator(".upload-advice")
    # Something may still be on its way, and the minute begins anew with it.
    for _ in range(20):
        page.clock.fast_forward(61_000)
        page.wait_for_timeout(500)
        if advice.is_visible():
            break
    expect(advice).to_contain_text("Nothing could be sent for a minute. Trying again in")
    page.get_by_role("button", name="Cancel: stalled.bin").click()

"""The pages of files under axe-core, wide and narrow, light and dark; none is wider than its screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, _free_port
from browser.files_site import FilesSite, pdf, png, wav
from browser.test_accessibility import AXE
from browser.test_editing import open_action


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesSite]:
    made = FilesSite(tmp_path_factory.mktemp("files"), _free_port())
    made.start()
    long = "a very long name of a plate, which goes on and on " * 3
    for number in range(3):
        made.upload("photos", f"{long}{number}.png", png(red=10 * number), "image/png")
    made.upload("papers", "heard.wav", wav(), "audio/wav")
    made.upload("papers", "printed.pdf", pdf(), "application/pdf")
    made.upload("papers", "read.txt", b"word " * 1000, "text/plain")
    made.upload("papers", "loans.csv", b"id,name\n1,x\n", "text/csv")
    made.set_scan(1, str(made.find("plate")[0]["id"]))
    yield made
    made.kill()


def at(path: str) -> Callable[[Page, FilesSite], None]:
    def go(page: Page, site: FilesSite) -> None:
        page.goto(path)

    return go


def page_of(words: str, before: str = "/-/files/") -> Callable[[Page, FilesSite], None]:
    def go(page: Page, site: FilesSite) -> None:
        page.goto(f"{before}{site.find(words)[0]['id']}")

    return go


def chosen(page: Page, site: FilesSite) -> None:
    page.goto("/-/files/source/photos")
    page.get_by_role("checkbox").nth(1).check()
    expect(page.get_by_role("button", name="Delete…")).to_be_visible()


def uploading(page: Page, site: FilesSite) -> None:
    page.goto("/-/files/upload/photos")
    page.route("**/-/resumable/*", lambda route: route.abort())
    files = [{"name": f"plate {number}.bin", "mimeType": "image/png", "buffer": os.urandom(99)} for number in range(4)]
    page.locator(".drop-zone input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator(".upload-line[data-state=waiting]")).to_have_count(3)
    page.get_by_role("button", name="Pause: plate 1.bin").click()
    # What waits goes from state to state: the page is looked at as it stands.
    page.evaluate("for (const each of document.querySelector('datasette-file-upload').transfers) each.pause()")


def conflict(page: Page, site: FilesSite) -> None:
    page_of("read")(page, site)
    path = f"/-/files/{site.find('read')[0]['id']}/-/update"
    words = str(site.record(site.find("read")[0]["id"])["search_text"])
    page.request.post(path, data={"update": {"search_text": words + "x"}})
    page.get_by_label("Words that the file is found by").fill("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()


def picker(page: Page, site: FilesSite) -> None:
    page.goto("/museum/objects/1")
    open_action(page, "Row actions", "Edit row")
    page.get_by_role("button", name="Change file").click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(page.get_by_label("Where to upload to")).to_be_visible()


STATES: dict[str, Callable[[Page, FilesSite], None]] = {
    "index": at("/-/files"),
    "list": chosen,
    "gallery": at("/-/files/source/photos?view=gallery"),
    "search": at("/-/files/search?q=plate"),
    "nothing": at("/-/files/search?q=nothing"),
    "upload": uploading,
    "picture": page_of("plate"),
    "sound": page_of("heard"),
    "pdf": page_of("printed"),
    "conflict": conflict,
    "import": page_of("loans", "/-/files/import/"),
    "cells": at("/museum/objects"),
    "row": at("/museum/objects/1"),
    "picker": picker,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_axe(
    browser: Browser, site: FilesSite, screen: tuple[int, int, str], state: Callable[[Page, FilesSite], None]
) -> None:
    width, height, colours = screen
    context = browser.new_context(
        base_url=site.url,
        reduced_motion="reduce",
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    state(page, site)
    page.wait_for_timeout(200)
    folder = os.environ.get("FILES_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{list(STATES.values()).index(state):02d}-{width}-{colours}.png")
    wide = page.evaluate("document.documentElement.scrollWidth")
    sticking_out = page.evaluate(
        "[...document.querySelectorAll('dialog[open] .dialog-body')].filter((box) => box.scrollWidth > box.clientWidth)"
        ".map((box) => `${box.scrollWidth} > ${box.clientWidth}`)"
    )
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
    context.close()
    serious = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert (serious, sticking_out) == ([], [])
    assert wide <= width


@pytest.mark.parametrize(
    "path", ["/-/files/source/photos", "/-/files/source/photos?view=gallery", "/-/files/upload/photos"]
)
def test_fits_320_pixels(browser: Browser, site: FilesSite, path: str) -> None:
    context = browser.new_context(base_url=site.url, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(path)
    expect(page.get_by_role("button", name="Choose files…")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= 320

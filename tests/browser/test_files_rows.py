"""Columns of files: cells of tables, the page of a row, and choosing or uploading a file in the form of a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, _free_port, watch
from browser.files_site import FilesSite, png
from browser.keyboard import tab_to
from browser.test_editing import open_action

GONE = "df-" + "0" * 26


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilesSite]:
    made = FilesSite(tmp_path_factory.mktemp("files"), _free_port())
    made.start()
    made.upload("photos", "amphora.png", png(), "image/png")
    made.upload("papers", "lamp, drawn.png", png(red=20), "image/png")
    yield made
    made.kill()


@pytest.fixture
def page(browser: Browser, site: FilesSite) -> Iterator[Page]:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    problems: list[str] = []
    watch(opened, problems)
    site.set_scan(1, str(site.find("amphora")[0]["id"]))
    site.set_scan(2, None)
    yield opened
    context.close()
    assert problems == []


def scan_of(page: Page, row: int) -> object:
    return page.request.get(f"/museum/objects/{row}.json?_shape=objects").json()["rows"][0]["scan"]


def test_cells(page: Page, site: FilesSite) -> None:
    site.set_scan(2, GONE)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "batch.json" in sent.url else None)
    page.goto("/museum/objects")
    link = page.get_by_role("link", name="amphora.png")
    expect(link).to_be_visible()
    page.wait_for_function("() => document.querySelector('datasette-file img')?.naturalWidth > 0")
    # One that is gone keeps its id.
    expect(page.get_by_role("link", name=GONE)).to_be_visible()
    assert len(asked) == 1
    link.click()
    expect(page.get_by_role("heading", name="amphora.png")).to_be_visible()


def test_page_of_a_row(page: Page) -> None:
    page.goto("/museum/objects/1")
    page.wait_for_function("() => document.querySelector('datasette-file.is-large img')?.naturalWidth > 0")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download amphora.png").click()
    assert started.value.suggested_filename == "amphora.png"


def test_choose_another_file_with_the_keyboard(page: Page, site: FilesSite) -> None:
    page.goto("/museum/objects/1")
    open_action(page, "Row actions", "Edit row")
    tab_to(page, "dialog .file-field button")
    page.keyboard.press("Enter")
    box = page.get_by_role("combobox", name="Find a file for scan")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(page.get_by_role("button", name="Change file")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.keyboard.type("drawn")
    expect(page.locator(".picker-list [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".file-field-now")).to_contain_text("lamp, drawn.png")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert scan_of(page, 1) == site.find("drawn")[0]["id"]


def test_upload_in_the_form(page: Page, site: FilesSite, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.png"
    fresh.write_bytes(png(red=99))
    page.goto("/museum/objects/2")
    open_action(page, "Row actions", "Edit row")
    expect(page.locator(".file-field-now")).to_have_text("No file")
    page.get_by_role("button", name="Choose file", exact=True).click()
    page.get_by_label("Where to upload to").select_option("papers")
    page.locator("datasette-file-picker input[type=file]").set_input_files([fresh])
    expect(page.locator(".file-field-now")).to_contain_text("fresh.png")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    (found,) = site.find("fresh")
    assert scan_of(page, 2) == found["id"] and found["source_slug"] == "papers"


def test_removed_file_is_null(page: Page) -> None:
    page.goto("/museum/objects/1")
    open_action(page, "Row actions", "Edit row")
    page.get_by_role("button", name="Remove file").click()
    expect(page.locator(".file-field-now")).to_have_text("No file")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    assert scan_of(page, 1) is None


def test_insert_with_a_file(page: Page, site: FilesSite) -> None:
    page.goto("/museum/objects")
    open_action(page, "Table actions", "Insert a row into objects")
    page.get_by_role("textbox", name="name").fill("Vase")
    page.get_by_role("button", name="Choose file", exact=True).click()
    page.get_by_role("option", name="amphora.png").click()
    expect(page.locator(".file-field-now")).to_contain_text("amphora.png")
    with page.expect_navigation():
        page.get_by_role("button", name="Insert row").click()
    expect(page.get_by_role("row", name="Vase").get_by_role("link", name="amphora.png")).to_be_visible()


def test_picker_of_other_scripts(page: Page, site: FilesSite) -> None:
    """What other people's pages call."""
    page.goto("/museum/objects")
    page.evaluate(
        "void import('/-/static/files-picker.js').then(({openFilePicker}) =>"
        " openFilePicker({column: 'scan', currentFileId: ''}).then((id) => (window.chosen = id)))"
    )
    page.get_by_role("dialog").get_by_role("option", name="amphora.png").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("window.chosen") == site.find("amphora")[0]["id"]


def test_edit_in_place_on_the_page_of_a_row(page: Page, site: FilesSite) -> None:
    page.goto("/museum/objects/1")
    expect(page.get_by_role("link", name="Download amphora.png")).to_be_visible()
    edit = page.get_by_role("button", name="Edit scan")
    edit.click()
    expect(page.get_by_role("button", name="Change file")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Download amphora.png")).to_be_visible()
    edit.click()
    page.get_by_role("button", name="Change file").click()
    page.get_by_role("option", name="lamp, drawn.png").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Download lamp, drawn.png")).to_be_visible()


def test_file_changed_by_somebody_else(browser: Browser, site: FilesSite) -> None:
    amphora, lamp = (str(site.find(words)[0]["id"]) for words in ("amphora", "drawn"))
    site.set_scan(1, amphora)
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto("/museum/objects/1")
    open_action(page, "Row actions", "Edit row")
    page.get_by_role("button", name="Remove file").click()
    site.set_scan(1, lamp)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Somebody else changed this row")
    page.get_by_role("button", name="Use what is there now").click()
    expect(page.locator(".file-field-now")).to_contain_text("lamp, drawn.png")
    context.close()


def test_below_a_prefix(browser: Browser, tmp_path: Path) -> None:
    prefixed = FilesSite(tmp_path, _free_port(), "/below/")
    prefixed.start()
    picture = tmp_path / "below.png"
    picture.write_bytes(png())
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(f"{prefixed.url}/-/files/source/photos")
    with page.expect_navigation():
        page.locator(".drop-zone input[type=file]").set_input_files([picture])
    page.get_by_role("link", name="below.png").click()
    expect(page.get_by_role("heading", name="below.png")).to_be_visible()
    prefixed.set_scan(1, str(prefixed.find("below")[0]["id"]))
    page.goto(f"{prefixed.url}/museum/objects/1")
    page.get_by_role("link", name="below.png", exact=False).first.click()
    expect(page.get_by_role("heading", name="below.png")).to_be_visible()
    page.goto(f"{prefixed.url}/museum/objects/2")
    open_action(page, "Row actions", "Edit row")
    page.get_by_role("button", name="Choose file", exact=True).click()
    page.get_by_role("option", name="below.png").click()
    expect(page.locator(".file-field-now")).to_contain_text("below.png")
    context.close()
    prefixed.kill()

"""Import a file on its page: columns changed, refused rows reported, a running import cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, Served, watch


@pytest.fixture
def root(browser: Browser, served: Served, root_state: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url, storage_state=root_state, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    opened = context.new_page()
    problems: list[str] = []
    watch(opened, problems)
    yield opened
    context.close()
    # A refusal is an answer; the browser logs it as an error.
    assert [each for each in problems if "status of 400" not in each] == []


def choose(page: Page, name: str, content: str) -> None:
    page.goto("/flights/-/import")
    file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("File", exact=True).set_input_files([file])  # type: ignore[list-item]


def test_columns_are_shown_changed_and_imported(root: Page) -> None:
    choose(root, "gate list.csv", "gate,opened,note\n7,2001,=1+1\n8,<b>,y\n9,1999\n")
    expect(root.locator("#import-found")).to_contain_text("gate list.csv: CSV, utf-8, 3 rows")
    expect(root.get_by_label("Table", exact=True)).to_have_value("gate_list")
    expect(root.get_by_label("Type of gate")).to_have_value("integer")
    expect(root.get_by_label("Type of opened")).to_have_value("text")
    root.get_by_label("Primary key gate").check()
    root.get_by_label("Name of opened").fill("since")
    root.get_by_role("button", name="Import", exact=True).click()
    expect(root.get_by_role("heading", name="Imported")).to_be_visible()
    expect(root.locator("#import-result")).to_contain_text("2 rows written, 1 refused")
    expect(root.locator("#import-rejected li")).to_have_text("Row 3: has 2 cells instead of 3")
    root.get_by_role("link", name="gate_list").click()
    expect(root.locator("td.col-since")).to_have_text(["2001", "<b>"])


def test_refusal_stays_beside_the_form(root: Page) -> None:
    choose(root, "a.csv", "a,b\n1,2\n")
    root.get_by_label("Name of b").fill("a")
    root.get_by_role("button", name="Import", exact=True).click()
    expect(root.get_by_role("alert")).to_have_text("Duplicate column name: a")
    expect(root.get_by_role("button", name="Import", exact=True)).to_be_visible()


def test_cancel(root: Page, tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    with file.open("w") as out:
        out.write("id,text\n")
        out.writelines(f"{number},{'x' * 100}\n" for number in range(250_000))
    root.goto("/flights/-/import")
    # By its path: a file in memory goes through the browser's driver, which is slow.
    root.get_by_label("File", exact=True).set_input_files(file)
    root.get_by_role("button", name="Import", exact=True).click()
    root.get_by_role("button", name="Cancel").click()
    expect(root.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(root.locator("#import-result")).to_contain_text("0 rows written")
    assert root.request.get("/flights/long.json").status == 404


def test_encoding_and_delimiter_are_found_and_can_be_chosen(root: Page) -> None:
    root.goto("/flights/-/import")
    content = "naam#prijs\nкофе#1\nчай#2\n".encode("koi8-r")
    file = {"name": "tea.csv", "mimeType": "text/csv", "buffer": content}
    root.get_by_label("File", exact=True).set_input_files([file])  # type: ignore[list-item]
    expect(root.get_by_label("Encoding")).to_have_value("cp1252")
    expect(root.get_by_label("Delimiter")).to_have_value(",")
    expect(root.get_by_label("Encoding").locator("option:checked")).to_have_text("Western European (Windows) (found)")
    expect(root.locator(".import-columns tbody tr")).to_have_count(1)
    root.get_by_label("Table", exact=True).fill("drinks")
    root.get_by_label("Encoding").select_option("koi8-r")
    expect(root.locator(".import-examples")).to_have_text(["кофе#1, чай#2"])
    root.get_by_label("Encoding").select_option("utf-8")
    expect(root.get_by_role("alert")).to_have_text("After line 0: the text is not UTF-8")
    expect(root.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    root.get_by_label("Encoding").select_option("koi8-r")
    expect(root.get_by_label("Table", exact=True)).to_have_value("drinks")
    root.get_by_label("Delimiter").select_option(" ")
    expect(root.locator(".import-columns tbody tr")).to_have_count(1)
    root.get_by_role("button", name="Import", exact=True).click()
    expect(root.locator("#import-result")).to_contain_text("2 rows written")
    root.get_by_role("link", name="drinks").click()
    expect(root.locator("td").first).to_be_visible()
    expect(root.get_by_text("кофе#1")).to_be_visible()

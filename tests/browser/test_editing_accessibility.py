"""Every dialog that edits, under axe-core, wide and narrow, light and dark; none is wider than its screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, Served
from browser.test_accessibility import AXE
from browser.test_editing import open_action
from browser.test_pasting import paste


def insert(page: Page) -> None:
    page.goto("/flights/visits")
    open_action(page, "Table actions", "Insert a row into visits")
    page.get_by_role("textbox", name="price").fill("cheap")
    page.get_by_role("button", name="Insert row").click()
    expect(page.get_by_role("alert")).to_be_visible()


def edit(page: Page) -> None:
    page.goto("/flights/flights/3")
    open_action(page, "Row actions", "Edit row")
    expect(page.locator(".fk-label").first).not_to_be_empty()


def delete(page: Page) -> None:
    page.goto("/flights/flights/3")
    open_action(page, "Row actions", "Delete row")


def paste_cells(page: Page) -> None:
    page.goto("/flights/visits")
    open_action(page, "Table actions", "Insert many rows by pasting into visits")
    paste(page, "guests\tremark\tprice\n1\tfine\t2.5\nmany\tnot so\tcheap\n3\t\t\n")


def create(page: Page) -> None:
    page.goto("/flights")
    open_action(page, "Database actions", "Create table in flights")
    page.locator(".column-item summary").first.click()
    page.get_by_role("button", name="Create table").click()


def alter(page: Page) -> None:
    page.goto("/flights/visits")
    open_action(page, "Table actions", "Alter table visits")


def drop(page: Page) -> None:
    alter(page)
    page.get_by_role("button", name="Drop this table…").click()
    expect(page.get_by_text("deleted for good")).to_be_visible()


def grid(page: Page) -> None:
    page.goto("/flights/flights")
    page.locator(".row-tool").first.focus()


def cell(page: Page) -> None:
    page.goto("/flights/flights/3")
    page.get_by_role("button", name="Edit note").click()
    expect(page.get_by_role("textbox", name="note")).to_be_focused()


def import_file(page: Page) -> None:
    page.goto("/flights/-/import")
    file = {"name": "tea.csv", "mimeType": "text/csv", "buffer": b"naam;prijs\nthee;1\n"}
    page.get_by_label("File", exact=True).set_input_files([file])  # type: ignore[list-item]
    expect(page.get_by_label("Delimiter")).to_have_value(";")


def write_sql(page: Page) -> None:
    page.goto("/flights/-/execute-write?sql=delete+from+notes+where+id+=+:id")
    expect(page.locator(".sql-analysis")).to_be_visible()


def write_sql_error(page: Page) -> None:
    page.goto("/flights/-/execute-write?sql=delete+from+nowhere")
    expect(page.locator("[data-sql-analysis] .message-error")).to_be_visible()


def store_query(page: Page) -> None:
    page.goto("/flights/-/queries/store?sql=update+notes+set+body+=+:body")
    expect(page.locator(".sql-analysis")).to_be_visible()


STATES: dict[str, Callable[[Page], None]] = {
    "insert": insert,
    "edit": edit,
    "delete": delete,
    "paste": paste_cells,
    "create": create,
    "alter": alter,
    "drop": drop,
    "grid": grid,
    "cell": cell,
    "import": import_file,
    "write SQL": write_sql,
    "write SQL that is wrong": write_sql_error,
    "store a query": store_query,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_axe(
    browser: Browser, served: Served, root_state: Any, screen: tuple[int, int, str], state: Callable[[Page], None]
) -> None:
    width, height, colours = screen
    context = browser.new_context(
        base_url=served.url,
        storage_state=root_state,
        reduced_motion="reduce",
        viewport={"width": width, "height": height},
        color_scheme="dark" if colours == "dark" else "light",
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    state(page)
    page.wait_for_timeout(150)
    sticking_out = page.evaluate(
        "[...document.querySelectorAll('dialog[open] .dialog-body')].filter((box) => box.scrollWidth > box.clientWidth)"
        ".map((box) => `${box.scrollWidth} > ${box.clientWidth}`)"
    )
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    serious = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert (serious, sticking_out) == ([], [])

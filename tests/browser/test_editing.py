"""Insert, edit and delete a row through the dialogs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, Served


@pytest.fixture
def root(browser: Browser, served: Served, root_state: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url, storage_state=root_state, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def test_row_from_birth_to_death(root: Page) -> None:
    root.goto("/flights/notes")
    root.get_by_text("Table actions").click()
    root.get_by_role("menuitem", name="Insert a row into notes").click()
    root.get_by_role("textbox", name="body").fill("first")
    with root.expect_navigation():
        root.get_by_role("button", name="Insert row").click()
    expect(root.locator("td.col-body")).to_have_text("first")

    root.goto("/flights/notes/1")
    root.get_by_text("Row actions").click()
    root.get_by_role("menuitem", name="Edit row").click()
    root.get_by_role("textbox", name="body").fill("second")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    expect(root.locator("td.col-body")).to_have_text("second")

    root.get_by_text("Row actions").click()
    root.get_by_role("menuitem", name="Delete row").click()
    with root.expect_navigation():
        root.get_by_role("button", name="Delete", exact=True).click()
    assert root.url.endswith("/flights/notes")
    expect(root.locator(".zero-results")).to_be_visible()


def test_refusal_is_shown_in_the_dialog(root: Page) -> None:
    root.goto("/flights/airlines")
    root.get_by_text("Table actions").click()
    root.get_by_role("menuitem", name="Insert a row into airlines").click()
    root.get_by_role("textbox", name="carrier").fill("UA")
    root.get_by_role("button", name="Insert row").click()
    expect(root.get_by_role("alert")).to_contain_text("UNIQUE constraint failed")

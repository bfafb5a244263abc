"""Forms for SQL that writes: what a statement would do is told while it is typed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, Served
from browser.test_editing import post, root, rows

__all__ = ["root"]


def type_sql(page: Page, sql: str) -> None:
    """Replace what stands in the editor."""
    editor = page.locator(".sql-host .cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(sql)


def test_a_statement_is_analysed_while_it_is_typed(root: Page) -> None:
    root.goto("/flights/-/execute-write")
    button = root.get_by_role("button", name="Execute")
    expect(button).to_be_disabled()
    expect(root.locator("[data-sql-analysis]")).to_contain_text("Enter writable SQL before executing.")

    type_sql(root, "insert into notes (body) select name || :suffix from airports where faa = :code")
    cells = root.locator(".sql-analysis tbody tr")
    expect(cells).to_contain_text(["insert", "read"])
    expect(cells.first).to_contain_text("flights/notes")
    expect(cells.first).to_contain_text("yes")
    expect(button).to_be_enabled()
    root.get_by_label("suffix").fill("!")
    type_sql(root, "insert into notes (body) select :code || :suffix from airports where faa = :code")
    expect(root.get_by_label("suffix")).to_have_value("!")
    root.get_by_label("code").fill("JFK")
    with root.expect_navigation():
        button.click()
    expect(root.get_by_text("Query executed, 1 row affected")).to_be_visible()
    [row] = rows(root, "/flights/notes.json?_shape=objects")
    assert row["body"] == "JFK!"
    post(root, "/flights/-/execute-write", {"sql": "delete from notes"})


def test_what_cannot_be_run_says_why_and_cannot_be_sent(root: Page) -> None:
    root.goto("/flights/-/execute-write?sql=select+1")
    problem = root.locator("[data-sql-analysis] .message-error")
    expect(problem).to_contain_text("read")
    expect(root.get_by_role("button", name="Execute")).to_be_disabled()
    type_sql(root, "delete from nowhere")
    expect(problem).to_contain_text("no such table: nowhere")
    type_sql(root, "delete from notes where id = 99")
    expect(problem).to_have_count(0)
    expect(root.get_by_role("button", name="Execute")).to_be_enabled()


def test_a_write_query_is_stored_and_run(root: Page) -> None:
    root.goto("/flights/-/queries/store")
    save = root.get_by_role("button", name="Save query")
    expect(save).to_be_disabled()
    root.get_by_label("Title").fill("Add a note")
    root.get_by_label("URL").fill("add_note")
    type_sql(root, "insert into notes (body) values (:body)")
    expect(root.locator(".sql-analysis tbody tr").first).to_contain_text("flights/notes")
    with root.expect_navigation():
        save.click()
    expect(root.get_by_text("Query saved")).to_be_visible()
    root.get_by_label("body").fill("stored")
    with root.expect_navigation():
        root.locator("form.sql input[type=submit]").click()
    assert [row["body"] for row in rows(root, "/flights/notes.json?_shape=objects")] == ["stored"]
    post(root, "/flights/-/execute-write", {"sql": "delete from notes"})
    post(root, "/flights/add_note/-/delete", {})


def test_the_form_works_without_script(browser: Browser, served: Served, root_state: Any) -> None:
    context = browser.new_context(base_url=served.url, storage_state=root_state, java_script_enabled=False)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto("/flights/-/execute-write?sql=update+notes+set+body+%3D+%3Atext")
    page.get_by_label("text").fill("plain")
    with page.expect_navigation():
        page.get_by_role("button", name="Execute").click()
    expect(page.get_by_text("Query executed, 0 rows affected")).to_be_visible()
    context.close()

"""Insert, edit and delete rows through the dialogs: validation, conflicts, undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import WAIT_MS, Served
from browser.keyboard import tab_to


@pytest.fixture
def root(browser: Browser, served: Served, root_state: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=served.url, storage_state=root_state, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def open_action(page: Page, menu: str, name: str) -> None:
    page.get_by_text(menu).click()
    page.get_by_role("menuitem", name=name).click()


def post(page: Page, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write through the API as the page's visitor."""
    answer: dict[str, Any] = page.evaluate(
        "([path, body]) => fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, "
        "body: JSON.stringify(body)}).then((response) => response.json())",
        [path, body],
    )
    assert answer["ok"], answer
    return answer


def rows(page: Page, path: str) -> list[dict[str, Any]]:
    answer = page.evaluate("(path) => fetch(path).then((response) => response.json())", path)
    found: list[dict[str, Any]] = answer["rows"]
    return found


def test_row_from_birth_to_death_and_back(root: Page) -> None:
    root.goto("/flights/notes")
    open_action(root, "Table actions", "Insert a row into notes")
    root.get_by_role("textbox", name="body").fill("first")
    with root.expect_navigation():
        root.get_by_role("button", name="Insert row").click()
    cell = root.locator("td.col-body")
    expect(cell).to_have_text("first")

    root.goto("/flights/notes/1")
    open_action(root, "Row actions", "Edit row")
    root.get_by_role("textbox", name="body").fill("second")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    expect(cell).to_have_text("second")

    open_action(root, "Row actions", "Delete row")
    with root.expect_navigation():
        root.get_by_role("button", name="Delete", exact=True).click()
    assert root.url.endswith("/flights/notes")
    expect(root.locator(".zero-results")).to_be_visible()
    expect(root.get_by_role("status")).to_contain_text("Row 1 (second) of notes is deleted.")
    with root.expect_navigation():
        root.get_by_role("button", name="Undo").click()
    expect(cell).to_have_text("second")
    expect(root.get_by_text("The row is back")).to_be_visible()
    expect(root.get_by_role("button", name="Undo")).to_have_count(0)
    post(root, "/flights/notes/1/-/delete", {})


def test_an_undo_that_comes_too_late_says_so(root: Page) -> None:
    root.goto("/flights/notes")
    post(root, "/flights/notes/-/insert", {"row": {"id": 70, "body": "x"}})
    root.goto("/flights/notes/70")
    open_action(root, "Row actions", "Delete row")
    with root.expect_navigation():
        root.get_by_role("button", name="Delete", exact=True).click()
    root.evaluate(
        "() => { const kept = JSON.parse(sessionStorage['vitrina-deleted']);"
        "fetch(kept.undo.path, {method: 'POST', body: JSON.stringify({undo: kept.undo.id})}) }"
    )
    root.wait_for_timeout(300)
    root.get_by_role("button", name="Undo").click()
    expect(root.get_by_role("alert")).to_contain_text("There is nothing to undo")
    expect(root.get_by_role("button", name="Undo")).to_have_count(0)
    post(root, "/flights/notes/70/-/delete", {})


def test_refusal_is_shown_beside_the_field(root: Page) -> None:
    root.goto("/flights/airlines")
    open_action(root, "Table actions", "Insert a row into airlines")
    field = root.get_by_role("textbox", name="carrier")
    field.fill("UA")
    root.get_by_role("button", name="Insert row").click()
    expect(root.get_by_role("alert")).to_contain_text("UNIQUE constraint failed")
    expect(root.get_by_text("There is a row with this value already.")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()


def test_what_is_wrong_is_said_before_anything_is_sent(root: Page) -> None:
    root.goto("/flights/visits")
    open_action(root, "Table actions", "Insert a row into visits")
    root.get_by_role("textbox", name="price").fill("cheap")
    root.get_by_role("textbox", name="extra").fill("{oops")
    root.get_by_role("textbox", name="big").fill("9223372036854775808")
    root.get_by_role("button", name="Insert row").click()
    for name, words in {
        "guests": "A value is needed here.",
        "price": "A number is needed",
        "extra": "This is not JSON",
        "big": "too large",
    }.items():
        expect(root.locator(f"[data-column={name}] .edit-problem")).to_contain_text(words)
    expect(root.get_by_role("textbox", name="guests")).to_be_focused()
    assert rows(root, "/flights/visits.json?_shape=objects") == []


def test_every_kind_of_value(root: Page) -> None:
    root.goto("/flights/visits")
    open_action(root, "Table actions", "Insert a row into visits")
    root.get_by_label("day", exact=True).fill("2026-05-01")
    root.get_by_role("textbox", name="guests").fill("3")
    root.get_by_role("textbox", name="price").fill("2.5")
    root.get_by_role("combobox", name="Empty remark means").select_option("text")
    root.get_by_role("textbox", name="extra").fill('{"a": 1}')
    root.get_by_role("textbox", name="big").fill("9007199254740993")
    photo = {"name": "a.bin", "mimeType": "application/octet-stream", "buffer": b"\x00\xff"}
    root.locator("input[type=file]").set_input_files(photo)
    expect(root.get_by_text("2 bytes to be stored")).to_be_visible()
    root.get_by_role("combobox", name="origin", exact=True).press_sequentially("New")
    root.get_by_role("option", name="Newark (EWR)").click()
    expect(root.locator(".fk-label")).to_have_text("Newark")
    with root.expect_navigation():
        root.get_by_role("button", name="Insert row").click()
    [row] = rows(root, "/flights/visits.json?_shape=objects&big=9007199254740993")
    blob = {"$base64": True, "encoded": "AP8="}
    assert {**row, "big": None} == {
        "id": 1, "day": "2026-05-01", "guests": 3, "price": 2.5, "remark": "", "extra": '{"a": 1}', "photo": blob,
        "origin": "EWR", "big": None,
    }  # fmt: skip

    root.goto("/flights/visits/1")
    open_action(root, "Row actions", "Edit row")
    expect(root.get_by_role("textbox", name="big")).to_have_value("9007199254740993")
    expect(root.locator(".fk-label")).to_have_text("Newark")
    root.get_by_role("combobox", name="Empty remark means").select_option("null")
    root.get_by_role("button", name="Remove").click()
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    [row] = rows(root, "/flights/visits.json?_shape=objects&big=9007199254740993")
    assert (row["remark"], row["photo"], row["origin"]) == (None, None, "EWR")
    post(root, "/flights/visits/1/-/delete", {})


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(root: Page) -> None:
    root.goto("/flights/visits")
    open_action(root, "Table actions", "Insert a row into visits")
    large = {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": b"x" * 2_000_000}
    root.locator("input[type=file]").set_input_files(large)
    expect(root.locator("[data-column=photo] .edit-problem")).to_contain_text("large.bin has 1.9 MB; at most 1.5 MB")


def test_a_row_that_somebody_else_changed_is_shown_and_not_overwritten(root: Page) -> None:
    root.goto("/flights/airports")
    post(root, "/flights/airports/-/insert", {"row": {"faa": "XYZ", "name": "Old", "alt": 1}})
    root.goto("/flights/airports/XYZ")
    open_action(root, "Row actions", "Edit row")
    name = root.get_by_role("textbox", name="name")
    name.fill("Mine")
    post(root, "/flights/airports/XYZ/-/update", {"update": {"name": "Theirs", "alt": 2}})
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_role("alert")).to_contain_text("Somebody else changed this row")
    assert rows(root, "/flights/airports/XYZ.json?_shape=objects")[0]["name"] == "Theirs"
    expect(name).to_have_value("Mine")
    expect(root.locator("[data-column=name] .edit-note")).to_contain_text("Now “Theirs”, was “Old” when you began.")
    expect(root.get_by_role("textbox", name="alt")).to_have_value("2")

    root.get_by_role("button", name="Use what is there now").click()
    expect(name).to_have_value("Theirs")
    name.fill("Ours")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert rows(root, "/flights/airports/XYZ.json?_shape=objects")[0] == {"faa": "XYZ", "name": "Ours", "alt": 2}
    post(root, "/flights/airports/XYZ/-/delete", {})


def test_one_value_is_edited_in_its_place_on_the_row_page(root: Page) -> None:
    root.goto("/flights/notes")
    post(root, "/flights/notes/-/insert", {"row": {"id": 90, "body": "before"}})
    root.goto("/flights/notes/90")
    tab_to(root, "button[aria-label='Edit body']")
    root.keyboard.press("Enter")
    field = root.get_by_role("textbox", name="body")
    expect(field).to_be_focused()
    root.keyboard.press("Escape")
    expect(root.get_by_role("button", name="Edit body")).to_be_focused()
    root.keyboard.press("Enter")
    field.fill("mine")
    post(root, "/flights/notes/90/-/update", {"update": {"body": "theirs"}})
    root.keyboard.press("Enter")
    expect(root.get_by_role("alert")).to_contain_text("Somebody else changed this row")
    expect(root.locator(".edit-note")).to_contain_text("Now “theirs”, was “before” when you began.")
    field.focus()
    with root.expect_navigation():
        root.keyboard.press("Enter")
    assert rows(root, "/flights/notes/90.json?_shape=objects")[0]["body"] == "mine"
    expect(root.get_by_role("button", name="Edit id")).to_have_count(0)
    post(root, "/flights/notes/90/-/delete", {})


def test_keyboard_alone_from_the_table(root: Page) -> None:
    root.goto("/flights/notes")
    for key in (81, 82, 83):
        post(root, "/flights/notes/-/insert", {"row": {"id": key, "body": f"note {key}"}})
    root.goto("/flights/notes?_sort=id")
    tab_to(root, ".row-tool")
    root.keyboard.press("ArrowDown")
    root.keyboard.press("Enter")
    field = root.get_by_role("textbox", name="body")
    expect(field).to_be_focused()
    root.keyboard.press("Control+A")
    root.keyboard.type("changed")
    with root.expect_navigation():
        root.keyboard.press("Control+Enter")
    expect(root.locator("tr[data-row='82'] td.col-body")).to_have_text("changed")

    tab_to(root, ".row-tool")
    root.keyboard.press("End")
    root.keyboard.press("Delete")
    expect(root.get_by_role("dialog")).to_contain_text("Row 83")
    root.keyboard.press("Escape")
    expect(root.locator("tr[data-row='83'] .row-tool")).to_be_focused()
    root.keyboard.press("Delete")
    tab_to(root, "button[type=submit]")
    with root.expect_navigation():
        root.keyboard.press("Enter")
    expect(root.locator("tr[data-row='83']")).to_have_count(0)
    expect(root.get_by_role("button", name="Undo")).to_be_visible()
    with root.expect_navigation():
        root.keyboard.press("Control+Z")
    expect(root.locator("tr[data-row='83']")).to_have_count(1)
    for key in (81, 82, 83):
        post(root, f"/flights/notes/{key}/-/delete", {})


def test_nothing_is_offered_to_who_may_not(page: Page) -> None:
    page.goto("/flights/notes")
    expect(page.locator(".page-action-menu")).to_have_count(0)
    assert page.evaluate("window._vitrinaRows") is None
    page.goto("/flights/flights")
    expect(page.locator(".row-tool")).to_have_count(0)


def test_a_plugin_makes_its_own_field(root: Page) -> None:
    root.add_init_script(
        """document.addEventListener("datasette_init", ({detail}) => detail.registerPlugin("stars", {version: "1",
          makeColumnField: (context) => context.column === "body" && {
            render(field) {
              const button = document.createElement("button");
              button.type = "button";
              button.textContent = `Five stars for ${context.table}`;
              button.addEventListener("click", () => field.setValue("*****"));
              return button;
            },
          },
        }))"""
    )
    root.goto("/flights/notes")
    open_action(root, "Table actions", "Insert a row into notes")
    root.get_by_role("button", name="Five stars for notes").click()
    with root.expect_navigation():
        root.get_by_role("button", name="Insert row").click()
    [row] = rows(root, "/flights/notes.json?_shape=objects")
    assert row["body"] == "*****"
    post(root, f"/flights/notes/{row['id']}/-/delete", {})

"""Insert many rows by pasting cells from a spreadsheet."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from browser.test_editing import open_action, post, root, rows

__all__ = ["root"]

_PASTE = """(target, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  target.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def paste(page: Page, text: str) -> None:
    """Paste into the dialog."""
    page.get_by_role("textbox", name="Cells").evaluate(_PASTE, text)


def count(page: Page, path: str) -> int:
    answer = page.evaluate("(path) => fetch(path + '?_size=0&_extra=count').then((response) => response.json())", path)
    found: int = answer["count"]
    return found


def empty(page: Page, table: str) -> None:
    """Leave a table as the other tests expect it."""
    post(page, "/flights/-/execute-write", {"sql": f"delete from {table}"})


def test_a_thousand_rows(root: Page) -> None:
    root.goto("/flights/visits")
    open_action(root, "Table actions", "Insert many rows by pasting into visits")
    lines = ["guests\tremark\tday"]
    lines += [f'{number}\t"said ""{number}"",\tthen left"\t2026-01-{number % 28 + 1:02d}' for number in range(1000)]
    paste(root, "\r\n".join(lines))
    expect(root.get_by_role("status")).to_contain_text("1,000 rows to insert.")
    expect(root.get_by_text("and 950 more rows without problems")).to_be_visible()
    with root.expect_navigation():
        root.get_by_role("button", name="Insert rows").click()
    assert count(root, "/flights/visits.json") == 1000
    [row] = rows(root, "/flights/visits.json?_shape=objects&guests=7")
    assert (row["remark"], row["day"], row["price"]) == ('said "7",\tthen left', "2026-01-08", None)
    empty(root, "visits")


def test_wrong_cells_are_put_right_in_the_preview(root: Page) -> None:
    root.goto("/flights/visits")
    open_action(root, "Table actions", "Insert many rows by pasting into visits")
    paste(root, "guests,day,nonsense\n1,2026-02-30,x\nmany,2026-01-02,y\n")
    expect(root.get_by_role("status")).to_contain_text("2 rows to insert; 2 cells need attention; 1 column left out.")
    root.get_by_role("button", name="Insert rows").click()
    expect(root.get_by_role("alert")).to_contain_text("Nothing was inserted.")
    day = root.get_by_role("textbox", name="day, row 1")
    expect(day).to_be_focused()
    day.fill("2026-02-28")
    day.press("Tab")
    guests = root.get_by_role("textbox", name="guests, row 2")
    expect(guests).to_be_focused()
    guests.fill("5")
    guests.press("Tab")
    expect(root.get_by_role("status")).to_contain_text("2 rows to insert; 1 column left out.")
    with root.expect_navigation():
        root.get_by_role("button", name="Insert rows").click()
    found = rows(root, "/flights/visits.json?_shape=objects&_sort=id")
    assert [(row["guests"], row["day"]) for row in found] == [(1, "2026-02-28"), (5, "2026-01-02")]
    empty(root, "visits")


def test_rows_that_the_server_refuses_stay_and_the_others_are_inserted(root: Page) -> None:
    root.goto("/flights/airlines")
    open_action(root, "Table actions", "Insert many rows by pasting into airlines")
    paste(root, "carrier\tname\nX1\tOne\nUA\tTaken\nX2\t<b>Two</b>\n")
    root.get_by_role("button", name="Insert rows").click()
    expect(root.get_by_role("alert")).to_contain_text("2 rows of 3 inserted, 1 row refused. What is left stays below.")
    expect(root.get_by_text("Row 1 was refused: UNIQUE constraint failed")).to_be_visible()
    root.get_by_label("Update rows whose key is there already").check()
    with root.expect_navigation():
        root.get_by_role("button", name="Insert rows").click()
    found = {row["carrier"]: row["name"] for row in rows(root, "/flights/airlines.json?_shape=objects")}
    assert (found["UA"], found["X1"], found["X2"]) == ("Taken", "One", "<b>Two</b>")
    expect(root.locator("tr[data-row=X2] td.col-name")).to_have_text("<b>Two</b>")
    post(root, "/flights/airlines/UA/-/update", {"update": {"name": "United"}})
    for carrier in ("X1", "X2"):
        post(root, f"/flights/airlines/{carrier}/-/delete", {})


def test_pasting_on_the_page_with_the_keyboard(root: Page) -> None:
    root.goto("/flights/notes")
    root.locator("body").evaluate(_PASTE, "one\ntwo\n")
    expect(root.get_by_role("status")).to_contain_text("2 rows to insert.")
    expect(root.get_by_role("combobox", name="Column for cells like one")).to_have_value("body")
    with root.expect_navigation():
        root.keyboard.press("Control+Enter")
    assert [row["body"] for row in rows(root, "/flights/notes.json?_shape=objects&_sort=id")] == ["one", "two"]
    empty(root, "notes")

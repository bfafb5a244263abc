"""Create, alter and drop a table through the dialogs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from browser.keyboard import tab_to
from browser.test_editing import open_action, post, root

__all__ = ["root"]


def schema_of(page: Page, table: str) -> str:
    address = f"/flights/-/query.json?sql=select+sql+from+sqlite_master+where+name=:name&name={table}"
    answer: dict[str, Any] = page.evaluate("(path) => fetch(path).then((response) => response.json())", address)
    return " ".join(str(answer["rows"][0]["sql"]).split())


def test_create_alter_and_drop(root: Page) -> None:
    create_gates(root)
    alter_gates(root)
    drop_gates(root)


def create_gates(root: Page) -> None:
    root.goto("/flights")
    open_action(root, "Database actions", "Create table in flights")
    root.get_by_role("button", name="Create table").click()
    expect(root.get_by_role("alert")).to_contain_text("Nothing was made.")
    root.get_by_label("Name of the table").fill("gates")
    root.get_by_role("button", name="Add a column").click()
    origin = root.get_by_role("textbox", name="Name of new column").first
    origin.fill("origin")
    line = root.locator(".column-item").nth(1)
    line.get_by_label("needed").check()
    line.locator("summary").click()
    line.get_by_label("Table that").select_option(label="airports (faa)")
    line.get_by_label("Default of").select_option("value")
    line.get_by_label("Default value of").fill("JFK's")
    root.get_by_role("button", name="Add a column").click()
    root.locator(".column-item").nth(2).get_by_role("textbox", name="Name of").fill("opened")
    root.locator(".column-item").nth(2).locator("summary").click()
    root.locator(".column-item").nth(2).get_by_label("Default of").select_option("current_date")
    with root.expect_navigation():
        root.get_by_role("button", name="Create table").click()
    assert root.url.endswith("/flights/gates")
    schema = schema_of(root, "gates")
    assert '"id" INTEGER PRIMARY KEY' in schema
    assert '"origin" TEXT NOT NULL DEFAULT \'JFK\'\'s\' REFERENCES "airports"("faa")' in schema
    assert "CURRENT_DATE" in schema


def alter_gates(root: Page) -> None:
    open_action(root, "Table actions", "Alter table gates")
    expect(root.get_by_label("Default value of origin")).to_have_value("JFK's")
    root.get_by_role("textbox", name="Name of origin").fill("airport")
    root.get_by_label("Table that origin points at").select_option("")
    root.get_by_role("button", name="Move opened up").click()
    root.get_by_role("button", name="Add a column").click()
    root.locator(".column-item").nth(3).get_by_role("textbox", name="Name of").fill("size")
    root.locator(".column-item").nth(3).get_by_label("Type of").select_option("integer")
    root.get_by_label("Name of the table").fill("gates two")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert root.url.endswith("/flights/gates+two")
    schema = schema_of(root, "gates two")
    assert "REFERENCES" not in schema
    places = [schema.index(f'"{name}"') for name in ("id", "opened", "airport", "size")]
    assert places == sorted(places)

    open_action(root, "Table actions", "Alter table gates two")
    root.get_by_role("button", name="Remove opened").click()
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_text("The values of opened are lost for good.")).to_be_visible()
    assert '"opened"' in schema_of(root, "gates two")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert '"opened"' not in schema_of(root, "gates two")


def drop_gates(root: Page) -> None:
    open_action(root, "Table actions", "Alter table gates two")
    root.get_by_role("button", name="Drop this table…").click()
    expect(root.get_by_text("0 rows are deleted for good")).to_be_visible()
    root.get_by_role("button", name="Drop table").click()
    expect(root.get_by_role("alert")).to_contain_text("Nothing was dropped.")
    root.get_by_label("Type gates two to confirm").fill("gates two")
    with root.expect_navigation():
        root.get_by_role("button", name="Drop table").click()
    assert root.url.endswith("/flights")
    expect(root.get_by_text("Table gates two dropped")).to_be_visible()


def types_of(page: Page, table: str) -> dict[str, Any]:
    answer = page.evaluate(
        "(path) => fetch(path).then((response) => response.json())", f"/flights/{table}.json?_extra=column_types"
    )
    return {name: each["type"] for name, each in answer["column_types"].items()}


def more_of(page: Page, number: int) -> Locator:
    line = page.locator(".column-item").nth(number)
    if not line.locator("details").evaluate("(details) => details.open"):
        line.locator("summary").click()
    return line


def test_columns_get_richer_types(root: Page) -> None:
    root.goto("/flights")
    open_action(root, "Database actions", "Create table in flights")
    root.get_by_label("Name of the table").fill("people")
    root.locator(".column-item").nth(1).get_by_role("textbox", name="Name of").fill("mail")
    line = more_of(root, 1)
    line.get_by_label("shown and checked as").select_option("email")
    # An integer is no address.
    line.get_by_label("Type of").select_option("integer")
    expect(line.get_by_label("shown and checked as")).to_have_value("")
    expect(line.locator("option[value=email]")).to_be_disabled()
    line.get_by_label("Type of").select_option("text")
    line.get_by_label("shown and checked as").select_option("email")
    with root.expect_navigation():
        root.get_by_role("button", name="Create table").click()
    assert types_of(root, "people") == {"mail": "email"}

    open_action(root, "Table actions", "Alter table people")
    expect(root.get_by_label("What mail is shown and checked as")).to_have_value("email")
    root.get_by_role("textbox", name="Name of mail").fill("address")
    root.get_by_label("Name of the table").fill("persons")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert types_of(root, "persons")["address"] == "email"

    open_action(root, "Table actions", "Alter table persons")
    root.get_by_label("What address is shown and checked as").select_option("")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert "address" not in types_of(root, "persons")
    post(root, "/flights/persons/-/drop", {"confirm": True})


def test_a_type_that_is_refused_leaves_the_table_saved(root: Page) -> None:
    root.goto("/flights")
    post(root, "/flights/-/create", {"table": "refused", "columns": [{"name": "a"}]})
    root.goto("/flights/refused")
    open_action(root, "Table actions", "Alter table refused")
    root.get_by_role("textbox", name="Name of a").fill("b")
    more_of(root, 0).get_by_label("shown and checked as").select_option("url")
    root.route(
        "**/-/set-column-type", lambda route: route.fulfill(status=400, json={"ok": False, "errors": ["Not now"]})
    )
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_role("alert")).to_contain_text("The table is saved, but b has not got its type. Not now")
    expect(root.get_by_role("textbox", name="Name of a")).to_be_disabled()
    root.unroute("**/-/set-column-type")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    assert types_of(root, "refused") == {"b": "url"}
    post(root, "/flights/refused/-/drop", {"confirm": True})


def test_columns_move_with_the_keyboard(root: Page) -> None:
    root.goto("/flights")
    post(root, "/flights/-/create", {"table": "order_me", "columns": [{"name": "a"}, {"name": "b"}]})
    root.goto("/flights/order_me")
    tab_to(root, ".actions-menu-links > summary")
    root.keyboard.press("Enter")
    tab = root.get_by_role("menuitem", name="Alter table order_me")
    while not tab.evaluate("(item) => item === document.activeElement"):
        root.keyboard.press("ArrowDown")
    root.keyboard.press("Enter")
    tab_to(root, "[aria-label='Name of b']")
    root.keyboard.press("Alt+ArrowUp")
    expect(root.get_by_role("textbox", name="Name of b")).to_be_focused()
    with root.expect_navigation():
        root.keyboard.press("Control+Enter")
    schema = schema_of(root, "order_me")
    assert schema.index('"b"') < schema.index('"a"')
    post(root, "/flights/order_me/-/drop", {"confirm": True})


def test_who_may_not_gets_no_dialog(page: Page) -> None:
    page.goto("/flights")
    expect(page.get_by_text("Database actions")).to_have_count(0)
    assert page.evaluate("window._datasetteDatabaseData || null") in (None, {})


def test_alterations_are_one_request_that_fails_as_a_whole(root: Page) -> None:
    root.goto("/flights")
    columns = [{"name": "id", "type": "integer"}, {"name": "a"}, {"name": "b"}]
    post(root, "/flights/-/create", {"table": "whole", "columns": columns, "pk": "id"})
    root.goto("/flights/whole")
    sent: list[str] = []
    root.on("request", lambda request: sent.append(request.url) if request.url.endswith("/-/alter") else None)
    open_action(root, "Table actions", "Alter table whole")
    root.get_by_role("textbox", name="Name of a").fill("b")
    root.get_by_role("textbox", name="Name of b").fill("c")
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_role("alert")).to_contain_text("b is still the name of another column.")
    root.get_by_role("textbox", name="Name of a").fill("x")
    root.get_by_role("textbox", name="Name of b").fill("b")
    root.get_by_label("Name of the table").fill("airports")
    root.get_by_role("button", name="Save").click()
    expect(root.get_by_role("alert")).to_contain_text("already another table or index with this name")
    assert '"a" TEXT' in schema_of(root, "whole")
    root.get_by_label("Name of the table").fill("part")
    root.get_by_role("button", name="Move b up").click()
    line = root.locator(".column-item", has=root.get_by_role("textbox", name="Name of a"))
    line.get_by_label("key").check()
    line.locator("summary").click()
    line.get_by_label("Table that").select_option(label="airports (faa)")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    schema = schema_of(root, "part")
    assert schema.index('"b"') < schema.index('"x"')
    assert 'REFERENCES "airports"("faa")' in schema
    assert 'PRIMARY KEY ("id", "x")' in schema
    assert len(sent) == 2
    post(root, "/flights/part/-/drop", {"confirm": True})


def test_a_type_that_cannot_be_chosen_stays_until_another_is(root: Page) -> None:
    root.goto("/flights")
    post(
        root,
        "/flights/-/execute-write",
        {"sql": "create table dated (id integer primary key, day date, price decimal)"},
    )
    root.goto("/flights/dated")
    open_action(root, "Table actions", "Alter table dated")
    expect(root.get_by_label("Type of day").locator("option:checked")).to_have_text("as it is")
    root.get_by_role("textbox", name="Name of day").fill("since")
    root.get_by_label("Type of price").select_option("float")
    with root.expect_navigation():
        root.get_by_role("button", name="Save").click()
    schema = schema_of(root, "dated").lower()
    assert '"since" date' in schema
    assert '"price" real' in schema
    post(root, "/flights/dated/-/drop", {"confirm": True})

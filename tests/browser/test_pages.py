"""What the pages' scripts do, and that the pages do without them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browser.conftest import Served, new_context
from browser.test_accessibility import PAGES


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_fits_320_pixels(browser: Browser, served: Served, path: str) -> None:
    context = new_context(browser, served, 320, 640)
    page = context.new_page()
    page.goto(path)
    page.wait_for_timeout(100)
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= 320


def test_rows_are_on_the_first_screen(page: Page) -> None:
    page.goto("/flights/flights")
    box = page.locator("tbody tr").first.bounding_box()
    assert box is not None and box["y"] < 260


def test_without_script(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/flights/flights?_facet=carrier")
    expect(page.locator("tbody tr")).to_have_count(100)
    page.locator('select[name="_filter_column"]').select_option("carrier")
    page.locator('input[name="_filter_value"]').fill("AA")
    page.locator('.filters input[type="submit"]').click()
    assert "carrier__exact=AA" in page.url
    page.goto("/flights/-/query")
    page.locator("textarea#sql-editor").fill("select 7 as seven")
    page.get_by_role("button", name="Run SQL").click()
    expect(page.locator("td.col-seven")).to_have_text("7")
    context.close()


def test_theme_is_remembered(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Switch to dark colours").click()
    page.goto("/flights")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") in ("dark", "normal")
    expect(page.get_by_role("button", name="Switch to light colours")).to_be_visible()


def test_jump_menu(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("airp")
    option = page.locator('[role="option"]', has_text="airports")
    expect(option.first).to_have_attribute("aria-selected", "true")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/flights/airports")


def test_a_search_that_fails_late_does_not_spoil_the_jump_menu(page: Page) -> None:
    first: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if first:
            route.continue_()
        else:
            first.append(route)

    page.goto("/flights")
    # A search that was given up cannot be aborted here, and fails only when its successor was answered.
    page.evaluate("AbortController.prototype.abort = () => {}")
    page.route("**/-/jump?*", hold_the_first)
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Jump to").fill("airl")
    expect(page.locator(".jump-results [role=option]").first).to_contain_text("airlines")
    with page.expect_event("requestfinished"):
        first[0].fulfill(body="no JSON")
    page.wait_for_timeout(100)
    expect(page.locator(".jump-results [role=option]").first).to_contain_text("airlines")
    expect(page.locator(".jump-empty")).to_be_hidden()


def test_column_menu(page: Page) -> None:
    page.goto("/flights/flights")
    button = page.get_by_role("button", name="Menu of column carrier")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Sort ascending")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Facet by this").click()
    assert "_facet=carrier" in page.url


def test_plugin_script(page: Page) -> None:
    """The interface that other people's scripts use."""
    page.add_init_script("""
      document.addEventListener("datasette_init", (event) => {
        event.detail.registerPlugin("test", {
          version: 1,
          makeColumnActions: (meta) => [{label: `Shout ${meta.columnName} ${meta.columnType}`, onClick: () => {}}],
          makeAboveTablePanelConfigs: () => [{id: "p", label: "P", render: (node) => (node.textContent = "hello")}],
        });
        event.detail.registerPlugin("broken", {version: 1, makeColumnActions: () => []});
      });
    """)
    page.goto("/flights/flights")
    expect(page.locator(".above-table-panel .tab-contents")).to_have_text("hello")
    page.get_by_role("button", name="Menu of column carrier").click()
    expect(page.get_by_role("menuitem", name="Shout carrier text")).to_be_visible()
    assert page.evaluate("window._datasetteTableData.table") == "flights"
    assert page.evaluate("window.DATASETTE_ALLOW_FACET") is True
    assert page.evaluate("Boolean(window.datasetteVersion)") is True


def test_long_text_is_clipped_and_shown_on_demand(page: Page) -> None:
    page.goto("/flights/flights?id=3")
    cell = page.locator("td.col-note")
    before = cell.bounding_box()
    cell.get_by_role("button", name="more").click()
    after = cell.bounding_box()
    assert before is not None and after is not None and after["height"] > before["height"]


def test_cards_and_grid(browser: Browser, served: Served) -> None:
    context = new_context(browser, served, 360, 740)
    page = context.new_page()
    page.goto("/flights/flights")
    expect(page.locator(".as-cards")).to_have_count(1)
    expect(page.locator("tbody tr").first.locator("td").nth(1)).to_have_attribute("data-label", "day")
    page.get_by_role("button", name="Column actions").click()
    page.locator("dialog summary", has_text="carrier").click()
    expect(page.get_by_role("link", name="Facet by this")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show as a grid").click()
    expect(page.locator(".as-cards")).to_have_count(0)
    assert page.locator("td[data-label]").count() == 0
    context.close()


def test_parameters_follow_the_text(page: Page) -> None:
    page.goto("/flights/-/query?sql=select+1")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(", :first, :second")
    expect(page.locator("[data-parameter-control]")).to_have_count(2)
    expect(page.get_by_label("second")).to_be_visible()


def test_format_plan_and_history(page: Page) -> None:
    page.goto("/flights/-/query?sql=select+name+from+airlines+where+carrier+%3D+1")
    page.get_by_role("button", name="Plan").click()
    expect(page.locator(".sql-plan")).to_contain_text("SEARCH airlines")
    page.get_by_role("button", name="Format SQL").click()
    expect(page.locator(".cm-line")).to_have_count(6)
    page.goto("/flights/-/query?sql=select+2")
    page.locator(".sql-history summary").click()
    expect(page.locator(".sql-history li")).to_have_count(1)

"""From the home page to a CSV file with the keyboard alone, on wide and narrow screens, light and dark."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from browser.conftest import Served, new_context, watch
from browser.keyboard import choose, follow, open_fold, tab_to


def test_walk(browser: Browser, served: Served, screen: tuple[int, int, str]) -> None:
    width, height, colours = screen
    context = new_context(browser, served, width, height, colours)
    page = context.new_page()
    problems: list[str] = []
    watch(page, problems)
    page.goto("/")
    follow(page, '.database-card a[href="/flights"]')
    follow(page, '.db-table a[href="/flights/flights"]')
    _filter(page)
    _facet(page)
    _sort(page)
    _next_page(page)
    _row_and_foreign_key(page)
    _sql(page)
    _csv(page)
    context.close()
    assert problems == []


def _filter(page: Page) -> None:
    open_fold(page, ".filters-fold")
    choose(page, 'select[name="_filter_column"]', "dep_delay")
    choose(page, 'select[name="_filter_op"]', ">")
    tab_to(page, 'input[name="_filter_value"]')
    page.keyboard.type("-10")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "dep_delay__gt=-10" in page.url
    expect(page.locator(".table-summary")).to_contain_text("dep_delay > -10")


def _facet(page: Page) -> None:
    follow(page, '.suggested-facets a[href*="_facet=carrier"]')
    open_fold(page, ".facets-fold")
    follow(page, '.facet-info[data-column="carrier"] a[data-facet-value="UA"]')
    assert "carrier=UA" in page.url
    expect(page.locator('.facet-info[data-column="carrier"] li.selected')).to_have_count(1)


def _sort(page: Page) -> None:
    if page.locator(".as-cards").count():
        open_fold(page, ".filters-fold")
        choose(page, 'select[name="_sort"]', "Sort by dep_delay")
        with page.expect_navigation():
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
    else:
        follow(page, 'th[data-column="dep_delay"] > a')
    assert "_sort=dep_delay" in page.url


def _next_page(page: Page) -> None:
    page.goto(page.url + "&_size=20")
    follow(page, ".next-page a")
    assert "_next=" in page.url


def _row_and_foreign_key(page: Page) -> None:
    follow(page, "td.type-pk a")
    assert page.evaluate("document.body.classList.contains('row')")
    follow(page, ".record td.col-carrier a")
    assert page.url.endswith("/flights/airlines/UA")
    expect(page.locator("h1")).to_contain_text("airlines: UA")


def _sql(page: Page) -> None:
    follow(page, '.crumbs a[href="/flights"]')
    tab_to(page, ".cm-content, #sql-editor")
    expect(page.locator(".sql-host")).to_be_attached()
    tab_to(page, ".cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.type("select count(*) as total from flights")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator("td.col-total")).to_have_text("260")


def _csv(page: Page) -> None:
    tab_to(page, '.export-links a[href*=".csv"]')
    with page.expect_response(lambda response: ".csv" in response.url) as found:
        page.keyboard.press("Enter")
    assert found.value.text().split() == ["total", "260"]

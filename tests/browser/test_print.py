"""What comes out of the printer: dark ink on white paper, and nothing beyond its edge."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from browser.conftest import Served, new_context

#: A4 at 96 dots an inch, without its margins
PAPER = (718, 1000)


@pytest.mark.parametrize("path", ["/flights/flights?_facet=carrier", "/flights/-/query?sql=select+*+from+flights"])
def test_a_wide_table_fits_on_paper(browser: Browser, served: Served, path: str) -> None:
    context = new_context(browser, served, *PAPER)
    page = context.new_page()
    page.goto(path)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER[0]
    context.close()


def test_a_row_is_printed_with_its_values_beside_their_names(browser: Browser, served: Served) -> None:
    context = new_context(browser, served, *PAPER)
    page = context.new_page()
    page.goto("/flights/flights/1")
    page.emulate_media(media="print")
    head = page.locator(".record th").nth(1).bounding_box()
    cell = page.locator(".record td").nth(1).bounding_box()
    context.close()
    assert head is not None and cell is not None
    assert head["y"] == cell["y"] and head["x"] < cell["x"]


@pytest.mark.parametrize("remembered", [False, True])
def test_dark_pages_are_printed_light(browser: Browser, served: Served, remembered: bool) -> None:
    context = new_context(browser, served, *PAPER, "light" if remembered else "dark")
    page = context.new_page()
    page.goto("/flights")
    if remembered:
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    colours = page.evaluate(
        "(() => { const style = getComputedStyle(document.documentElement);"
        " return ['--paper', '--ink', '--bar'].map((name) => style.getPropertyValue(name)); })()"
    )
    context.close()
    assert colours == ["#fff", "#000", "#ddd"]

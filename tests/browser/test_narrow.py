"""The pages of those who run a site, on a telephone: nothing wider than it, menus inside it, targets for fingers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import WAIT_MS, Served

PAGES = {
    "actions": "/-/actions",
    "activity": "/-/permissions?filter=all",
    "allowed": "/-/allowed?action=view-table",
    "rules": "/-/rules?action=view-table",
    "explain": "/-/check?action=view-table&parent=flights&child=flights",
    "api": "/-/api",
    "token": "/-/create-token",
    "autocomplete": "/-/debug/autocomplete",
    "store": "/flights/-/queries/store",
    "write": "/flights/-/execute-write",
    "import": "/flights/-/import",
    "refused sql": "/flights/-/query?sql=delete+from+flights",
}
#: what is neither a link in a sentence nor hidden, and smaller than a fingertip
SMALL = """() => [...document.querySelectorAll("a[href], button, summary, select")]
  .filter((each) => !each.closest(".visually-hidden, .skip-link") && getComputedStyle(each).display !== "inline")
  .map((each) => [each.textContent.trim(), each.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && Math.min(box.width, box.height) < 24)
  .map(([text, box]) => `${text} ${box.width} x ${box.height}`)"""


@pytest.fixture
def telephone(browser: Browser, served: Served, root_state: dict[str, object]) -> Iterator[Page]:
    context = browser.new_context(
        base_url=served.url,
        viewport={"width": 320, "height": 640},
        has_touch=True,
        reduced_motion="reduce",
        storage_state=root_state,  # type: ignore[arg-type]
    )
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_pages_of_tools_fit(telephone: Page, path: str) -> None:
    telephone.goto(path)
    assert telephone.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", ["/flights", "/flights/flights", "/flights/flights/1", "/flights/notes"])
def test_action_menus_open_inside_the_page(telephone: Page, path: str) -> None:
    telephone.goto(path)
    telephone.locator(".page-action-menu summary").click()
    box = telephone.locator(".dropdown-menu").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320
    assert telephone.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    "path", ["/", "/flights", "/flights/flights?_facet=carrier", "/flights/flights/1", "/-/actions"]
)
def test_targets_are_large_enough_for_fingers(telephone: Page, path: str) -> None:
    telephone.goto(path)
    assert telephone.evaluate(SMALL) == []

"""Using a page with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page

_MOST_TABS = 400

_ACTIVE = """(selector) => {
  let active = document.activeElement;
  while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
  return Boolean(active && active.matches(selector));
}"""

_VISIBLE = """() => {
  const active = document.activeElement;
  if (!active || active === document.body) return true;
  const box = active.getBoundingClientRect();
  const style = getComputedStyle(active);
  return box.width > 0 && box.height > 0 && style.visibility !== "hidden";
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element that ``selector`` describes has the focus; every stop must be visible."""
    for _ in range(_MOST_TABS):
        if page.evaluate(_ACTIVE, selector):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(_VISIBLE), "the focus went to something that cannot be seen"
    raise AssertionError(f"Tab never reaches {selector} on {page.url}")


def follow(page: Page, selector: str) -> None:
    """Go to a link with Tab and follow it with Enter."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def open_fold(page: Page, selector: str) -> None:
    """Open a folded part of the page, where it is folded."""
    if not page.locator(selector).evaluate("(fold) => fold.open"):
        tab_to(page, f"{selector} > summary")
        page.keyboard.press("Enter")


def choose(page: Page, selector: str, text: str) -> None:
    """Choose an option of a select by typing its text."""
    tab_to(page, selector)
    page.keyboard.type(text)

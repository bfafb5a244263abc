"""The main pages under axe-core: nothing serious, nothing critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.conftest import Served, new_context

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")

PAGES = {
    "home": "/",
    "database": "/flights",
    "table": "/flights/flights?_facet=carrier&dep_delay__gt=100&_facet=origin",
    "view": "/flights/late",
    "empty table": "/flights/notes",
    "row": "/flights/flights/1",
    "sql": "/flights/-/query?sql=select+*+from+flights+where+carrier+%3D+%3Ac&c=UA",
    "sql error": "/flights/-/query?sql=select+nope",
    "stored query": "/flights/by_airline?carrier=AA",
    "queries": "/-/queries",
    "schema": "/flights/-/schema",
    "settings": "/-/settings",
    "not found": "/flights/nothing",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_axe(browser: Browser, served: Served, screen: tuple[int, int, str], path: str) -> None:
    width, height, colours = screen
    context = new_context(browser, served, width, height, colours)
    page = context.new_page()
    page.goto(path)
    page.wait_for_timeout(150)
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    serious = [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
    assert serious == []

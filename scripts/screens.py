"""Pictures of the demonstration's pages: wide and narrow, light and dark.

python scripts/screens.py var/flights.db var/screens
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

PORT = 8129
PAGES = {
    "home": "/",
    "database": "/flights",
    "table": "/flights/flights?_facet=carrier&_facet=origin",
    "search": "/flights/airports?_search=kennedy",
    "row": "/flights/airports/JFK",
    "query": "/flights/-/query?sql=select+carrier,+count(*)+from+flights+group+by+carrier",
    "stored_query": "/flights/delays_by_airline",
    "not_found": "/flights/nowhere",
}
WIDTHS = {"wide": 1280, "narrow": 390}
SCHEMES = ("light", "dark")


@contextmanager
def served(database: str) -> Iterator[str]:
    """Serve the demonstration; the address."""
    command = [sys.executable, "-m", "vitrina", "serve", database, "--port", str(PORT)]
    files = ["--config", "demo/config.yaml", "--metadata", "demo/metadata.yaml"]
    process = subprocess.Popen([*command, *files], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{address}/-/healthz").close()
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        else:
            sys.exit("The demonstration did not start")
        yield address
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Write one picture for each page, width and colour scheme."""
    database, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with served(database) as address, sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, as in containers.
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        for size, width in WIDTHS.items():
            for scheme in SCHEMES:
                page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                for name, path in PAGES.items():
                    page.goto(address + path)
                    page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
                page.close()
        browser.close()
    print(f"{len(PAGES) * len(WIDTHS) * len(SCHEMES)} pictures in {folder}")


if __name__ == "__main__":
    main()

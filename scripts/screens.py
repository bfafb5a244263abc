"""Take pictures of the demonstration's main pages and of pages of files, wide and narrow, light and dark.

    python scripts/screens.py var/flights.db docs/screens

Needs Chromium; its path may stand in the environment variable CHROMIUM.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from screens_files import build, fill

ROOT = Path(__file__).resolve().parent.parent
SQL = (
    "select+airlines.name%2C+count%28%2A%29+as+flights%0Afrom+flights%0A"
    "join+airlines+using+%28carrier%29%0Agroup+by+airlines.name%0Aorder+by+flights+desc"
)
PAGES = {
    "home": "/",
    "database": "/flights",
    "table": "/flights/flights?_facet=origin&_facet=carrier&month=7&day=10",
    "search": "/flights/airports?_search=international",
    "planes": "/flights/planes",
    "row": "/flights/planes/N14228",
    "sql": f"/flights/-/query?sql={SQL}",
    "stored-query": "/flights/delays_by_airline",
    "not-found": "/flights/nothing",
}
OPTIONS = (
    *("--config", str(ROOT / "demo/config.yaml"), "--metadata", str(ROOT / "demo/metadata.yaml")),
    *("--setting", "facet_time_limit_ms", "5000", "--setting", "sql_time_limit_ms", "10000"),
)
#: name, width, height
SIZES = (("wide", 1280, 800), ("narrow", 360, 740))


@contextmanager
def served(database: Path, options: Sequence[str]) -> Iterator[str]:
    """Serve the database while the pictures are taken; gives the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "vitrina", "serve", str(database), "--port", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            wait(address, process)
            yield address
        finally:
            process.terminate()


def wait(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    for _ in range(150):
        if process.poll() is not None:
            sys.exit("The server did not start.")
        try:
            urllib.request.urlopen(f"{address}/-/versions.json").close()
            return
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit("The server did not answer.")


def take(browser: Browser, address: str, folder: Path, pages: Mapping[str, str] = PAGES) -> None:
    """Write ``PAGE-SIZE-COLOURS.png`` for every page."""
    for size, width, height in SIZES:
        for colours in ("light", "dark"):
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme="dark" if colours == "dark" else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            for name, path in pages.items():
                page.goto(path)
                page.wait_for_timeout(400)
                page.screenshot(path=folder / f"{name}-{size}-{colours}.png")
            context.close()


def main() -> None:
    """Take the pictures of the database and into the folder named on the command line."""
    database, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as scratch:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        with served(database, OPTIONS) as address:
            take(browser, address, folder)
        site = build(Path(scratch))
        with served(site.database, site.options) as address:
            file_pages = fill(site, address)
            take(browser, address, folder, file_pages)
        browser.close()
    print(f"{(len(PAGES) + len(file_pages)) * len(SIZES) * 2} pictures in {folder}")


if __name__ == "__main__":
    main()

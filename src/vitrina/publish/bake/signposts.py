"""Files for machines that look at a site: robots.txt, sitemap.xml, and a feed for each database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from vitrina.publish.bake.addresses import link_to
from vitrina.publish.bake.files import Mirror
from vitrina.publish.bake.journal import Entry

#: more than this many in one sitemap are not read
SITEMAP_LARGEST = 50_000


def write_signposts(
    mirror: Mirror, entries: Iterable[Entry], public: str, changed: Mapping[str, float]
) -> tuple[list[str], list[str]]:
    """Write them; their files, and notes about what could not be written.

    ``public`` is the address of the mirror or empty; ``changed`` the time each
    database file was changed, by its name. Raises OSError.
    """
    pages = [entry for entry in entries if entry.file.endswith(".html")]
    files, notes = ["robots.txt"], []
    if public:
        files += _write_sitemaps(mirror, pages, public)
        mirror.write("robots.txt", f"User-agent: *\nAllow: /\nSitemap: {public}sitemap.xml\n".encode())
        for name, tables in _tables(pages).items():
            moment = changed.get(name, max(changed.values(), default=0.0))
            file = "feed.xml" if not name else f"{name}/feed.xml"
            mirror.write(file, _feed(public, name, tables, moment).encode())
            files.append(file)
    else:
        mirror.write("robots.txt", b"User-agent: *\nAllow: /\n")
        notes.append("sitemap.xml and feeds need the address of the mirror: --url")
    return files, notes


def _write_sitemaps(mirror: Mirror, pages: list[Entry], public: str) -> list[str]:
    parts = [pages[start : start + SITEMAP_LARGEST] for start in range(0, len(pages), SITEMAP_LARGEST)]
    if len(parts) <= 1:
        mirror.write("sitemap.xml", _sitemap(pages, public).encode())
        return ["sitemap.xml"]
    files = []
    for number, part in enumerate(parts):
        files.append(f"sitemap-{number}.xml")
        mirror.write(files[-1], _sitemap(part, public).encode())
    items = "".join(f"<sitemap><loc>{escape(public + file)}</loc></sitemap>\n" for file in files)
    mirror.write("sitemap.xml", _document("sitemapindex", items).encode())
    return [*files, "sitemap.xml"]


def _sitemap(pages: Iterable[Entry], public: str) -> str:
    return _document(
        "urlset", "".join(f"<url><loc>{escape(public + link_to(page.file))}</loc></url>\n" for page in pages)
    )


def _document(name: str, inside: str) -> str:
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{space}">\n{inside}</{name}>\n'


def _tables(pages: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The pages of tables by their database, all of them under the empty name."""
    found: dict[str, list[Entry]] = {"": []}
    for page in pages:
        parts = page.url.strip("/").split("/")
        if len(parts) == 2 and parts[0] != "-" and "?" not in page.url:
            found.setdefault(parts[0], []).append(page)
            found[""].append(page)
    return found


def _feed(public: str, name: str, tables: Iterable[Entry], moment: float) -> str:
    updated = datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    home = f"{public}{name}/" if name else public
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<title>{escape(name or 'Tables')}</title>",
        f"<id>{escape(home)}</id>",
        f"<link href={quoteattr(home)}/>",
        f"<updated>{updated}</updated>",
        "<author><name>Vitrina</name></author>",
    ]
    for table in tables:
        address = public + link_to(table.file)
        lines.append(
            f"<entry><title>{escape(table.title)}</title><id>{escape(address)}</id>"
            f"<link href={quoteattr(address)}/><updated>{updated}</updated></entry>"
        )
    return "\n".join([*lines, "</feed>", ""])

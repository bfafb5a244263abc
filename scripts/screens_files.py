"""A small museum with files, made anew, for the pictures of the pages of files."""

from __future__ import annotations

import json
import sqlite3
import struct
import urllib.parse
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

OBJECTS = ("Amphora", "Oil lamp", "Coin of Athens", "Bronze mirror", "Glass bowl", "Spindle whorl", "Loom weight")
LOANS = "id,object,to,until\n1,Amphora,City museum,2027-03-01\n2,Glass bowl,Glass house,2027-05-15\n"


@dataclass(frozen=True, slots=True)
class Museum:
    """What is served: a database and the options of the server."""

    database: Path
    options: tuple[str, ...]


def build(folder: Path) -> Museum:
    """Write the database and the configuration to ``folder``."""
    sources = {
        "photographs": {"storage": "filesystem", "config": {"root": str(folder / "photographs")}},
        "papers": {"storage": "filesystem", "config": {"root": str(folder / "papers")}},
    }
    allowed = ("files-browse", "files-upload", "files-edit", "files-delete", "update-row", "insert-row", "create-table")
    config = {
        "plugins": {"datasette-files": {"sources": sources}},
        "permissions": dict.fromkeys(allowed, True),
        "databases": {"museum": {"tables": {"objects": {"label_column": "name", "column_types": {"photo": "file"}}}}},
    }
    (folder / "config.json").write_text(json.dumps(config))
    conn = sqlite3.connect(folder / "museum.db")
    conn.execute("create table objects (id integer primary key, name text not null, year integer, photo text)")
    conn.commit()
    conn.close()
    options = ("--config", str(folder / "config.json"), "--internal", str(folder / "internal.db"))
    return Museum(folder / "museum.db", options)


def fill(museum: Museum, address: str) -> dict[str, str]:
    """Upload the files; the pages to take pictures of, by name."""
    photos = []
    for number, name in enumerate(OBJECTS):
        filename = f"{name.lower().replace(' ', '-')}.png"
        photos.append(_upload(address, "photographs", filename, _picture(number), "image/png"))
    loans = _upload(address, "papers", "loans.csv", LOANS.encode(), "text/csv")
    conn = sqlite3.connect(museum.database)
    rows = [(name, -480 + 30 * number, photo) for number, (name, photo) in enumerate(zip(OBJECTS, photos, strict=True))]
    conn.executemany("insert into objects (name, year, photo) values (?, ?, ?)", rows)
    conn.commit()
    conn.close()
    return {
        "files-list": "/-/files/source/photographs",
        "files-gallery": "/-/files/source/photographs?view=gallery",
        "file-picture": f"/-/files/{photos[0]}",
        "file-import": f"/-/files/import/{loans}",
        "file-cells": "/museum/objects",
        "file-row": "/museum/objects/1",
    }


def _upload(address: str, source: str, filename: str, data: bytes, content_type: str) -> str:
    url = f"{address}/-/files/upload/{source}/-/file?filename={urllib.parse.quote(filename)}"
    request = urllib.request.Request(url, data=data, headers={"Content-Type": content_type})
    with urllib.request.urlopen(request) as answer:
        file_id: str = json.load(answer)["files"][0]["id"]
    return file_id


def _picture(number: int) -> bytes:
    """A vessel before a wall: a PNG of 480 by 360 pixels."""
    width, height = 480, 360
    lines = []
    for y in range(height):
        down = (y - 40) / 280
        half = 0 if not 0 <= down <= 1 else int((60 + 12 * number) * (1.15 - abs(2 * down - 1.1 + number / 20)))
        wall = (206 - y // 6, 200 - y // 6, 190 - y // 6)
        line = bytearray(b"\0")
        for x in range(width):
            aside = abs(x - width // 2)
            light = max(0, min(255, 150 - aside - (x - width // 2) // 3))
            line += bytes((light, (light * (60 + 5 * number)) // 100, light // 3) if aside < half else wall)
        lines.append(bytes(line))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(lines))),
        (b"IEND", b""),
    )
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

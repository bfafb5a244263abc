"""A server with files, which tests may kill and start again, and files to give it."""

from __future__ import annotations

import io
import sqlite3
import struct
import subprocess
import sys
import time
import wave
import zlib
from pathlib import Path

import httpx

SOURCES = """
      photos: {storage: filesystem, config: {root: files/photos, max_file_size: 60000000}}
      papers: {storage: filesystem, config: {root: files/papers}}
"""

CONFIG = """
plugins:
  datasette-files:
    sources: SOURCES
permissions:
  files-browse: true
  files-upload: true
  files-edit: true
  files-delete: true
  create-table: true
  insert-row: true
  update-row: true
databases:
  museum:
    tables:
      objects:
        label_column: name
        column_types: {scan: file}
"""


class FilesSite:
    """One server in ``folder``, always at the same address."""

    def __init__(self, folder: Path, port: int, base_url: str = "/", sources: str = SOURCES) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}{base_url.rstrip('/')}"
        self._options = ["--port", str(port), "--setting", "base_url", base_url]
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "config.yaml").write_text(CONFIG.replace("SOURCES", sources))
        conn = sqlite3.connect(folder / "museum.db")
        conn.executescript(
            "create table objects (id integer primary key, name text not null, scan text);"
            "insert into objects values (1, 'Amphora', null), (2, 'Lamp', null);"
        )
        conn.close()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "vitrina", "serve", "museum.db", "--config", "config.yaml"]
        command += ["--internal", "internal.db", *self._options]
        with (self.folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        for _ in range(150):
            assert self._process.poll() is None, (self.folder / "log.txt").read_text()
            try:
                httpx.get(f"{self.url}/-/healthz", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the server did not answer")

    def kill(self) -> None:
        """End it without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def upload(self, source: str, name: str, data: bytes, content_type: str) -> str:
        """The id of a new file."""
        answer = httpx.post(
            f"{self.url}/-/files/upload/{source}/-/file",
            params={"filename": name},
            content=data,
            headers={"content-type": content_type},
            trust_env=False,
        )
        file_id: str = answer.raise_for_status().json()["files"][0]["id"]
        return file_id

    def find(self, words: str) -> list[dict[str, object]]:
        """Files that match."""
        answer = httpx.get(f"{self.url}/-/files/search.json", params={"q": words}, trust_env=False)
        found: list[dict[str, object]] = answer.raise_for_status().json()["files"]
        return found

    def record(self, file_id: object) -> dict[str, object]:
        """The row of a file."""
        row: dict[str, object] = httpx.get(f"{self.url}/-/files/{file_id}.json", trust_env=False).json()
        return row

    def set_scan(self, row: int, file_id: str | None) -> None:
        """Name a file in a row."""
        conn = sqlite3.connect(self.folder / "museum.db")
        conn.execute("update objects set scan = ? where id = ?", (file_id, row))
        conn.commit()
        conn.close()


def png(width: int = 60, height: int = 40, red: int = 200) -> bytes:
    """A picture of one colour."""
    line = b"\0" + bytes((red, 80, 90)) * width
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(line * height)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def wav() -> bytes:
    """A second of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000)
    return out.getvalue()


def pdf() -> bytes:
    """One empty page."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 4\n0000000000 65535 f \n%btrailer << /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(out),
    )
    return out + end

"""Measurements of files, with a real object store, alone and beside the reference's plugins for files."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import json
import os
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import load
from bench.rows import Row
from bench.servers import Server, serve

# The tests start the same store.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from object_store import ACCESS_KEY, SECRET_KEY, ObjectStore, make_bucket

MIB = 1024 * 1024
_SIZE = 64 * MIB
_AT_ONCE = 8
_MANY = 100_000
#: a film, which pages show through the server and not by a link to the store
_FILM = b"\0\0\0\x20ftypmp42"
_BASE = "/-/files/upload/store/-"


@dataclass
class Place:
    """The store, a file of 64 MiB, and the configuration of a server that keeps files there."""

    vitrina: list[str]
    reference: list[str] | None
    folder: Path
    store: ObjectStore
    data: bytes

    def configuration(self) -> Path:
        """One source in the store, one on disk; everything is allowed."""
        options = self.store.options("bench", f"run-{time.time_ns()}")
        sources = {
            "store": {"storage": "s3", "config": options},
            "disk": {"storage": "filesystem", "config": {"root": str(self.folder / "kept")}},
        }
        allowed = dict.fromkeys(("files-browse", "files-upload", "files-edit", "files-delete"), True)
        files = {"sources": sources, "thumbnail_eager": False}
        path = self.folder / "files.json"
        path.write_text(json.dumps({"plugins": {"datasette-files": files}, "permissions": allowed}))
        return path

    @contextmanager
    def server(self, command: list[str], *options: str) -> Iterator[Server]:
        """A server on an internal database of its own."""
        internal = self.folder / "internal.db"
        for ending in ("", "-wal", "-shm"):
            internal.with_name(internal.name + ending).unlink(missing_ok=True)
        given = ["-c", str(self.configuration()), "--internal", str(internal), *options]
        with serve("files", [*command, "serve", "--memory", *given]) as server:
            yield server


def measure(
    vitrina: list[str], reference: list[str] | None, work: Path, *, rounds: int, seconds: float
) -> Iterator[Row]:
    """Every row about files; those against the plugins only where ``reference`` is a command that has them."""
    folder = work / "files"
    (folder / "store").mkdir(parents=True, exist_ok=True)
    store = ObjectStore(folder / "store", 8550)
    store.start()
    try:
        make_bucket(store, "bench")
        place = Place(vitrina, reference, folder, store, _FILM + os.urandom(MIB) * 64)
        place.data = place.data[:_SIZE]
        yield from _transfers(place, rounds)
        yield _memory(place)
        if reference is not None:
            yield from _beside_plugins(place, rounds)
        yield from _listing(place, rounds)
        yield _thumbnails(place, rounds, seconds)
    finally:
        store.stop()


# Through the server, as a share of the library alone


def _transfers(place: Place, rounds: int) -> Iterator[Row]:
    up, down = [], []
    with place.server(place.vitrina) as server:
        _send(server, place.data[:MIB])
        for number in range(max(3, rounds)):
            alone_up, alone_down = asyncio.run(_alone(place, f"alone-{number}"))
            begun = time.perf_counter()
            file = _send(server, place.data)
            up.append((alone_up, time.perf_counter() - begun))
            down.append((alone_down, load.download(server, f"{file['url']}/preview")[0]))
            _post(server, f"{file['url']}/-/delete", b"", {})
    for name, pairs in (("upload", up), ("download", down)):
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(x / y for x, y in pairs)
        note = "through the server, against obstore alone"
        yield Row(f"{name} of 64 MiB to an object store", f"{a:.2f} s", f"{b:.2f} s", ratio, 0.7, note)


async def _alone(place: Place, key: str) -> tuple[float, float]:
    """Seconds that the library takes for writing and reading the same bytes, in parts as the server does."""
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        "bench",
        config={
            "endpoint": place.store.endpoint,
            "region": "us-east-1",
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
        },
        client_options={"allow_http": True},
    )

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, _SIZE, MIB):
            yield place.data[start : start + MIB]

    begun = time.perf_counter()
    await obstore.put_async(store, key, pieces(), use_multipart=True, chunk_size=5 * MIB, max_concurrency=2)
    middle = time.perf_counter()
    size = 0
    async for piece in (await obstore.get_async(store, key)).stream(min_chunk_size=256 * 1024):
        size += len(piece)
    ended = time.perf_counter()
    await obstore.delete_async(store, key)
    if size != _SIZE:
        raise RuntimeError(f"{size} bytes were read")
    return middle - begun, ended - middle


def _memory(place: Place) -> Row:
    """What eight uploads at once add to the memory of an idle server."""
    with place.server(place.vitrina) as server:
        _send(server, place.data[: 8 * MIB])
        before = _resident_mb(server)
        _reset_peak(server)
        errors: list[Exception] = []

        def one() -> None:
            try:
                _send(server, place.data)
            except (OSError, RuntimeError, http.client.HTTPException) as error:
                errors.append(error)

        threads = [threading.Thread(target=one) for _ in range(_AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        grown = server.peak_memory_mb() - before
    note = f"{before:.0f} MB when idle; allowed and used"
    return Row(f"memory of {_AT_ONCE} uploads of 64 MiB at once", "64 MB", f"{grown:.0f} MB", 64 / grown, 1, note)


# Against the plugins


@dataclass
class _Cost:
    """What one upload took."""

    cpu: float
    wall: float
    memory: float


def _beside_plugins(place: Place, rounds: int) -> Iterator[Row]:
    assert place.reference is not None
    with place.server(place.reference) as old:
        costs_old = _costs(old, place.data, rounds)
    with place.server(place.vitrina) as new:
        costs_new = _costs(new, place.data, rounds)
    pairs = list(zip(costs_old, costs_new, strict=True))
    for name, unit, least, of in (
        ("processor seconds of an upload of 64 MiB", "s", 2.0, lambda cost: cost.cpu),
        ("wall time of an upload of 64 MiB", "s", 1.0, lambda cost: cost.wall),
        ("extra memory of an upload of 64 MiB", "MB", 10.0, lambda cost: cost.memory),
    ):
        a, b = (statistics.median(of(pair[side]) for pair in pairs) for side in (0, 1))
        ratio = statistics.median(of(x) / of(y) for x, y in pairs)
        digits = 2 if unit == "s" else 0
        yield Row(name, f"{a:.{digits}f} {unit}", f"{b:.{digits}f} {unit}", ratio, least, "against datasette-files-s3")


def _costs(server: Server, data: bytes, rounds: int) -> list[_Cost]:
    _three_steps(server, data[:MIB])
    idle = _resident_mb(server)
    costs = []
    for _ in range(max(3, rounds)):
        _reset_peak(server)
        cpu, begun = _cpu_seconds(server.pid), time.perf_counter()
        url = _three_steps(server, data)
        wall = time.perf_counter() - begun
        costs.append(_Cost(_cpu_seconds(server.pid) - cpu, wall, max(1.0, server.peak_memory_mb() - idle)))
        _post(server, f"{url}/-/delete", b"", {})
    return costs


def _three_steps(server: Server, data: bytes) -> str:
    """An upload as browsers of both do it; the address of the file."""
    told = _json(server, f"{_BASE}/prepare", {"filename": "x.bin", "size": len(data)})
    head = (
        f'--b\r\nContent-Disposition: form-data; name="upload_token"\r\n\r\n{told["upload_token"]}\r\n--b\r\n'
        'Content-Disposition: form-data; name="file"; filename="x.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = b"".join((head.encode(), data, b"\r\n--b--\r\n"))
    _post(server, f"{_BASE}/upload", body, {"Content-Type": "multipart/form-data; boundary=b"})
    url: str = _json(server, f"{_BASE}/complete", {"upload_token": told["upload_token"]})["file"]["url"]
    return url


# Pages


def _listing(place: Place, rounds: int) -> Iterator[Row]:
    """Pages of few and of 100,000 files: the first one, one far behind, and the next one of a search."""
    times: dict[int, dict[str, float]] = {}
    with place.server(place.vitrina) as server:
        for number in (1_000, _MANY):
            _rows(place.folder / "internal.db", number)
            last = number // 20
            times[number] = {
                "first": _median_ms(server, "/-/files/source/disk", rounds),
                "last": _median_ms(server, f"/-/files/source/disk?page={last}", rounds),
                "search": _median_ms(server, "/-/files/search.json", rounds),
                "next": _median_ms(server, _next_of(server), rounds),
            }
    for key, name in (
        ("first", "first page of 100,000 files"),
        ("last", "last page of 100,000 files"),
        ("search", "search page of 100,000 files"),
        ("next", "next page of a search of 100,000 files"),
    ):
        a, b = times[1_000][key], times[_MANY][key]
        yield Row(name, f"{a:.1f} ms", f"{b:.1f} ms", a / b, 0.5, "against 1,000 files")


def _rows(internal: Path, number: int) -> None:
    with sqlite3.connect(internal, timeout=30) as conn:
        conn.execute("delete from datasette_files")
        conn.executemany(
            "insert into datasette_files (id, source_id, path, filename, content_type, size, created_at)"
            " values (?, (select id from datasette_files_sources where slug = 'disk'), ?, ?, 'image/png', ?,"
            " datetime('2026-01-01', ?))",
            (
                (f"df-{each:026d}", f"{each:026d}/x", f"scan {each}.png", each, f"+{each} seconds")
                for each in range(number)
            ),
        )
    conn.close()


def _next_of(server: Server) -> str:
    found = json.loads(_get(server, "/-/files/search.json"))
    return f"/-/files/search.json?_next={found['next']}"


def _median_ms(server: Server, path: str, rounds: int) -> float:
    _get(server, path)
    taken = []
    for _ in range(10 * rounds):
        begun = time.perf_counter()
        _get(server, path)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def _thumbnails(place: Place, rounds: int, seconds: float) -> Row:
    """A thumbnail that was made before, beside a static file of the same bytes."""
    from PIL import Image

    picture = io.BytesIO()
    Image.effect_noise((800, 600), 80).convert("RGB").save(picture, "JPEG")
    folder = place.folder / "static"
    folder.mkdir(exist_ok=True)
    with place.server(place.vitrina, "--static", f"static:{folder}") as server:
        sent = _post(
            server, "/-/files/upload/disk/-/file?filename=x.jpg", picture.getvalue(), {"Content-Type": "image/jpeg"}
        )
        path = json.loads(sent)["files"][0]["thumbnail_url"]
        small = _get(server, path)
        if small[:2] != b"\xff\xd8":
            raise RuntimeError("no thumbnail was made")
        (folder / "same.jpg").write_bytes(small)
        pairs = [
            (load.rate(server, "/static/same.jpg", seconds=seconds), load.rate(server, path, seconds=seconds))
            for _ in range(rounds)
        ]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    note = f"against a static file of the same {len(small):,} bytes"
    ratio = statistics.median(y / x for x, y in pairs)
    return Row("cached thumbnail", f"{a:.0f}/s", f"{b:.0f}/s", ratio, 0.5, note)


# Requests


def _send(server: Server, data: bytes) -> dict[str, Any]:
    answer = json.loads(_post(server, f"{_BASE}/file?filename=x.mp4", data, {"Content-Type": "video/mp4"}))
    file: dict[str, Any] = answer["files"][0]
    if len(data) == _SIZE and file["content_hash"] != f"sha256:{_hash_of(data)}":
        raise RuntimeError("other bytes were stored")
    return file


_hashes: dict[int, str] = {}


def _hash_of(data: bytes) -> str:
    return _hashes.setdefault(len(data), hashlib.sha256(data).hexdigest())


def _json(server: Server, path: str, body: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        _post(server, path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    )
    return answer


def _post(server: Server, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    return _request(server, "POST", path, body, headers)


def _get(server: Server, path: str) -> bytes:
    return _request(server, "GET", path, None, {})


def _request(server: Server, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise RuntimeError(f"{server.name} {path}: status {answer.status}: {read[:200]!r}")
    return read


# Processes


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(server: Server) -> float:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _reset_peak(server: Server) -> None:
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")

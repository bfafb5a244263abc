"""Static files below one directory, with content hashes and ETags, and never from outside it."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from vitrina.http.file_response import FileResponse, etag_matches
from vitrina.http.response import Response

if TYPE_CHECKING:
    from vitrina.http.request import Request
    from vitrina.http.router import Handler

__all__ = ["HASH_LENGTH", "FileResponse", "StaticFiles", "static_handler"]

#: characters of the SHA-256 that ``?_hash=`` carries
HASH_LENGTH = 12
_IMMUTABLE = "max-age=31536000, immutable, public"
_LARGEST_KEPT = 1024 * 1024
_KEPT_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was when last read. ``body`` is None where it is too large to keep."""

    stamp: tuple[int, int]
    hash: str
    etag: str
    content_type: str
    body: bytes | None


class StaticFiles:
    """The files below ``root``, read in threads and the small ones kept in memory while they do not change."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).resolve()
        self._kept: OrderedDict[Path, _File] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()

    async def respond(self, request: Request, path: str) -> Response:
        """The answer for ``path`` (undecoded, below the root), whatever the method: 200, 304, 403 or 404."""
        return await asyncio.to_thread(self._respond, request, path)

    def _respond(self, request: Request, path: str) -> Response:
        found = self._locate(path)
        if isinstance(found, Response):
            return found
        try:
            file = self._load(found)
        except OSError:
            return _refusal(404, "File not found")
        headers = {}
        if request.args.get("_hash") == file.hash:
            headers["Cache-Control"] = _IMMUTABLE
        headers["ETag"] = file.etag
        if etag_matches(request, file.etag):
            return Response("", 304, headers, file.content_type)
        if file.body is not None:
            return Response(file.body, 200, headers, file.content_type)
        download = FileResponse(found, content_type=file.content_type, headers=headers)
        del download.headers["content-disposition"]
        return download

    def content_hash(self, path: str) -> str:
        """The first characters of the SHA-256 of a file (blocking). Raises FileNotFoundError."""
        found = self._locate(path)
        if isinstance(found, Response):
            raise FileNotFoundError(path)
        return self._load(found).hash

    def _locate(self, path: str) -> Path | Response:
        """The file that ``path`` means, or why there is none."""
        try:
            full = self._resolve(path)
            if "%" in path and full.is_relative_to(self.root) and not full.exists():
                decoded = self._resolve(unquote(path))
                full = decoded if decoded.is_relative_to(self.root) else full
            if not full.is_relative_to(self.root):
                return _refusal(404, "Path not inside root path")
            if full.is_dir():
                return _refusal(403, "Directory listing is not allowed")
        except (ValueError, OSError, RuntimeError):
            # NUL bytes, names too long, loops of symbolic links
            return _refusal(404, "File not found")
        return full

    def _resolve(self, path: str) -> Path:
        return (self.root / path.lstrip("/")).resolve()

    def _load(self, path: Path) -> _File:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None and kept.stamp == stamp:
                self._kept.move_to_end(path)
                return kept
        file = _read(path, stamp)
        with self._lock:
            self._keep(path, file)
        return file

    def _keep(self, path: Path, file: _File) -> None:
        previous = self._kept.pop(path, None)
        if previous is not None:
            self._kept_bytes -= len(previous.body or b"")
        self._kept[path] = file
        self._kept_bytes += len(file.body or b"")
        while len(self._kept) > 1 and (self._kept_bytes > _KEPT_BYTES or len(self._kept) > 2000):
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped.body or b"")


def static_handler(files: StaticFiles, variable: str = "path") -> Handler:
    """A handler for a route whose ``{path*}`` is looked up below the root of ``files``."""

    async def serve_static(site: Any, request: Request) -> Response:
        return await files.respond(request, request.url_vars[variable])

    return serve_static


def _read(path: Path, stamp: tuple[int, int]) -> _File:
    sha = hashlib.sha256()
    md5 = hashlib.md5(usedforsecurity=False)
    pieces: list[bytes] = []
    with path.open("rb") as file:
        while piece := file.read(_LARGEST_KEPT):
            sha.update(piece)
            md5.update(piece)
            if stamp[1] <= _LARGEST_KEPT:
                pieces.append(piece)
    content_type = mimetypes.guess_type(str(path))[0] or "text/plain"
    body = b"".join(pieces) if stamp[1] <= _LARGEST_KEPT else None
    return _File(stamp, sha.hexdigest()[:HASH_LENGTH], f'"{md5.hexdigest()}"', content_type, body)


def _refusal(status: int, message: str) -> Response:
    return Response.html(f"{status}: {message}", status)

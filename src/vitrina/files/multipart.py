"""Uploads in pieces to an S3 store: each piece is a part of a multipart upload of the store's own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from xml.sax.saxutils import escape, unescape

import httpx

from vitrina.credentials.model import Credentials
from vitrina.files.part_store import PartStore, State
from vitrina.files.sigv4 import Bucket, sign_url
from vitrina.files.storage import StorageUnavailable

#: seconds for which the signature of one request is good; a part may take long to arrive
_SIGNED_S = 3600
_ENTITIES = {"&quot;": '"', "&apos;": "'", "&#34;": '"', "&#39;": "'"}
_UPLOAD = re.compile(rb"<Upload>(.*?)</Upload>", re.DOTALL)
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


class SigningStorage(Protocol):
    """What is needed of the storage."""

    async def signing(self) -> tuple[Credentials, str, str]:
        """Valid credentials, and the bucket and prefix for what is stored now."""
        ...

    def bucket_at(self, name: str) -> Bucket:
        """The bucket as this server reaches it."""
        ...

    def refused(self) -> None:
        """The store did not take these credentials: others are to be got."""
        ...


class MultipartParts(PartStore):
    """The state has the store's id of the upload, and number, tag and bytes of each part."""

    exact_pieces = True

    def __init__(self, storage: SigningStorage) -> None:
        self._storage = storage
        self._opened: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._opened is None:
            # Parts come seconds apart: a connection of its own for each costs nothing, and none is left open.
            limits = httpx.Limits(max_keepalive_connections=0)
            self._opened = httpx.AsyncClient(timeout=httpx.Timeout(60, connect=5), limits=limits, trust_env=False)
        return self._opened

    async def begin(self, path: str, content_type: str) -> State:
        _, bucket, prefix = await self._storage.signing()
        state: State = {"bucket": bucket, "prefix": prefix, "path": path, "parts": []}
        answer = await self._send("POST", state, {"uploads": ""}, headers={"Content-Type": content_type})
        found = _UPLOAD_ID.search(answer.content)
        if found is None:
            raise StorageUnavailable("The object store began no upload in parts")
        state["id"] = unescape(found[1].decode("utf-8"))
        return state

    async def received(self, state: State) -> int:
        return sum(part[1] for part in state["parts"])

    async def append(self, state: State, offset: int, length: int, stream: AsyncIterator[bytes]) -> None:
        query = {"partNumber": str(len(state["parts"]) + 1), "uploadId": state["id"]}
        answer = await self._send("PUT", state, query, headers={"Content-Length": str(length)}, content=stream)
        state["parts"].append([answer.headers.get("etag", ""), length])

    async def finish(self, state: State, path: str, content_type: str) -> dict[str, Any]:
        if not state["parts"]:
            await self.abandon(state)
            await self._send("PUT", state, {}, headers={"Content-Type": content_type}, content=b"")
            return _location(state)
        lines = [
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
            for number, (tag, _) in enumerate(state["parts"], start=1)
        ]
        body = f"<CompleteMultipartUpload>{''.join(lines)}</CompleteMultipartUpload>".encode()
        answer = await self._send("POST", state, {"uploadId": state["id"]}, content=body)
        # The protocol allows a failure to be told after a status of success.
        if b"<Error>" in answer.content:
            raise StorageUnavailable("The object store could not put the parts together")
        return _location(state)

    async def abandon(self, state: State) -> None:
        await self._send("DELETE", state, {"uploadId": state["id"]}, missing=True)

    async def leftovers(self, older_than_s: float, known: Collection[str], *, remove: bool) -> list[str]:
        """At most 1000 at a time, as the protocol has it."""
        _, bucket, prefix = await self._storage.signing()
        place: State = {"bucket": bucket, "prefix": "", "path": ""}
        answer = await self._send("GET", place, {"uploads": "", "prefix": prefix})
        before = datetime.now(UTC) - timedelta(seconds=older_than_s)
        found = []
        for block in _UPLOAD.findall(answer.content):
            key, upload_id, begun = (_inside(block, tag) for tag in (b"Key", b"UploadId", b"Initiated"))
            if not key.startswith(prefix) or not upload_id or upload_id in known:
                continue
            if begun and datetime.fromisoformat(begun) > before:
                continue
            found.append(key.removeprefix(prefix))
            if remove:
                await self.abandon({"bucket": bucket, "prefix": "", "path": key, "id": upload_id})
        return found

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    async def _send(
        self,
        method: str,
        state: State,
        query: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        missing: bool = False,
    ) -> httpx.Response:
        """One signed request. Raises StorageUnavailable, without the store's own words, which may hold keys."""
        credentials, _, _ = await self._storage.signing()
        place = self._storage.bucket_at(state["bucket"])
        key = state["prefix"] + state["path"]
        url = sign_url(method, place, key, credentials, expires_in=_SIGNED_S, query=query)
        try:
            answer = await self._client.request(method, url, headers=dict(headers or {}), content=content)
        except httpx.HTTPError as error:
            raise StorageUnavailable("The object store cannot be used now") from error
        if answer.is_success or (missing and answer.status_code == 404):
            return answer
        if answer.status_code in (401, 403):
            self._storage.refused()
            raise StorageUnavailable(
                "The object store refused the credentials of this source",
                hint="The page of credentials says where they come from and when they were last renewed.",
            )
        raise StorageUnavailable(f"The object store answered {answer.status_code} to an upload in parts")


def _inside(block: bytes, tag: bytes) -> str:
    found = re.search(rb"<" + tag + rb">([^<]*)</" + tag + rb">", block)
    return (
        unescape(found[1].decode("utf-8"), {"&quot;": '"', "&apos;": "'", "&#34;": '"', "&#39;": "'"}) if found else ""
    )


def _location(state: State) -> dict[str, Any]:
    return {"s3": {"bucket": state["bucket"], "prefix": state["prefix"]}}

"""What a client may ask of its jobs: their state, to end them, and the rows that were refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vitrina.errors import NotFound
from vitrina.execute.jobs import ENDED
from vitrina.http.response import Response
from vitrina.http.streaming import AsgiStream, AsgiWriter
from vitrina.web.imports.access import jobs_of, owner_of
from vitrina.web.target import database_of
from vitrina.web.write.refusals import refusing_in_json

if TYPE_CHECKING:
    from vitrina.execute.jobs import Job
    from vitrina.http.request import Request
    from vitrina.web.site import Site

_BLOCK = 256 * 1024
_READING = threading.Lock()
_NO_STORE = {"cache-control": "private, no-store"}


def _job(site: Site, request: Request) -> Job:
    database = database_of(site, request)
    return jobs_of(site).get(request.url_vars["job"], database=database.name, owner=owner_of(request))


@refusing_in_json
async def job_state(site: Site, request: Request) -> Response:
    """``/DB/-/jobs/JOB``: how far it is."""
    return Response.json({"ok": True, "job": _job(site, request).as_json()}, headers=_NO_STORE)


@refusing_in_json
async def cancel_job(site: Site, request: Request) -> Response:
    """``/DB/-/jobs/JOB/cancel``: answered at once; the state says when it has ended."""
    job = _job(site, request)
    jobs_of(site).cancel(job)
    return Response.json({"ok": True, "job": job.as_json()})


@refusing_in_json
async def job_rejected(site: Site, request: Request) -> Response:
    """``/DB/-/jobs/JOB/rejected``: every row that was refused, as CSV with its number and the reason."""
    job = _job(site, request)
    file = job.rejected
    if file is None or job.state not in ENDED:
        raise NotFound("There is no report yet")
    pool = database_of(site, request).pool
    state = {"at": 0}

    def next_block() -> str:
        # Two who download at once share the file and its position.
        with _READING:
            file.seek(state["at"])
            text = file.read(_BLOCK)
            state["at"] = file.tell()
        return text

    async def write(writer: AsgiWriter) -> None:
        while text := await pool.run(next_block):
            await writer.write(text)

    headers = {**_NO_STORE, "content-disposition": 'attachment; filename="rejected.csv"'}
    return AsgiStream(write, 200, headers, "text/csv; charset=utf-8")

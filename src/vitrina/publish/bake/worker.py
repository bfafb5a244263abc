"""Makes pages and writes them to files; one of several processes that do so."""

from __future__ import annotations

import asyncio
import errno
import gc
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from vitrina.compat import install as install_alias
from vitrina.errors import VitrinaError
from vitrina.facade.application import open_application
from vitrina.publish.bake.addresses import ORIGIN, link_to, way_up
from vitrina.publish.bake.asking import Answer, ask
from vitrina.publish.bake.files import Mirror
from vitrina.publish.bake.rewriting import STATIC, html_links, json_links, rewrite_html, rewrite_json, without_unseen
from vitrina.publish.bake.selection import Selection, Wanted
from vitrina.publish.bake.site import SiteOptions, open_site
from vitrina.render.proof import CsvProof

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_TEXT_LENGTH = 300
_AT_ONCE = 3
_HTML = "text/html"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Found:
    """A page that was made and not written yet: where it leads, and why some of its links lead nowhere.

    ``error`` where there is no page; ``links`` are the URLs of other pages of
    the mirror, ``left_out`` those of no page, each with the reason.
    """

    url: str
    error: str | None = None
    links: tuple[Wanted, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Written:
    """A file of the mirror: size, SHA-256, rows where it is an export, title and text for the search."""

    url: str
    file: str
    size: int
    digest: str
    rows: int | None = None
    title: str = ""
    text: str = ""


@dataclass(slots=True)
class _Made:
    wanted: Wanted
    answer: Answer
    verdicts: dict[str, Wanted] = field(default_factory=dict)


class Worker:
    """Holds an instance.

    ``fetch`` makes pages, ``write`` puts them into files once it is known
    which of their links lead somewhere.
    """

    def __init__(self, options: SiteOptions, root: Path, public: str) -> None:
        self._instance = open_site(options)
        self._runner = asyncio.Runner()
        self._runner.run(self._instance.invoke_startup())
        self._app = self._instance.app()
        templates = self._instance.site.templates
        router = open_application(self._instance.site, self._instance).router
        self.selection = Selection(router, has_custom_pages=bool(templates.page_names()))
        self._mirror = Mirror(root)
        self._public = public
        self._made: list[_Made] = []
        self._static: dict[int, dict[str, str]] = {}

    def close(self) -> None:
        """End the instance."""
        self._runner.close()
        self._instance.close()

    def fetch(self, wanted: Sequence[Wanted]) -> list[Found]:
        """Make these pages, and tell where they lead."""
        return self._runner.run(self._fetch(wanted))

    async def _fetch(self, wanted: Sequence[Wanted]) -> list[Found]:
        waiting = iter(enumerate(wanted))
        answers: dict[int, Answer] = {}

        async def ask_on() -> None:
            for number, each in waiting:
                is_export = each.kind == "export"
                answers[number] = Answer(200, "text/csv") if is_export else await ask(self._app, each.url)

        # While one waits for its statements, another one is put into its template.
        await asyncio.gather(*(ask_on() for _ in range(_AT_ONCE)))
        return [self._look_at(each, answers[number]) for number, each in enumerate(wanted)]

    def _look_at(self, wanted: Wanted, answer: Answer) -> Found:
        if answer.status != 200:
            return Found(wanted.url, error=_problem(answer))
        made = _Made(wanted, answer)
        self._made.append(made)
        return self._found(made)

    def _found(self, made: _Made) -> Found:
        url, kind = made.wanted.url, made.answer.content_type
        if kind not in (_HTML, _JSON):
            return Found(url)
        body = made.answer.body.decode("utf-8", "replace")
        links: list[Wanted] = []
        left_out: list[tuple[str, str]] = []
        for link in html_links(body, url) if kind == _HTML else json_links(body, url):
            decision = self.selection.decide(link)
            if isinstance(decision, Wanted):
                made.verdicts[link] = decision
                if decision.kind != "asset":
                    links.append(decision)
            else:
                left_out.append((link, decision))
        return Found(url, links=tuple(links), left_out=tuple(left_out))

    def write(self, rejected: frozenset[str]) -> list[Written | Found]:
        """Write what was fetched; ``rejected`` are URLs of pages that will not be in the mirror. Raises OSError."""
        made, self._made = self._made, []
        return self._runner.run(self._write(made, rejected))

    async def _write(self, made: Sequence[_Made], rejected: frozenset[str]) -> list[Written | Found]:
        return [
            await self._export(each) if each.wanted.kind == "export" else self._page(each, rejected) for each in made
        ]

    def _page(self, made: _Made, rejected: frozenset[str]) -> Written:
        wanted, kind = made.wanted, made.answer.content_type
        written = Written(wanted.url, wanted.file, 0, "")
        body = bytes(made.answer.body)
        if kind in (_HTML, _JSON):
            text = body.decode("utf-8", "replace")
            target = self._target(made, rejected)
            if kind == _HTML:
                title = _TITLE.search(text)
                written.title = unescape(title[1].strip()) if title else ""
                head = f'<script src="{way_up(wanted.file)}-/bake/bake.js"></script>\n'
                text = rewrite_html(text, wanted.url, target, head, self._static.setdefault(wanted.file.count("/"), {}))
            else:
                if wanted.kind == "row json":
                    written.text = _row_text(text)
                if wanted.url.count("/") == 1:
                    text = without_unseen(text)
                text = rewrite_json(text, wanted.url, target, self._public)
            body = text.encode()
        written.size = len(body)
        written.digest = self._mirror.write(wanted.file, body)
        return written

    def _target(self, made: _Made, rejected: frozenset[str]) -> Callable[[str], str | None]:
        up, verdicts = way_up(made.wanted.file), made.verdicts

        def target(url: str) -> str | None:
            page = verdicts.get(url)
            if page is None and url.startswith(STATIC):
                decision = self.selection.decide(url)
                page = decision if isinstance(decision, Wanted) else None
            if page is None or page.url in rejected:
                return None
            return f"{up}{link_to(page.file)}" or "./"

        return target

    async def _export(self, made: _Made) -> Written | Found:
        wanted, proof, size = made.wanted, CsvProof(), 0
        with self._mirror.writing(wanted.file) as output:

            def write(chunk: bytes) -> None:
                nonlocal size
                chunk = chunk.replace(ORIGIN.encode(), self._public.rstrip("/").encode())
                size += len(chunk)
                proof.update(chunk)
                output.write(chunk)

            answer = await ask(self._app, wanted.url, write)
        if answer.status != 200:
            self._mirror.remove(wanted.file)
            return Found(wanted.url, error=_problem(answer))
        return Written(wanted.url, wanted.file, size, proof.digest, rows=proof.rows())


def _problem(answer: Answer) -> str:
    if answer.status == 403:
        return "not public"
    return f"redirects to {answer.location}" if answer.location else f"answered with status {answer.status}"


def _row_text(text: str) -> str:
    """The values of the row in a row's JSON, for the search."""
    try:
        rows = json.loads(text).get("rows") or [{}]
    except (ValueError, AttributeError):
        return ""
    row: Mapping[str, Any] = rows[0] if isinstance(rows[0], Mapping) else {}
    values = [str(value) for value in row.values() if isinstance(value, str | int | float) and value != ""]
    return " ".join(values)[:_TEXT_LENGTH]


@dataclass(frozen=True, slots=True)
class Failure:
    """What ended a worker, to be raised where it is waited for."""

    message: str
    is_disk_full: bool = False


def run_worker(connection: Any, options: SiteOptions, root: Path, public: str) -> None:
    """Answer ("fetch", pages) and ("write", rejected) until ("end", None); a Failure is the last answer."""
    install_alias()
    worker = None
    try:
        worker = Worker(options, root, public)
        # What the instance is made of stays to the end, so nothing is won by looking through it for garbage.
        gc.collect()
        gc.freeze()
        while (message := connection.recv())[0] != "end":
            connection.send(getattr(worker, message[0])(message[1]))
    except (EOFError, KeyboardInterrupt):
        return
    except (VitrinaError, OSError) as error:
        connection.send(failure_of(error))
    finally:
        if worker is not None:
            worker.close()


def failure_of(error: VitrinaError | OSError) -> Failure:
    """The error as it is told to the process that waits."""
    if isinstance(error, OSError):
        return Failure(f"{error.filename or 'a file'}: {error.strerror or error}", error.errno == errno.ENOSPC)
    return Failure(error.message)

"""The walk from the home page along all links that belong into the mirror."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vitrina.publish.bake.crew import Hand
from vitrina.publish.bake.journal import Entry, Journal
from vitrina.publish.bake.selection import OVER_LIMIT, Wanted
from vitrina.publish.bake.worker import Found, Written

#: pages that a worker makes before it asks which of their links lead somewhere; few enough for one message
BATCH = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """How many pages of each table: rows, following pages, and pages with one filter or sort order."""

    rows: int = 10_000
    pages: int = 100
    variants: int = 200

    def of(self, kind: str) -> int | None:
        """The most pages of one kind within one table, None for any number."""
        if kind.startswith("row"):
            return self.rows
        if kind.startswith("next"):
            return self.pages
        return self.variants if kind == "variant" else None


@dataclass
class Walk:
    """One run. ``stamp_of`` gives the state of the data that a page is made from.

    ``entries`` are the pages of the mirror so far, ``made`` how many of them
    were made in this run, ``left_out`` why the others are not there.
    """

    journal: Journal
    limits: Limits
    stamp_of: Callable[[str], str]
    is_whole: Callable[[str, int], bool]
    on_progress: Callable[[int, int], None] = lambda made, waiting: None
    entries: dict[str, Entry] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    made: int = 0
    _queue: deque[Wanted] = field(default_factory=deque)
    _admitted: set[str] = field(default_factory=set)
    _files: dict[str, str] = field(default_factory=dict)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _links: dict[str, tuple[Sequence[Wanted], Sequence[tuple[str, str]], tuple[str, ...]]] = field(default_factory=dict)

    def run(self, open_crew: Callable[[], Sequence[Hand]], seeds: Iterable[Wanted]) -> None:
        """Walk to the end; workers are opened once there is something to make. Raises StartupError and OSError."""
        self._admit(seeds)
        crew: Sequence[Hand] = ()
        batch = self._next_batch()
        try:
            while batch:
                if not crew:
                    crew = open_crew()
                self._work(crew, batch)
                batch = self._next_batch() or self._second_look()
            self.journal.flush()
        finally:
            for hand in crew:
                hand.end()

    def _work(self, crew: Sequence[Hand], batch: list[Wanted]) -> None:
        """Keep all workers busy. Their answers are taken in the order of the batches, so that limits are just."""
        busy: deque[tuple[Hand, list[Wanted]]] = deque()
        idle = deque(crew)
        while batch or busy:
            while batch and idle:
                self._begin(idle.popleft(), batch, busy)
                batch = self._next_batch()
            hand, pages = busy.popleft()
            hand.begin_write(self._take(pages, hand.found()))
            # It gets its next pages at once, so that it does not wait for this process.
            batch = batch or self._next_batch()
            if batch:
                self._begin(hand, batch, busy)
                batch = []
            else:
                idle.append(hand)
            for result in hand.written():
                self._record(result)
            self.journal.flush()
            self.on_progress(self.made, len(self._queue))
            batch = self._next_batch() if idle else []

    @staticmethod
    def _begin(hand: Hand, batch: list[Wanted], busy: deque[tuple[Hand, list[Wanted]]]) -> None:
        hand.begin(batch)
        busy.append((hand, batch))

    def _next_batch(self) -> list[Wanted]:
        """Pages to make; those that are there from an earlier run are passed over, and their links followed."""
        batch: list[Wanted] = []
        while self._queue and len(batch) < BATCH:
            wanted = self._queue.popleft()
            if not self._reuse(wanted):
                batch.append(wanted)
                if wanted.kind == "export":
                    break
        return batch

    def _reuse(self, wanted: Wanted) -> bool:
        entry = self.journal.entries.get(wanted.url)
        if entry is None or entry.stamp != self.stamp_of(wanted.url) or not self.is_whole(entry.file, entry.size):
            return False
        if self._admit(entry.links) != entry.rejected:
            return False
        self.left_out.update(entry.left_out)
        self.entries[wanted.url] = entry
        return True

    def _admit(self, pages: Iterable[Wanted]) -> tuple[str, ...]:
        """Take pages into the mirror up to the limits; the URLs of those that stay outside, in order."""
        rejected = []
        for page in pages:
            if page.url in self._admitted:
                continue
            if page.url in self.failed or page.url in self.left_out or not self._has_room(page):
                rejected.append(page.url)
                self.left_out.setdefault(page.url, self.failed.get(page.url, OVER_LIMIT))
                continue
            self._admitted.add(page.url)
            if page.kind != "asset":
                self._queue.append(page)
        return tuple(rejected)

    def _has_room(self, page: Wanted) -> bool:
        if self._files.setdefault(page.file, page.url) != page.url:
            # Two URLs of one file say the same in another order.
            return False
        limit = self.limits.of(page.kind)
        if limit is None:
            return True
        key = (page.kind, page.group)
        self._counts[key] += 1
        return self._counts[key] <= limit

    def _take(self, pages: Sequence[Wanted], found: Sequence[Found]) -> frozenset[str]:
        all_rejected: set[str] = set()
        for page, result in zip(pages, found, strict=True):
            if result.error is not None:
                self._fail(page.url, result.error)
                continue
            rejected = self._admit(result.links)
            self.left_out.update(result.left_out)
            self._links[page.url] = (result.links, result.left_out, rejected)
            all_rejected.update(rejected)
        return frozenset(all_rejected)

    def _record(self, result: Written | Found) -> None:
        if isinstance(result, Found):
            self._fail(result.url, result.error or "failed")
            return
        links, left_out, rejected = self._links.pop(result.url)
        entry = Entry(
            url=result.url,
            file=result.file,
            stamp=self.stamp_of(result.url),
            size=result.size,
            digest=result.digest,
            rows=result.rows,
            title=result.title,
            text=result.text,
            links=tuple(links),
            rejected=rejected,
            left_out=tuple(left_out),
        )
        self.entries[result.url] = entry
        self.journal.add(entry)
        self.made += 1

    def _fail(self, url: str, reason: str) -> None:
        self.failed[url] = self.left_out[url] = reason
        self._links.pop(url, None)

    def _second_look(self) -> list[Wanted]:
        """Pages that link to one that could not be made, to be made again without these links."""
        missing = self.failed.keys() & self._admitted
        if not missing:
            return []
        self._admitted -= missing
        again = [
            Wanted(entry.url, "page", "", entry.file)
            for entry in self.entries.values()
            if any(link.url in missing for link in entry.links)
        ]
        self._queue.extend(again)
        for page in again:
            self.journal.entries.pop(page.url, None)
        return self._next_batch()


def reasons(left_out: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """Each reason with how many URLs it keeps out and one of them, the most frequent first."""
    counts = Counter(left_out.values())
    examples = {reason: url for url, reason in reversed(list(left_out.items()))}
    return [(reason, count, examples[reason]) for reason, count in counts.most_common()]

"""Counts what one request costs: thread hops, SQL statements, Python calls on the loop. Immune to a busy machine."""

import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import vitrina.engine.sqlite.database as database_module
from vitrina.engine.sqlite import writer


@dataclass
class Cost:
    """``hops`` are jobs given to other threads; ``statements`` SQL text as SQLite's trace reports it."""

    hops: int = 0
    statements: list = field(default_factory=list)
    calls: int = 0
    on_loop: list = field(default_factory=list)


class Meter:
    """Watches every connection that is opened and every job given away from now on."""

    def __init__(self, monkeypatch):
        self._cost = None
        self._loop_thread = threading.get_ident()
        opened = database_module.open_connection
        submit = ThreadPoolExecutor.submit
        queued = writer.Writer.enqueue

        def open_traced(*args, **kwargs):
            conn = opened(*args, **kwargs)
            conn.set_trace_callback(self._statement)
            return conn

        def count_submit(executor, *args, **kwargs):
            self._hop()
            return submit(executor, *args, **kwargs)

        def count_queued(instance, *args, **kwargs):
            self._hop()
            return queued(instance, *args, **kwargs)

        monkeypatch.setattr(database_module, "open_connection", open_traced)
        monkeypatch.setattr(ThreadPoolExecutor, "submit", count_submit)
        monkeypatch.setattr(writer.Writer, "enqueue", count_queued)

    def _hop(self):
        if self._cost is not None:
            self._cost.hops += 1

    def _statement(self, sql):
        if self._cost is not None:
            self._cost.statements.append(sql)
            if threading.get_ident() == self._loop_thread:
                self._cost.on_loop.append(sql)

    @contextmanager
    def measure(self):
        """The cost of the block; Python calls are those of this thread, the loop's."""
        cost = self._cost = Cost()

        def count(frame, event, argument):
            if event == "call":
                cost.calls += 1

        sys.setprofile(count)
        try:
            yield cost
        finally:
            sys.setprofile(None)
            self._cost = None


def make_library(path):
    """A database with two foreign keys, full-text search, and enough rows for pages and facets."""
    conn = sqlite3.connect(path)
    conn.executescript(
        """
        create table authors (id integer primary key, name text);
        create table shelves (code text primary key, title text);
        create table books (
            id integer primary key, title text, author_id integer references authors(id),
            shelf text references shelves(code), year integer, bound text
        );
        create virtual table books_fts using fts4(title, content="books");
        """
    )
    conn.executemany("insert into authors values (?, ?)", [(n, f"Author {n}") for n in range(20)])
    conn.executemany("insert into shelves values (?, ?)", [(f"s{n}", f"Shelf {n}") for n in range(5)])
    conn.executemany(
        "insert into books values (?, ?, ?, ?, ?, ?)",
        [(n, f"Book {n}", n % 20, f"s{n % 5}", 1900 + n % 90, "cloth" if n % 2 else "paper") for n in range(1, 400)],
    )
    conn.commit()
    conn.close()
    return path

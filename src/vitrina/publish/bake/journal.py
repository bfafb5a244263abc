"""What stands in a mirror already: one line for each page, so that baking goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vitrina.publish.bake.selection import Wanted

FOLDER = ".vitrina-bake"
_JOURNAL = "journal.ndjson"
_STATE = "state.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its file, from which state of the data, its links, and which of them lead nowhere."""

    url: str
    file: str
    stamp: str
    size: int
    digest: str
    rows: int | None
    title: str
    text: str
    links: tuple[Wanted, ...] = ()
    rejected: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


class Journal:
    """The journal of the mirror in ``root``. ``entries`` are those of earlier runs."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.entries: dict[str, Entry] = {}
        self._lines = 0
        self._file: IO[str] | None = None

    @property
    def exists(self) -> bool:
        return self.folder.is_dir()

    def read_state(self) -> dict[str, Any]:
        """What the last run that came to its end wrote, empty where there was none."""
        try:
            state: dict[str, Any] = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if state.get("version") == _VERSION else {}

    def write_state(self, state: dict[str, Any]) -> None:
        """Say that this run has come to its end. Raises OSError."""
        temporary = self.folder / f"{_STATE}.new"
        temporary.write_text(json.dumps({**state, "version": _VERSION}), encoding="utf-8")
        temporary.replace(self.folder / _STATE)

    def forget_state(self) -> None:
        """From now on the mirror is not complete, until the state is written again."""
        (self.folder / _STATE).unlink(missing_ok=True)

    def load(self) -> None:
        """Read the lines; of two about one page the later one counts, a line cut off is none."""
        try:
            lines = (self.folder / _JOURNAL).read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        self._lines = len(lines)
        for line in lines:
            try:
                url, file, stamp, size, digest, rows, title, text, links, rejected, left_out = json.loads(line)
            except ValueError:
                continue
            pages = tuple(Wanted(*each) for each in links)
            reasons = tuple((link, why) for link, why in left_out)
            self.entries[url] = Entry(
                url, file, stamp, size, digest, rows, title, text, pages, tuple(rejected), reasons
            )

    def open(self) -> None:
        """Begin to add lines. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = (self.folder / _JOURNAL).open("a", encoding="utf-8")

    def add(self, entry: Entry) -> None:
        """Add the line of a page that is written. Raises OSError."""
        assert self._file is not None
        self._file.write(_line(entry))
        self._lines += 1

    def flush(self) -> None:
        """Give the lines to the system. Raises OSError."""
        assert self._file is not None
        self._file.flush()

    def close(self) -> None:
        """Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def rewrite(self, entries: dict[str, Entry]) -> None:
        """Have the lines of these pages and no others. Raises OSError."""
        self.close()
        if self._lines == len(entries):
            return
        temporary = self.folder / f"{_JOURNAL}.new"
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(_line(entry) for entry in entries.values())
        temporary.replace(self.folder / _JOURNAL)


def _line(entry: Entry) -> str:
    fields = [
        entry.url,
        entry.file,
        entry.stamp,
        entry.size,
        entry.digest,
        entry.rows,
        entry.title,
        entry.text,
        [(link.url, link.kind, link.group, link.file) for link in entry.links],
        entry.rejected,
        entry.left_out,
    ]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"

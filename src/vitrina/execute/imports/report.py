"""What became of the rows of an import, while it runs and after it."""

from __future__ import annotations

import csv
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

#: refused rows that are kept for the answer
SHOWN = 100


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not written: its number (1 is the first below the heading), and why."""

    row: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """Counts of an import. ``read`` rows were looked at, ``written`` are in the table once it has ended.

    ``first_rejected`` has the first of them; ``rejected_file``, a text file,
    gets all, as CSV. ``cancel`` may be set from any thread.
    """

    read: int = 0
    written: int = 0
    skipped: int = 0
    rejected: int = 0
    batches: int = 0
    first_rejected: list[RejectedRow] = field(default_factory=list)
    rejected_file: IO[str] | None = None
    headings: Sequence[Any] = ()
    cancel: threading.Event = field(default_factory=threading.Event)

    def reject(self, row: int, reason: str, cells: Sequence[Any]) -> None:
        """Note one row that was not written."""
        if self.rejected_file is not None:
            writer = csv.writer(self.rejected_file)
            if not self.rejected:
                writer.writerow(["row", "reason", *self.headings])
            writer.writerow([row, reason, *cells])
        self.rejected += 1
        if len(self.first_rejected) < SHOWN:
            self.first_rejected.append(RejectedRow(row, reason))

    def as_json(self) -> dict[str, Any]:
        """The counts and the first refused rows, as answers have them."""
        return {
            "read": self.read,
            "written": self.written,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "rejected_rows": [{"row": each.row, "reason": each.reason} for each in self.first_rejected],
        }

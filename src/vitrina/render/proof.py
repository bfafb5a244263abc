"""The last line of an export, by which a client can tell a whole file from one that was cut."""

from __future__ import annotations

import hashlib
import json


class CsvProof:
    """Counts the rows of CSV that goes by, and computes its SHA-256."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._lines = 0
        self._is_quoted = False

    def update(self, chunk: bytes) -> None:
        """Take the next bytes; an end of line is never divided between two chunks."""
        self._digest.update(chunk)
        # Ends of lines inside of quotes belong to a value; a doubled quote closes and opens.
        for number, piece in enumerate(chunk.split(b'"')):
            if number:
                self._is_quoted = not self._is_quoted
            if not self._is_quoted:
                self._lines += piece.count(b"\r\n")

    def rows(self, *, header: bool = True) -> int:
        """Rows so far, without the one with the headings where there is one."""
        return max(self._lines - header, 0)

    @property
    def digest(self) -> str:
        """SHA-256 of everything so far, in hex."""
        return self._digest.hexdigest()

    def trailer(self, *, header: bool) -> bytes:
        """The line that ends a whole file; it is not part of what its digest is about."""
        return f"# proof: rows={self.rows(header=header)} sha256={self.digest}\r\n".encode()


def lines_trailer(body: bytes, rows: int) -> bytes:
    """The object that stands after ``rows`` lines of JSON, with the SHA-256 of all that stands before it."""
    start = b"" if not body or body.endswith(b"\n") else b"\n"
    digest = hashlib.sha256(body + start).hexdigest()
    return start + json.dumps({"_proof": {"rows": rows, "sha256": digest}}).encode() + b"\n"

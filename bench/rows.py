"""One line of the report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Row:
    """What was measured, beside what it is compared with; ``least`` is the ratio promised."""

    name: str
    reference: str
    vitrina: str
    ratio: float
    least: float
    note: str = ""

    @property
    def met(self) -> bool:
        return self.ratio >= self.least

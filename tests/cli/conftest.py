"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_process import make_database


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A small database, alone in its folder."""
    return make_database(tmp_path / "data.db", rows=3)

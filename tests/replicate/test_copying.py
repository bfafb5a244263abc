"""Copies of files: whole, or given up."""

from __future__ import annotations

import errno
import os
from itertools import count

import pytest

from vitrina.replicate import copying
from vitrina.replicate.copying import copy_file

SIZES = (0, 1, 1024 * 1024, copying._SLICE + 12345)


def always() -> bool:
    return True


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_is_equal_and_replaces_what_was_there(tmp_path, size) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(size))
    target.write_bytes(b"something longer than nothing")
    assert copy_file(source, target, always)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("number", [errno.EXDEV, errno.ENOSYS])
def test_where_the_system_cannot_copy_by_itself(tmp_path, monkeypatch, number) -> None:
    def refuse(*_: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    assert copy_file(source, target, always)
    assert target.read_bytes() == source.read_bytes()


def test_a_full_disk_is_no_reason_to_try_otherwise(tmp_path, monkeypatch) -> None:
    def refuse(*_: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    (tmp_path / "source").write_bytes(b"content")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        copy_file(tmp_path / "source", tmp_path / "target", always)


def test_given_up_between_two_parts(tmp_path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(copying._SLICE * 3))
    asked = count(1)
    assert not copy_file(source, target, lambda: next(asked) < 2)
    assert target.stat().st_size <= copying._SLICE

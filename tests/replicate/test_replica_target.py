"""What is known of the place of a replica from its URL or options."""

from __future__ import annotations

from typing import Any

import pytest

from vitrina.errors import ConfigError
from vitrina.replicate.restore_points import parse_ltx, summed_up
from vitrina.replicate.target import parse_target, redact_url


@pytest.mark.parametrize(
    ("given", "kind", "bucket", "prefix", "endpoint", "path_style"),
    [
        ("s3://bucket/a/b", "s3", "bucket", "a/b", None, False),
        ("s3://bucket/a?endpoint=http://127.0.0.1:1&region=x", "s3", "bucket", "a", "http://127.0.0.1:1", True),
        ("s3://bucket/a?endpoint=http://e&forcePathStyle=false", "s3", "bucket", "a", "http://e", False),
        ({"type": "s3", "bucket": "b", "path": "p/q/", "endpoint": "http://e"}, "s3", "b", "p/q", "http://e", True),
        ({"url": "s3://b/p", "force-path-style": True}, "s3", "b", "p", None, True),
        ("file:///var/copies/x", "file", "", "/var/copies/x", None, False),
        ("gs://bucket/x", "gs", "bucket", "x", None, False),
        ("webdavs://host/x", "webdav", "host", "x", None, False),
        ("sftp://me@host:22/x", "sftp", "host", "x", None, False),
    ],
)
def test_parts(given: Any, kind: str, bucket: str, prefix: str, endpoint: str | None, path_style: bool) -> None:
    target = parse_target(given, "here")
    assert (target.kind, target.bucket, target.prefix, target.endpoint) == (kind, bucket, prefix, endpoint)
    assert target.path_style == path_style


def test_a_path_becomes_an_absolute_one(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ({"path": "copies/a b"}, "copies/a b"):
        target = parse_target(given, "here")
        assert target.kind == "file" and target.prefix == f"{tmp_path}/copies/a b"
        assert target.url == f"file://{tmp_path}/copies/a%20b"


def test_options_become_a_url() -> None:
    options = {"type": "s3", "bucket": "b", "path": "p", "endpoint": "http://e:1", "region": "r"}
    assert parse_target(options, "here").url == "s3://b/p?endpoint=http://e:1&region=r"


def test_one_place_in_two_spellings() -> None:
    first = parse_target("s3://b/p?endpoint=http://e", "here")
    second = parse_target({"type": "s3", "bucket": "b", "path": "/p", "endpoint": "http://e"}, "here")
    assert first.identity == second.identity


@pytest.mark.parametrize("given", [5, {}, {"url": "s3://b/p", "path": "q"}, {"type": "ftp", "path": "x"}, "file://x/y"])
def test_refused(given: Any) -> None:
    with pytest.raises(ConfigError, match="here"):
        parse_target(given, "here")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://key:secret@bucket/p", "s3://bucket/p"),
        ("sftp://me:word@host:22/p", "sftp://host:22/p"),
        ("s3://b/p?endpoint=http://e&sseCustomerKey=abc", "s3://b/p?endpoint=http://e&sseCustomerKey=***"),
        ("s3://b/p?X-Amz-Signature=abc", "s3://b/p?X-Amz-Signature=***"),
        ("/plain/path", "/plain/path"),
    ],
)
def test_redacted(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_the_content_of_a_replica_in_short() -> None:
    def entry(level: int, first: int, last: int, size: int, minute: int) -> str:
        return (
            f'{{"level": {level}, "min_txid": "{first:016x}", "max_txid": "{last:016x}", "size": {size}, '
            f'"timestamp": "2026-01-01T00:{minute:02}:00Z"}}'
        )

    entries = [entry(0, 31, 31, 5, 40), entry(9, 1, 20, 100, 20), entry(9, 1, 30, 130, 30), entry(1, 11, 20, 7, 20)]
    content = summed_up(parse_ltx(f"[{','.join(entries)}]".encode()))
    assert (content.files, content.size, content.snapshots, content.max_txid) == (4, 242, 2, 31)
    assert content.oldest is not None and content.oldest.minute == 20 and content.oldest_size == 100
    assert content.newest is not None and content.newest.minute == 40
    assert summed_up(parse_ltx(b"null")).oldest is None

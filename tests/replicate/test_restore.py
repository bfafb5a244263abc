"""``vitrina restore``: the last moment, an earlier one, a damaged replica, files in the way."""

from __future__ import annotations

import json
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

from cli_process import PATIENCE, run, started
from file_replica import Writer, until

from vitrina.replicate.comparison import TableDifference, compare_rows


@pytest.fixture
def writer(tmp_path):
    made = Writer(tmp_path)
    yield made
    made.close()


def changes(writer):
    return sorted((writer.path.parent / "replica" / "ltx" / "0").glob("*.ltx"))


def write_and_upload(writer):
    before = len(changes(writer))
    writer.write()
    until(lambda: len(changes(writer)) > before, "the upload")


def number(path):
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute("select min(number), max(number) from t").fetchone()


def test_the_last_moment_with_every_row(writer, tmp_path):
    write_and_upload(writer)
    answer = run("restore", writer.replica, "--to", tmp_path / "out.db", "--compare", writer.path)
    assert answer.returncode == 0, answer.stderr
    assert number(tmp_path / "out.db") == (1, 1)
    assert "have the same rows" in answer.stderr


def test_an_earlier_transaction_and_what_differs(writer, tmp_path):
    write_and_upload(writer)
    write_and_upload(writer)
    listed = run("restore", writer.replica, "--list").stdout.splitlines()
    txids = [line.split("--txid ")[1] for line in listed]
    assert len(txids) >= 3
    out = tmp_path / "out.db"
    answer = run("restore", writer.replica, "--to", out, "--txid", txids[-2], "--compare", writer.path)
    assert answer.returncode == 1
    assert number(out) == (1, 1)
    assert f"t: 300 rows only in {out}, 300 rows only in {writer.path}" in answer.stdout


def test_a_time_before_the_first_upload_is_refused_with_advice(writer, tmp_path):
    early = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    answer = run("restore", writer.replica, "--to", tmp_path / "out.db", "--at", early)
    assert answer.returncode == 1
    assert "cannot be restored" in answer.stderr
    assert not (tmp_path / "out.db").exists()
    later = run("restore", writer.replica, "--to", tmp_path / "out.db", "--at", datetime.now(UTC).isoformat())
    assert later.returncode == 0, later.stderr


def test_a_file_in_the_way_stays_unless_forced(writer, tmp_path):
    out = tmp_path / "out.db"
    out.write_text("mine")
    answer = run("restore", writer.replica, "--to", out)
    assert answer.returncode == 1
    assert "there is a file already" in answer.stderr
    assert out.read_text() == "mine"
    assert run("restore", writer.replica, "--to", out, "--force").returncode == 0
    assert number(out) == (0, 0)
    assert not list(tmp_path.glob(".restoring-*"))


def test_a_damaged_replica_is_noticed_and_an_older_moment_offered(writer, tmp_path):
    write_and_upload(writer)
    write_and_upload(writer)
    writer.close()
    damaged = changes(writer)[-1]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    out = tmp_path / "out.db"
    answer = run("restore", writer.replica, "--to", out)
    assert answer.returncode == 1
    assert "Older moments to try: --txid" in answer.stderr
    assert not out.exists()
    txid = answer.stderr.split("--txid ")[1].split(" ")[0]
    assert run("restore", writer.replica, "--to", out, "--txid", txid).returncode == 0
    assert number(out) == (1, 1)


def test_by_the_name_of_a_configured_database(writer, tmp_path):
    config = tmp_path / "vitrina.json"
    config.write_text(json.dumps({"vitrina": {"replication": {"all-replicate": [f"file://{tmp_path}/replica"]}}}))
    answer = run("restore", "app", "-c", config, "--to", tmp_path / "out.db")
    assert answer.returncode == 0, answer.stderr
    assert number(tmp_path / "out.db") == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["app"], "give the address of a replica"),
        (["file:///nowhere/at/all"], "--to is needed"),
        (["file:///nowhere/at/all", "--to", "x.db", "--at", "yesterday"], "is not an ISO 8601 time"),
        (["file:///nowhere/at/all", "--to", "x.db", "--at", "2026-01-01", "--txid", "3"], "give one of them"),
        (["file:///nowhere/at/all", "--list"], "there is nothing to restore"),
    ],
)
def test_what_is_missing_is_said(arguments, sentence, tmp_path):
    answer = run("restore", *arguments, cwd=tmp_path)
    assert answer.returncode != 0
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_rows_are_compared_as_multisets(tmp_path):
    for name, rows in (("a", [(1,), (1,), (2,)]), ("b", [(1,), (2,), (2,)])):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as conn:
            conn.execute("create table t (x)")
            conn.executemany("insert into t values (?)", rows)
            conn.execute(f"create table only_{name} (x)")
            conn.commit()
    assert compare_rows(tmp_path / "a.db", tmp_path / "a.db") == []
    assert compare_rows(tmp_path / "a.db", tmp_path / "b.db") == [
        TableDifference("only_a", 0, None),
        TableDifference("only_b", None, 0),
        TableDifference("t", 2, 2),
    ]


def test_equal_to_sqlite_is_not_equal(tmp_path):
    for name, values in (("a.db", ("A", 1)), ("b.db", ("a", 1)), ("c.db", ("A", 1.0))):
        with closing(sqlite3.connect(tmp_path / name)) as conn:
            conn.execute("create table t (word text collate nocase, value)")
            conn.execute("insert into t values (?, ?)", values)
            conn.commit()
    for other in ("b.db", "c.db"):
        assert compare_rows(tmp_path / "a.db", tmp_path / other) == [TableDifference("t", 1, 1)], other


def test_a_file_behind_a_link_is_made_where_the_link_leads(writer, tmp_path):
    (tmp_path / "disk").mkdir()
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "disk" / "real.db")
    answer = run("restore", writer.replica, "--to", link)
    assert answer.returncode == 0, answer.stderr
    assert link.is_symlink()
    assert (tmp_path / "disk" / "real.db").stat().st_size


def test_a_folder_that_cannot_be_written_to_is_named(writer, tmp_path):
    answer = run("restore", writer.replica, "--to", tmp_path / "nowhere" / "out.db")
    assert answer.returncode == 1
    assert "cannot be written: No such file or directory" in answer.stderr
    answer = run("restore", writer.replica, "--to", tmp_path)
    assert answer.returncode == 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_a_restore_that_is_ended(writer, tmp_path, how):
    (tmp_path / "out").mkdir()
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\necho begun > "$(dirname "$0")/begun"\nexec sleep 60\n')
    slow.chmod(0o700)
    config = tmp_path / "vitrina.json"
    replication = {"all-replicate": [writer.replica], "litestream": str(slow)}
    config.write_text(json.dumps({"vitrina": {"replication": replication}}))
    with started("restore", writer.path, "-c", config, "--to", tmp_path / "out" / "new.db") as process:
        until((tmp_path / "begun").exists, "the beginning")
        process.send_signal(how)
        process.wait(PATIENCE)
    assert list((tmp_path / "out").iterdir()) == []

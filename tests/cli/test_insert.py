"""``vitrina insert``: what it writes, what it says, and what stays after it was stopped."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from cli_process import announced, command, environment, run, started
from click.testing import CliRunner

from vitrina.cli.main import cli


def insert(*arguments: object, stdin: str | bytes | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["insert", *map(str, arguments)], input=stdin)
    return result.exit_code, result.output


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    conn = sqlite3.connect(path)
    try:
        return conn.execute(sql).fetchall()
    finally:
        conn.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def test_creates_file_and_table_with_detected_types(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("id,zip,price,big,note\n1,01234,1.5,99999999999999999999,\n2,94103,2,1,x\n")
    status, output = insert(database, "items", file, "--pk", "id")
    assert status == 0
    assert "zip    text" in output
    assert "Wrote 2 of 2 rows to items" in output
    sql = query(database, "SELECT sql FROM sqlite_master")[0][0]
    assert '"id" INTEGER PRIMARY KEY' in str(sql)
    assert query(database, "SELECT * FROM items") == [
        (1, "01234", 1.5, "99999999999999999999", ""),
        (2, "94103", 2.0, "1", "x"),
    ]
    assert query(database, "PRAGMA journal_mode") == [("wal",)]


def test_refused_rows_are_kept_in_a_file(database: Path, tmp_path: Path) -> None:
    rejected = tmp_path / "rejected.csv"
    status, output = insert(database, "t", "-", "--pk", "id", "--rejected", rejected, stdin="id,n\n1,2\n1,3\n4\n")
    assert status == 3
    assert "Wrote 1 of 3 rows to t, refused 2" in output
    assert rejected.read_text().splitlines() == [
        "row,reason,id,n",
        "3,has 1 cell instead of 2,4",
        "2,UNIQUE constraint failed: t.id,1,3",
    ]


def test_values_beyond_the_sample_that_do_not_fit_are_refused(database: Path) -> None:
    rows = "".join(f"{number}\n" for number in range(6000))
    status, output = insert(database, "t", "-", "--format", "csv", stdin=f"n\n{rows}007\nx\n")
    assert status == 3
    assert 'row 6001: n: "007" would not keep how it is written' in output
    assert 'row 6002: n: "x" is not an integer' in output
    assert query(database, "SELECT count(*), typeof(n) FROM t GROUP BY 2") == [(6000, "integer")]


@pytest.mark.parametrize(
    ("mode", "rows"),
    [
        ("--ignore", [(1, "a", 1), (2, "b", None)]),
        ("--replace", [(1, "z", None), (2, "b", None)]),
        ("--upsert", [(1, "z", 1), (2, "b", None)]),
    ],
)
def test_rows_that_are_there(database: Path, mode: str, rows: list[tuple[object, ...]]) -> None:
    insert(database, "t", "-", "--pk", "id", stdin="id,name,n\n1,a,1\n")
    lines = "\n".join(json.dumps(row) for row in [{"id": 1, "name": "z"}, {"id": 2, "name": "b"}])
    assert insert(database, "t", "-", mode, stdin=lines)[0] == 0
    assert query(database, "SELECT * FROM t") == rows


def test_dry_run_keeps_nothing(database: Path, tmp_path: Path) -> None:
    assert "Would write 1 of 1 rows" in insert(database, "t", "-", "--dry-run", stdin="a\n1\n")[1]
    assert not database.exists()
    insert(database, "t", "-", stdin="a\n1\n")
    assert "Would write 2 of 2 rows" in insert(database, "t", "-", "--dry-run", "--batch", 1, stdin="a\n2\n3\n")[1]
    assert query(database, "SELECT * FROM t") == [(1,)]


def test_strict_and_wrong_use_write_nothing(database: Path) -> None:
    insert(database, "t", "-", "--pk", "a", stdin="a\n1\n")
    for arguments, stdin, message in (
        (["--strict"], "a\n2\n1\n", "Row 2: UNIQUE constraint failed: t.a (nothing was written)"),
        ([], "a,b\n2,3\n", "Table t has no column b"),
        (["--type", "a=number"], "a\n2\n", "COLUMN=TYPE is needed"),
        (["--encoding", "klingon"], "a\n2\n", "Unknown encoding"),
        ([], "", "there are no rows"),
    ):
        status, output = insert(database, "t", "-", *arguments, stdin=stdin)
        assert (status in (1, 2), message in output) == (True, True), output
    assert query(database, "SELECT * FROM t") == [(1,)]


def test_null_texts_and_empty_cells(database: Path) -> None:
    arguments = ("--null", "NA", "--empty-null", "--type", "c=text")
    insert(database, "t", "-", *arguments, stdin="a,b,c\nNA,,1\n2,NA,\n")
    assert query(database, "SELECT * FROM t") == [(None, None, "1"), (2, None, None)]


def test_excel_and_parquet(database: Path, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    book = openpyxl.Workbook()
    for row in (["id", "when"], [1, "x"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    parquet.write_table(pyarrow.table({"id": [2], "when": ["y"]}), tmp_path / "b.parquet")
    assert insert(database, "t", tmp_path / "a.xlsx")[0] == 0
    assert insert(database, "t", tmp_path / "b.parquet")[0] == 0
    assert query(database, "SELECT * FROM t") == [(1, "x"), (2, "y")]


def _stopped(database: Path, *arguments: object) -> str:
    """Interrupt an import whose input does not end; what it said."""
    process = subprocess.Popen(
        command("insert", database, "t", "-", "--format", "csv", *map(str, arguments)),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None and process.stderr is not None
    process.stdin.write(b"n\n" + b"".join(b"%d\n" % number for number in range(200_000)))
    process.stdin.flush()
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read().decode()
    process.stdin.close()
    process.stderr.close()
    assert process.wait(20) == 1
    return said


def test_interrupted_leaves_nothing_or_whole_batches(database: Path, tmp_path: Path) -> None:
    assert "Cancelled: nothing was written" in _stopped(database)
    assert list(database.parent.glob(f"{database.name}*")) == []
    other = tmp_path / "other.db"
    assert "rows of earlier batches stay" in _stopped(other, "--batch", 7000)
    count = query(other, "SELECT count(*) FROM t")[0][0]
    assert isinstance(count, int) and count > 0 and count % 7000 == 0


def test_a_file_that_is_being_served(database: Path, tmp_path: Path) -> None:
    insert(database, "t", "-", stdin="a\n1\n")
    with started("serve", database, "--port", "8231") as process:
        url, _ = announced(process)
        file = tmp_path / "more.csv"
        file.write_text("a\n2\n3\n")
        finished = run("insert", database, "t", file)
        assert finished.returncode == 0, finished.stderr
        assert "Wrote 2 of 2 rows" in finished.stderr
        found = json.loads(run("serve", database, "--get", "/shop/t.json?_shape=arrays").stdout)
        assert url
    assert found["rows"][-1][-1] == 3


def test_stdin_may_be_a_pipe_of_bytes(database: Path) -> None:
    assert insert(database, "t", "-", stdin=io.BytesIO("ä\nö\n".encode("cp1252")).read())[0] == 0
    assert query(database, 'SELECT "ä" FROM t') == [("ö",)]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"a,a\n1,2\n3\n", ["--strict"]),
        (b"a\n1\n", ["--type", "b=integer"]),
        (b"a\n1\n", ["--upsert", "--pk", "b"]),
        (b"a\n" + b"1\n" * 9000 + b"\xff\n", ["--encoding", "ascii"]),
    ],
)
def test_a_failure_leaves_no_new_file(database: Path, content: bytes, options: list[str]) -> None:
    status, output = insert(database, "t", "-", *options, stdin=content)
    assert status in (1, 2), output
    assert list(database.parent.glob(f"{database.name}*")) == []


def test_a_failure_leaves_a_file_that_was_there(database: Path) -> None:
    database.touch()
    assert insert(database, "t", "-", "--strict", stdin=b"a,b\n1\n")[0] == 1
    assert database.exists()
    database.unlink()
    assert insert(database, "t", "-", stdin=b"a,b\n1\n")[0] == 3
    assert query(database, "SELECT count(*) FROM t") == [(0,)]

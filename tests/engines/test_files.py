"""Files that are missing, broken, locked, replaced or changed while they are served."""

import asyncio
import os
import shutil
import sqlite3
import time

import pytest

from vitrina.engine.sqlite import connections
from vitrina.engine.sqlite.connections import ConnectionSetup
from vitrina.errors import DatabaseCorrupt, EngineError, StartupError, Unavailable, VitrinaError

run = asyncio.run
ROWS = "create table t (id integer primary key, name text); insert into t (name) values ('a'), ('b');"


def names(database):
    return [row[0] for row in run(database.read(lambda reader: reader.select("select name from t order by id"))).rows]


def refusal(database):
    with pytest.raises(StartupError) as caught:
        database.check()
    assert caught.value.hint
    return caught.value.message


def test_good_files_pass_the_check(make_file, open_database):
    database = open_database(make_file(ROWS))
    database.check()
    assert names(database) == ["a", "b"]


def test_an_empty_file_is_an_empty_database(tmp_path, open_database):
    path = tmp_path / "empty.db"
    path.touch()
    database = open_database(str(path))
    database.check()
    assert run(database.ready()).tables == {}


def test_a_missing_file(tmp_path, open_database):
    assert "does not exist" in refusal(open_database(str(tmp_path / "no.db")))
    with pytest.raises(EngineError):
        run(open_database(str(tmp_path / "no.db")).ready())
    with pytest.raises(EngineError):
        run(open_database(str(tmp_path / "no.db"), is_mutable=False).ready())


def test_a_directory(tmp_path, open_database):
    assert "is a directory" in refusal(open_database(str(tmp_path)))


@pytest.mark.parametrize("content", [b"hello, this is no database at all\n" * 40, os.urandom(8192)])
@pytest.mark.parametrize("is_mutable", [True, False])
def test_not_sqlite_or_encrypted(tmp_path, open_database, content, is_mutable):
    path = tmp_path / "other.db"
    path.write_bytes(content)
    assert "not a database" in refusal(open_database(str(path), is_mutable=is_mutable))
    with pytest.raises(DatabaseCorrupt):
        run(open_database(str(path), is_mutable=is_mutable).ready())


def test_a_damaged_schema(make_file, open_database):
    path = make_file(ROWS)
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xaa" * 3000)
    assert "malformed" in refusal(open_database(path))


def test_a_damaged_table_spoils_only_itself(make_file, open_database):
    big = "create table u (x); insert into u select hex(randomblob(3000)) from pragma_function_list limit 50;"
    path = make_file(ROWS + big)
    conn = sqlite3.connect(path)
    (root,) = conn.execute("select rootpage from sqlite_master where name = 'u'").fetchone()
    conn.close()
    with open(path, "r+b") as file:
        file.seek(4096 * (root - 1))
        file.write(b"\xff" * 4096)
    database = open_database(path)
    database.check()
    assert names(database) == ["a", "b"]
    with pytest.raises(DatabaseCorrupt):
        run(database.read(lambda reader: reader.select("select * from u")))


def test_a_locked_file_is_told_as_such_and_recovers(make_file, open_database, monkeypatch):
    monkeypatch.setattr(connections, "READ_TIMEOUT_S", 0.05)
    path = make_file(ROWS)
    database = open_database(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(Unavailable) as caught:
        names(database)
    assert caught.value.status == 503
    assert caught.value.headers["Retry-After"]
    other.execute("rollback")
    assert names(database) == ["a", "b"]
    before = database.generation
    other.execute("begin exclusive")
    with pytest.raises(Unavailable):
        names(database)
    # Nothing proves that the contents are still the same.
    assert database.generation > before
    other.execute("insert into t (name) values ('c')")
    other.execute("commit")
    other.close()
    assert names(database) == ["a", "b", "c"]


def test_waiting_for_a_lock_does_not_make_a_queue(make_file, open_database, monkeypatch):
    monkeypatch.setattr(connections, "READ_TIMEOUT_S", 0.6)
    path = make_file(ROWS)
    database = open_database(path)
    names(database)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin exclusive")

    async def both():
        def job(reader):
            return reader.select("select 1 from t")

        return await asyncio.gather(database.read(job), database.read(job), return_exceptions=True)

    began = time.monotonic()
    found = run(both())
    elapsed = time.monotonic() - began
    other.close()
    assert all(isinstance(error, Unavailable) for error in found)
    # Two that wait one after the other would need twice the time-out.
    assert elapsed < 1.2


def test_a_read_only_file_can_be_read_but_not_written(make_file, open_database):
    path = make_file(ROWS)
    os.chmod(path, 0o444)
    database = open_database(path, mode="ro")
    assert names(database) == ["a", "b"]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        run(database.write(lambda conn: conn.execute("delete from t")))


def test_an_immutable_file_next_to_a_missing_wal(make_file, open_database):
    path = make_file("pragma journal_mode = wal;" + ROWS)
    database = open_database(path, is_mutable=False)
    assert names(database) == ["a", "b"]
    assert not os.path.exists(path + "-shm")


def test_a_file_replaced_while_open(make_file, open_database):
    path = make_file(ROWS)
    database = open_database(path)
    assert names(database) == ["a", "b"]
    run(database.write(lambda conn: conn.execute("insert into t (name) values ('c')")))
    run(database.foreign_read(lambda conn: conn.execute("select 1").fetchone()))
    catalog, generation = database.catalog, database.generation
    # Same schema version, so that SQLite's counters would not tell.
    os.replace(make_file(ROWS.replace("'a'", "'new'"), name="next.db"), path)
    assert names(database) == ["new", "b"]
    assert database.catalog.serial > catalog.serial
    assert database.generation > generation
    run(database.write(lambda conn: conn.execute("insert into t (name) values ('d')")))
    assert names(database) == ["new", "b", "d"]
    found = run(database.foreign_read(lambda conn: conn.execute("select count(*) from t").fetchone()[0]))
    assert found == 3


def test_a_file_deleted_while_open_and_put_back(make_file, tmp_path, open_database):
    path = make_file(ROWS)
    database = open_database(path)
    names(database)
    kept = shutil.copy(path, tmp_path / "kept.db")
    os.remove(path)
    with pytest.raises(EngineError, match="No such file"):
        names(database)
    os.replace(kept, path)
    assert names(database) == ["a", "b"]


@pytest.mark.parametrize("name", ["what?.db", "50%.db", "#1 a&b.db", "q'uo\"te.db", "ünï.db", "back\\slash.db"])
def test_awkward_file_names(make_file, open_database, name):
    path = make_file(ROWS, name=name)
    database = open_database(path)
    assert names(database) == ["a", "b"]
    run(database.write(lambda conn: conn.execute("delete from t")))
    assert names(database) == []
    assert names(open_database(path, is_mutable=False)) == []


def test_a_broken_view_or_an_unknown_module_spoils_only_itself(make_file, open_database):
    path = make_file(ROWS + "create view good as select id from t; create view broken as select * from gone;")
    conn = sqlite3.connect(path)
    conn.execute("pragma writable_schema = 1")
    conn.execute(
        "insert into sqlite_master values ('table', 'odd', 'odd', 0, 'create virtual table odd using nosuch(a)')"
    )
    conn.commit()
    conn.close()
    catalog = run(open_database(path).ready())
    assert catalog.views["good"].column_names == ("id",)
    assert catalog.views["broken"].column_names == ()
    assert catalog.tables["odd"].column_names == ()
    assert catalog.tables["odd"].kind == "virtual"
    assert catalog.tables["t"].column_names == ("id", "name")


def test_an_extension_that_is_not_there(make_file, open_database):
    database = open_database(make_file(ROWS), setup=ConnectionSetup(extensions=("/nowhere/at_all",)))
    with pytest.raises(VitrinaError):
        database.check()


def test_immutable_files_are_hashed_and_counted(make_file, open_database):
    path = make_file(ROWS)
    database = open_database(path, is_mutable=False)
    assert database.hash is None
    run(database.ready())
    with open(path, "rb") as file:
        import hashlib

        expected = hashlib.sha256(file.read()).hexdigest()
    assert database.hash == expected
    assert database.color == expected[:6]
    assert database.known_counts == {"t": 2}
    assert database.known_count("t") == 2
    assert database.known_count("none") is None
    generation = database.generation
    assert run(database.look()) == generation


def test_counts_and_hash_of_an_inspect_file_are_believed(make_file, open_database):
    database = open_database(make_file(ROWS), is_mutable=False, hash="abcdef" * 10, counts={"t": 77})
    run(database.ready())
    assert (database.hash, database.color, database.known_counts) == ("abcdef" * 10, "abcdef", {"t": 77})


def test_mutable_files_are_not_hashed(make_file, open_database):
    database = open_database(make_file(ROWS))
    run(database.ready())
    assert database.hash is None
    assert database.known_counts is None
    assert len(database.color) == 6
    assert database.size > 0
    assert database.mtime_ns == os.stat(database.path).st_mtime_ns

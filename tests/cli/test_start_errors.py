"""What keeps a server from starting is said in one sentence, with the contract's exit status."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest
from cli_process import make_database, run
from click.testing import CliRunner, Result

from vitrina.cli.main import cli


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def message(result: Result) -> str:
    assert isinstance(result.exception, SystemExit), result.exception
    return result.stderr.strip()


def test_a_missing_file(tmp_path: Path) -> None:
    result = invoke(tmp_path / "no.db", "--get", "/")
    assert result.exit_code == 1
    assert "no.db' does not exist. --create makes an empty database" in message(result)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,name\n1,x\n", "this is not an SQLite database: it looks like text"),
        (random.Random(1).randbytes(4096), "this is not an SQLite database, or it is encrypted"),
        (b"\x00" * 700, "this is not an SQLite database"),
        (
            b"SQLite format 3\x00" + b"\x10\x00" + b"\x00" * 100,
            "the database is damaged: the file ends within its first",
        ),
    ],
)
def test_files_that_are_no_databases(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    for option in ([path], ["-i", path]):
        result = invoke(*option, "--get", "/")
        assert result.exit_code == 1
        assert message(result).startswith(f"Error: {path}: {said}")


def test_a_damaged_schema(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content.replace(b"CREATE TABLE t (id", b"CREATE TABEL t (id"))
    result = invoke(database, "--get", "/")
    assert result.exit_code == 1
    assert f"{database}: the database is damaged: malformed database schema" in message(result)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(database: Path) -> None:
    database.chmod(0)
    result = invoke(database, "--get", "/")
    assert result.exit_code == 1
    assert message(result) == f"Error: {database}: the file cannot be read: Permission denied"


def test_the_same_file_twice(database: Path) -> None:
    link = database.parent / "link.db"
    link.symlink_to(database)
    result = invoke(database, link, "--get", "/")
    assert result.exit_code == 1
    assert message(result).startswith("Error: Duplicate database file: ")


def test_two_directories(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    result = invoke(tmp_path / "a", tmp_path / "b", "--get", "/")
    assert result.exit_code == 1
    assert message(result).startswith("Error: Cannot pass multiple directories.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("settings:\n  nope: 1\n", "line 2: settings.nope: there is no setting of this name"),
        ('{"a":\n', "line 2, near a: neither valid JSON nor valid YAML"),
        ("[1]", "an object with keys is needed at the top"),
        ("databases: {d: {queries: {q: {}}}}", "line 1: databases.d.queries.q: a query needs its SQL"),
    ],
)
def test_a_broken_configuration(database: Path, text: str, said: str) -> None:
    config = database.parent / "c.yaml"
    config.write_text(text)
    result = invoke(database, "-c", config, "--get", "/")
    assert result.exit_code == 1
    assert said in message(result)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--headers"], 1, "--headers can only be used with --get"),
        (["--ssl-keyfile", "x"], 1, "--ssl-keyfile needs --ssl-certfile as well"),
        (["--token", "x"], 1, "--token can only be used with --get"),
        (["--get", "/", "--actor", "{"], 1, "--actor must be a JSON object"),
        (["--nope"], 2, "No such option '--nope'"),
        (["-s", "num_sql_threads", "x"], 2, '"settings.num_sql_threads" should be an integer'),
        (["-s", "settings.num_sql_threads", "x", "--get", "/"], 1, "settings.num_sql_threads: the value must be an"),
        (["-s", "settings.nope", "1", "--get", "/"], 1, "settings.nope: there is no setting of this name"),
        (["-c", "nowhere.json"], 2, "'nowhere.json': No such file or directory"),
        (["-m", "nowhere.json"], 2, "'nowhere.json': No such file or directory"),
        (["-i", "nowhere.db"], 2, "Path 'nowhere.db' does not exist"),
        (["--static", "x"], 2, '"x" should be of format mountpoint:directory'),
        (["--static", "x:nowhere"], 2, "x:nowhere is not a valid directory path"),
        (["--template-dir", "nowhere"], 2, "Directory 'nowhere' does not exist"),
        (["-p", "99999"], 2, "99999 is not in the range 0<=x<=65535"),
        (["--inspect-file", "nowhere.json", "--get", "/"], 1, "nowhere.json: the inspect file cannot be read"),
    ],
)
def test_options_that_are_refused(database: Path, arguments: list[str], status: int, said: str) -> None:
    result = invoke(database, *arguments)
    assert result.exit_code == status
    assert said in message(result)


def test_an_empty_file_is_served_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    finished = run(path, "--get", "/-/databases.json")
    assert finished.returncode == 0
    assert "empty.db is an empty file; it is served as a database without tables" in finished.stderr


def test_create_makes_a_wal_database(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert run(path, "--create", "--get", "/new.json").returncode == 0
    assert path.read_bytes()[18:20] == b"\x02\x02"


def test_no_traceback_reaches_people(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database")
    finished = run(tmp_path / "x.db")
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1


def test_a_warning_of_configuration_without_effect(database: Path) -> None:
    config = database.parent / "c.yaml"
    config.write_text("plugins: [x]")
    finished = run(database, "-c", config, "--get", "/-/actor.json")
    assert finished.returncode == 0
    assert finished.stderr == f"Warning: {config}, line 1: plugins: ignored: an object is needed\n"


def test_names_of_equal_files(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = make_database(tmp_path / "x.db"), make_database(tmp_path / "other" / "x.db")
    assert '"name": "x_2"' in run(first, second, "--get", "/-/databases.json").stdout


@pytest.mark.skipif(hasattr(sqlite3.Connection, "enable_load_extension"), reason="this Python can load extensions")
def test_a_python_that_loads_no_extensions(database: Path) -> None:
    result = invoke(database, "--load-extension", "some", "--get", "/")
    assert result.exit_code == 1
    assert "Your Python installation does not have the ability to load SQLite extensions." in message(result)


def test_settings_of_a_file_are_named_as_programs_expect(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"settings": {"allow_facet": "off"}}')
    said = message(invoke("-c", tmp_path / "c.json", "--get", "/"))
    assert "Setting 'allow_facet' in config file has incorrect type. Expected bool, got str. Value: 'off'." in said
    (tmp_path / "c.json").write_text('{"settings": {"nope": 1}}')
    assert "Invalid setting 'nope' in config file" in message(invoke("-c", tmp_path / "c.json", "--get", "/"))

"""The other commands, and the group itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cli_process import make_database, run
from click.testing import CliRunner
from itsdangerous import URLSafeSerializer

from vitrina.cli.main import cli
from vitrina.config.settings import SETTINGS


def test_version_says_what_it_answers_as() -> None:
    output = CliRunner().invoke(cli, ["--version"], prog_name="vitrina").output
    assert output.startswith("vitrina, version ")
    assert output.endswith(" (answers as datasette 1.0a41)\n")
    assert CliRunner().invoke(cli, ["--version"]).output == "cli, version 1.0a41\n"
    assert CliRunner().invoke(cli, ["--version"], prog_name="datasette").output == "datasette, version 1.0a41\n"


def test_help_lists_the_commands() -> None:
    output = CliRunner().invoke(cli, ["--help"]).output
    for name in ("serve*", "create-token", "inspect", "plugins", "install", "uninstall"):
        assert f"  {name} " in output


def test_help_settings_lists_every_setting() -> None:
    result = CliRunner().invoke(cli, ["--help-settings"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines() if line[:3].strip()] == ["Settings:", *SETTINGS]


def test_inspect_summarizes(tmp_path: Path) -> None:
    path = make_database(tmp_path / "x.db", rows=5)
    expected = {
        "x": {
            "hash": hashlib.sha256(path.read_bytes()).hexdigest(),
            "size": path.stat().st_size,
            "file": str(path),
            "tables": {"t": {"count": 5}},
        }
    }
    assert json.loads(CliRunner().invoke(cli, ["inspect", str(path)]).output) == expected
    target = tmp_path / "out.json"
    CliRunner().invoke(cli, ["inspect", str(path), "--inspect-file", str(target)])
    assert json.loads(target.read_text()) == expected


def test_inspect_without_files_knows_the_memory() -> None:
    nothing = {"hash": None, "size": 0, "file": None, "tables": {}}
    assert json.loads(CliRunner().invoke(cli, ["inspect"]).output) == {"_memory": nothing}


def test_inspect_refuses_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("text")
    assert CliRunner().invoke(cli, ["inspect", str(tmp_path / "x.db")]).exit_code == 1
    assert CliRunner().invoke(cli, ["inspect", str(tmp_path / "no.db")]).exit_code == 2


def test_a_directory_knows_its_inspected_files(tmp_path: Path) -> None:
    make_database(tmp_path / "x.db")
    make_database(tmp_path / "y.db")
    run("inspect", "x.db", "--inspect-file", "inspect-data.json", cwd=tmp_path)
    found = json.loads(run(tmp_path, "--get", "/-/databases.json").stdout)["databases"]
    assert [(each["name"], each["is_mutable"]) for each in found] == [("x", False), ("y", True)]


def test_tokens_are_readable_with_the_secret() -> None:
    arguments = ["create-token", "zoe", "--secret", "s", "-e", "60", "-a", "view-table", "-a", "nope"]
    result = CliRunner().invoke(cli, [*arguments, "-d", "d", "insert-row", "-r", "d", "t", "drop-table"])
    assert result.exit_code == 0
    assert "Unknown permission: nope" in result.stderr
    payload = URLSafeSerializer("s", "token").loads(result.stdout.strip().removeprefix("dstok_"))
    assert payload.pop("t") > 1_700_000_000
    assert payload == {
        "a": "zoe",
        "d": 60,
        "_r": {"a": ["vt", "nope"], "d": {"d": ["ir"]}, "r": {"d": {"t": ["dt"]}}},
    }


def test_debug_shows_what_a_token_says() -> None:
    output = CliRunner().invoke(cli, ["create-token", "zoe", "--secret", "s", "--debug"]).output
    token, empty, heading, blank, *payload = output.splitlines()
    assert token.startswith("dstok_")
    assert (empty, heading, blank) == ("", "Decoded:", "")
    assert json.loads("\n".join(payload))["a"] == "zoe"


@pytest.mark.parametrize(
    ("variables", "secret"),
    [({"DATASETTE_SECRET": "old"}, "old"), ({"DATASETTE_SECRET": "old", "VITRINA_SECRET": "new"}, "new")],
)
def test_our_environment_variable_wins(variables: dict[str, str], secret: str) -> None:
    token = CliRunner().invoke(cli, ["create-token", "zoe"], env=variables).output.strip()
    assert URLSafeSerializer(secret, "token").loads(token.removeprefix("dstok_"))["a"] == "zoe"


@pytest.mark.parametrize("arguments", [["create-token", "x"], ["install"], ["uninstall"], ["create-token"]])
def test_what_is_missing_is_a_usage_error(arguments: list[str]) -> None:
    environment = {"VITRINA_SECRET": None, "DATASETTE_SECRET": None}
    assert CliRunner().invoke(cli, arguments, env=environment).exit_code == 2


def test_plugins_of_a_directory_are_listed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from datasette import hookimpl\n@hookimpl\ndef startup():\n    pass\n")
    listed = json.loads(run("plugins", "--plugins-dir", tmp_path, VITRINA_LOAD_PLUGINS="").stdout)
    assert listed == [{"name": "mine.py", "static": False, "templates": False, "version": None, "hooks": ["startup"]}]


def test_another_sqlite_library_has_to_be_installed() -> None:
    finished = run("--version", VITRINA_SQLITE="no_such_library")
    assert finished.returncode == 1
    assert finished.stderr.startswith("Error: VITRINA_SQLITE=no_such_library: this library is not installed")

"""The ``token`` commands: offline, without a secret, and out of the shell's history."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_process import run
from click.testing import CliRunner, Result

from vitrina.cli.main import cli
from vitrina.cli.moments import parse_moment
from vitrina.tokens.narrowed.conditions import KINDS
from vitrina.tokens.narrowed.token import PREFIX, parse_identifier, parse_token
from vitrina.tokens.pypi import Token
from vitrina.tokens.signed import digest_of

SECRET = "the-secret-of-the-server"


def token(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["token", *args], input=stdin)


def made(*args: str) -> str:
    result = token("create", "ann", "--secret", SECRET, *args)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def restrictions(text: str) -> list[object]:
    return list(json.loads(token("inspect", text, "--json").output)["restrictions"])


def test_a_token_says_whose_it_is_and_never_that_it_is_good() -> None:
    output = token("inspect", made()).output
    assert "Actor    ann" in output
    assert "all that the actor may" in output
    assert "not known here" in output
    assert SECRET not in output


def test_restrict_prints_the_token_alone_and_needs_no_environment(tmp_path: Path) -> None:
    narrowed = run("token", "restrict", made(), "--read-only", "--max-rows", "5", cwd=tmp_path)
    assert narrowed.returncode == 0
    assert narrowed.stdout.count("\n") == 1 and narrowed.stderr == ""
    assert restrictions(narrowed.stdout.strip()) == [["rows", 5], ["ro"]]


def test_every_option_adds_its_caveat() -> None:
    narrowed = token(
        "restrict",
        made(),
        *("--action", "view-table", "--database", "a", "--table", "a/t/u", "--expires", "2030-01-02T03:04:05+00:00"),
        *("--not-before", "2030-01-01T00:00:00+00:00", "--max-rows", "9", "--max-ms", "50", "--note", "für Bo"),
        *("--read-only", "--no-sql", "--ip", "10.1.2.3/8", "--ip", "::1"),
    ).output.strip()
    found = {each[0]: each[1:] for each in restrictions(narrowed)}
    assert found == {
        "act": [["view-table", "view-database", "view-instance"]],
        "db": [["a"]],
        "res": [[["a", "t/u"]]],
        "exp": [1893553445],
        "nbf": [1893456000],
        "rows": [9],
        "ms": [50],
        "note": ["für Bo"],
        "ro": [],
        "sql": [False],
        "ip": [["10.0.0.0/8", "::1/128"]],
    }
    # Only the restriction object of signed tokens has no option of its own.
    assert set(KINDS) - set(found) == {"allow"}


def test_actions_bring_what_they_need_unless_told_otherwise() -> None:
    assert restrictions(made("--action", "es")) == [["act", ["execute-sql", "view-database", "view-instance"]]]
    assert restrictions(made("--action", "es", "--exact")) == [["act", ["execute-sql"]]]
    assert token("restrict", made(), "--action", "fly").exit_code == 2
    assert restrictions(made("--action", "fly", "--exact", "--force")) == [["act", ["fly"]]]


@pytest.mark.parametrize(
    "args, message",
    [
        ([], "Nothing to narrow"),
        (["--table", "no-slash"], "DB/NAME"),
        (["--ip", "everywhere"], "network"),
        (["--expires", "some day"], "no time"),
        (["--max-rows", "0"], "max-rows"),
        (["--note", "x" * 3000], "2048"),
    ],
)
def test_what_makes_no_sense_is_refused(args: list[str], message: str) -> None:
    result = token("restrict", made(), *args)
    assert result.exit_code != 0
    assert message in result.output
    assert PREFIX not in result.output


@pytest.mark.parametrize(
    "text, message",
    [("dstok_x", "cannot be narrowed"), ("pypi-x", "token pypi"), ("x", "no token"), ("vtk_x", "Invalid")],
)
def test_other_tokens_are_not_narrowed(text: str, message: str) -> None:
    result = token("restrict", text, "--read-only")
    assert result.exit_code != 0 and message in result.output


def test_a_restriction_from_the_future_is_shown_as_such() -> None:
    from vitrina.tokens.macaroon.chain import narrow
    from vitrina.tokens.narrowed.token import write_token

    output = token("inspect", write_token(narrow(parse_token(made()), [b'["moon",true]']))).output
    assert "does not understand: moon, and refuses the token" in output


def test_signed_tokens_can_be_looked_into_too() -> None:
    signed = CliRunner().invoke(cli, ["create-token", "ann", "--secret", SECRET, "-e", "60", "-a", "view-table"]).output
    output = token("inspect", "-", stdin=signed).output
    assert "Actor    ann" in output and "only vt" in output and digest_of(signed.strip()) in output


def test_revoking_writes_the_id_and_not_the_token(tmp_path: Path) -> None:
    internal = tmp_path / "internal.db"
    sqlite3.connect(internal).close()
    text = made()
    token_id = parse_identifier(parse_token(text).identifier).token_id
    result = token("revoke", "-", "--internal", str(internal), "--reason", "lost", stdin=text)
    assert result.output == f"Revoked {token_id}\n"
    assert token("revoke", token_id, "--internal", str(internal)).exit_code == 0
    conn = sqlite3.connect(internal)
    rows = conn.execute("select token_id, reason from vitrina_token_revocations").fetchall()
    conn.close()
    assert rows == [(token_id, "lost")]
    assert text.encode() not in internal.read_bytes()
    assert token("revoke", "neither", "--internal", str(internal)).exit_code == 1


SATURDAY = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, begin, end",
    [
        ("90s", "2026-11-21T11:31:30", None),
        ("15m", "2026-11-21T11:45:00", None),
        ("1h", "2026-11-21T12:30:00", None),
        ("7d", "2026-11-28T11:30:00", None),
        ("2w", "2026-12-05T11:30:00", None),
        ("friday", "2026-11-27T00:00:00", "2026-11-28T00:00:00"),
        ("Sat", "2026-11-21T00:00:00", "2026-11-22T00:00:00"),
        ("2026-12-24", "2026-12-24T00:00:00", "2026-12-25T00:00:00"),
        ("2026-12-24T17:00", "2026-12-24T17:00:00", None),
        ("2026-12-24T17:00+05:00", "2026-12-24T12:00:00", None),
    ],
)
def test_times_as_people_write_them(text: str, begin: str, end: str | None) -> None:
    def seconds(iso: str) -> float:
        return datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()

    assert parse_moment(text, SATURDAY, end=False) == seconds(begin)
    assert parse_moment(text, SATURDAY, end=True) == seconds(end or begin)


# -- PyPI

PYPI = Token.create(domain="pypi.org", identifier="an-id", key="k").dump()


def test_a_pypi_token_is_narrowed_as_pypi_reads_it() -> None:
    narrowed = token("pypi", "restrict", "-", "--project", "My_Project", "--expires", "1h", stdin=PYPI).output.strip()
    loaded = Token.load(narrowed)
    loaded.check("k", project_name="my-project")
    output = token("pypi", "inspect", narrowed).output
    assert "Index    pypi.org" in output and "only the projects my-project" in output
    said = json.loads(token("pypi", "inspect", narrowed, "--json").output)
    assert said["restrictions"][1] == [1, ["my-project"]]


@pytest.mark.parametrize(
    "args", [["restrict", PYPI], ["restrict", PYPI, "--user-id", "no uuid"], ["inspect", "none"], ["inspect", "pypi-!"]]
)
def test_wrong_uses_of_pypi_tokens(args: list[str]) -> None:
    result = token("pypi", *args)
    assert result.exit_code != 0 and "Traceback" not in result.output

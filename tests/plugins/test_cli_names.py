"""The command line as code written for Datasette imports it, replaces parts of it and calls it."""

import json
import sqlite3
import sys
from unittest import mock

import click
import pytest
from click.testing import CliRunner

from vitrina.compat.finder import install, uninstall
from vitrina.facade.datasette import Datasette


@pytest.fixture(autouse=True)
def alias(monkeypatch):
    monkeypatch.setattr(sys, "argv", sys.argv)
    install()
    yield
    uninstall()


@pytest.mark.parametrize(
    ("typed", "given_to_pip"),
    [
        (["install", "a", "b"], ["install", "a", "b"]),
        (
            ["install", "a", "-U", "-e", ".", "-r", __file__],
            ["install", "--upgrade", "--editable", ".", "-r", __file__, "a"],
        ),
        (["uninstall", "a", "-y"], ["uninstall", "a", "-y"]),
    ],
)
def test_what_is_given_to_pip_can_be_watched(typed, given_to_pip):
    from datasette.cli import cli

    with mock.patch("datasette.cli.run_module") as run_module:
        result = CliRunner().invoke(cli, typed)
    assert result.exit_code == 0, result.output
    run_module.assert_called_once_with("pip", run_name="__main__")
    assert sys.argv == ["pip", *given_to_pip]


def test_serve_gives_an_instance_to_those_who_ask(tmp_path):
    from datasette.cli import serve

    given = {each.name for each in serve.params} - {"files", "port", "settings", "follow_interval"}
    nothing = dict.fromkeys(given)
    instance = serve.callback(
        [],
        **{**nothing, "immutable": [], "static": [], "memory": True},
        port=8001,
        settings=[("settings.default_page_size", "7")],
        return_instance=True,
    )
    assert isinstance(instance, Datasette) and not instance._startup_invoked
    assert (instance.setting("default_page_size"), list(instance.databases)) == (7, ["_memory"])
    instance.close()


def test_functions_beside_the_commands(tmp_path):
    from datasette.cli import check_databases, inspect_, run_sync, sqlite_extensions

    path = tmp_path / "x.db"
    with sqlite3.connect(path) as conn:
        conn.execute("create table t (a)")
    conn.close()
    assert run_sync(lambda: inspect_([str(path)], ()))["x"]["tables"] == {"t": {"count": 0}}
    instance = Datasette([str(path)])
    assert run_sync(lambda: check_databases(instance)) is None
    instance.close()
    command = click.command()(sqlite_extensions(lambda sqlite_extensions: None))
    assert [(each.name, each.opts, each.multiple) for each in command.params] == [
        ("sqlite_extensions", ["--load-extension"], True)
    ]


def test_commands_are_importable():
    from datasette.cli import create_token, inspect, plugins

    made = CliRunner().invoke(create_token, ["me", "--secret", "s"])
    assert made.output.startswith("dstok_")
    assert json.loads(CliRunner().invoke(inspect, []).output)["_memory"]["size"] == 0
    assert isinstance(json.loads(CliRunner().invoke(plugins, ["--all"]).output), list)

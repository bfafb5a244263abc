"""Publishing: targets of plugins, names that tests of plugins put in, and files brought into a context."""

import os
import sqlite3
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from vitrina.errors import StartupError
from vitrina.facade.plugins import shared_manager
from vitrina.hooks.markers import hookimpl
from vitrina.publish import common
from vitrina.publish.context import bring_database, file_names, temporary_docker_directory
from vitrina.publish.dockerfile import make_dockerfile
from vitrina.publish.group import _Targets
from vitrina.publish.links import link_or_copy, link_or_copy_directory


class _Plugin:
    __name__ = "publish-somewhere"

    @staticmethod
    @hookimpl
    def publish_subcommand(publish):
        @publish.command()
        @common.add_common_publish_arguments_and_options
        def somewhere(files, metadata, secret, plugin_secret, **typed):
            """Publish somewhere."""
            click.echo(f"{files} {len(secret)} {plugin_secret} {sorted(typed)}")


def test_plugins_add_targets(tmp_path):
    pm = shared_manager()
    plugin = _Plugin()
    pm.register(plugin)
    try:
        group = _Targets("publish")
        assert "somewhere" in CliRunner().invoke(group, ["--help"]).output
        (tmp_path / "a.db").touch()
        done = CliRunner().invoke(group, ["somewhere", str(tmp_path / "a.db"), "--plugin-secret", "p", "k", "v"])
    finally:
        pm.unregister(plugin)
    assert done.exit_code == 0
    assert "a.db" in done.output and " 64 (('p', 'k', 'v'),)" in done.output and "'branch'" in done.output


_PATCHED = """
from unittest import mock
from vitrina.compat import install
install()
import datasette.cli, datasette.publish.cloudrun, vitrina.publish.cloudrun, vitrina.publish.package
assert datasette.publish.cloudrun is vitrina.publish.cloudrun
plain = vitrina.publish.package.call
with mock.patch("datasette.cli.call") as put:
    assert vitrina.publish.package.call is put and datasette.cli.call is put
assert vitrina.publish.package.call is plain and datasette.cli.call is plain
with mock.patch("datasette.publish.cloudrun.check_output") as put:
    assert vitrina.publish.cloudrun.check_output is put
from datasette.publish.common import add_common_publish_arguments_and_options, fail_if_publish_binary_not_installed
from datasette.utils import make_dockerfile, temporary_docker_directory, link_or_copy, link_or_copy_directory
assert "datasette serve" in make_dockerfile(["a.db"], None, "", None, None, None, [], [], False, None, "s")
"""


def test_names_that_are_put_in_from_outside_are_the_ones_that_are_called():
    done = subprocess.run([sys.executable, "-c", _PATCHED], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_files_are_linked_where_that_is_possible(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("text")
    link_or_copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").stat().st_nlink == 2

    def refused(*arguments, **more):
        raise OSError

    monkeypatch.setattr(os, "link", refused)
    link_or_copy(str(tmp_path / "a"), str(tmp_path / "c"))
    assert (tmp_path / "c").stat().st_nlink == 1 and (tmp_path / "c").read_text() == "text"
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "x").write_text("x")
    (tmp_path / "there").mkdir()
    link_or_copy_directory(str(tmp_path / "tree"), str(tmp_path / "there"))
    assert (tmp_path / "there" / "deep" / "x").read_text() == "x"


def test_a_write_ahead_log_is_not_left_behind(tmp_path):
    conn = sqlite3.connect(tmp_path / "live.db")
    conn.execute("pragma journal_mode=wal")
    conn.execute("create table t (a)")
    conn.execute("insert into t values (1)")
    conn.commit()
    bring_database(str(tmp_path / "live.db"), str(tmp_path / "copy.db"))
    conn.close()
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("select a from t").fetchall() == [(1,)]
    copy.close()


def test_files_of_one_name_and_directories_are_refused(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "data.db").touch()
    with pytest.raises(StartupError, match=r"Two files are called data\.db"):
        file_names([str(tmp_path / "one/data.db"), str(tmp_path / "two/data.db")])
    with pytest.raises(StartupError, match="is not a file"):
        file_names([str(tmp_path / "one")])


def test_the_working_directory_is_what_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.db").write_text("x")
    with temporary_docker_directory(
        ["a.db"], "name", None, None, None, None, None, [], [], False, None, "secret"
    ) as folder:
        assert os.path.samefile(folder, os.getcwd()) and os.path.basename(folder) == "name"
        assert sorted(os.listdir()) == ["Dockerfile", "a.db"]
    assert os.path.samefile(tmp_path, os.getcwd()) and not os.path.exists(folder)


def test_what_cannot_stand_in_a_dockerfile_is_refused():
    for secret in ("it's", "two\nlines"):
        with pytest.raises(StartupError, match="single quotes nor line ends"):
            make_dockerfile(["a.db"], None, "", None, None, None, [], [], False, None, secret)


def test_size_is_told_before_anything_is_uploaded(tmp_path, capsys):
    (tmp_path / "a.db").write_bytes(b"x" * 2000)
    common.warn_of_size([str(tmp_path / "a.db")], 3000, "limit")
    assert capsys.readouterr().err == ""
    common.warn_of_size([str(tmp_path / "a.db")], 1000, "limit")
    assert "limit" in capsys.readouterr().err


def test_where_the_files_for_heroku_are_is_told_on_stderr(tmp_path, monkeypatch):
    program = tmp_path / "heroku"
    program.write_text("#!/bin/sh\necho heroku-builds 0.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sqlite3.connect(tmp_path / "a.db").close()
    target = tmp_path / "made"
    arguments = ["publish", "heroku", str(tmp_path / "a.db"), "--generate-dir", str(target)]
    done = subprocess.run([sys.executable, "-m", "vitrina", *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"Generated files written to {target}, stopping without deploying\n"
    assert (target / "Procfile").exists()

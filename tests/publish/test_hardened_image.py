"""The hardened image: what it is built from, and that it serves, step by step, without a container engine."""

import ast
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
import zipfile

import pytest
import yaml
from click.testing import CliRunner
from container import Container

from vitrina.cli.main import cli
from vitrina.publish.units import render_unit


def package(*arguments):
    return CliRunner().invoke(cli, ["package", *map(str, arguments)], prog_name="vitrina")


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "my data.db"
    conn = sqlite3.connect(path)
    conn.execute("pragma journal_mode=wal")
    conn.execute("create table birds (id integer primary key, name text)")
    conn.executemany("insert into birds (name) values (?)", [(f"bird {number}" * 20,) for number in range(2000)])
    conn.execute("delete from birds where id > 100")
    conn.commit()
    # Still open: its last changes stand in the write-ahead log only.
    yield path
    conn.close()


@pytest.fixture
def context(tmp_path, database):
    templates = tmp_path / "own"
    templates.mkdir()
    (templates / "index.html").write_text(
        "{% extends 'default:index.html' %}{% block content %}Own{{ super() }}{% endblock %}"
    )
    target = tmp_path / "context"
    done = package(database, "--context", target, "--title", "Birds of a feather", "--template-dir", templates)
    assert done.exit_code == 0, done.output
    return target


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_steps_give_a_server_that_passes_its_health_check(tmp_path, context):
    container = Container(context, tmp_path / "stages")
    served = container.root / "srv"
    conn = sqlite3.connect(f"file:{served / 'data' / 'my data.db'}?immutable=1", uri=True)
    assert conn.execute("select count(*) from birds").fetchone() == (100,)
    assert conn.execute("pragma freelist_count").fetchone() == (0,)
    conn.close()
    assert json.loads((served / "inspect-data.json").read_text())["my data"]["tables"]["birds"] == {"count": 100}
    assert container.user.split(":")[0].isdigit() and container.user != "0:0"
    before = tree(container.root)
    port = free_port()
    environment = {**os.environ, **container.environment, "PORT": str(port), "HOME": str(tmp_path)}
    server = subprocess.Popen(["sh", "-c", container.command], cwd=container.directory, env=environment)
    try:
        check = [container.environment["PATH"].split(":")[0] + "/python", *ast.literal_eval(container.health)[1:]]
        deadline = time.monotonic() + 60
        while subprocess.run(check, env=environment, check=False).returncode:
            assert server.poll() is None and time.monotonic() < deadline
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            page = answer.read().decode()
        assert "Birds of a feather" in page and "Own" in page
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/my~20data/birds.json?_extra=count") as answer:
            assert json.load(answer)["count"] == 100
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0
    assert tree(container.root) == before, "the file system can be read-only"
    assert subprocess.run(check, env=environment, check=False).returncode == 1


def tree(root):
    return {str(path): path.lstat().st_mtime_ns for path in root.rglob("*") if "__pycache__" not in str(path)}


def test_templates_are_compiled_while_the_image_is_built(tmp_path, context):
    container = Container(context, tmp_path / "stages")
    compiled = container.root / "srv" / "template-cache"
    assert len(list((compiled / "sync").iterdir())) == len(list((compiled / "async").iterdir())) > 20


def test_versions_are_pinned_and_listed(context, database):
    pinned = (context / "requirements.txt").read_text().split()
    assert all("==" in line for line in pinned) and any(line.startswith("vitrina==") for line in pinned)
    bill = json.loads((context / "sbom.cdx.json").read_text())
    listed = {f"{each['name']}=={each['version']}" for each in bill["components"] if each["type"] == "library"}
    assert listed == set(pinned)
    assert bill["components"][-1]["name"] == "data/my data.db" and bill["components"][-1]["hashes"]


def test_a_wheel_is_brought_along(tmp_path, database):
    wheel = tmp_path / "vitrina-9.9-py3-none-any.whl"
    zipfile.ZipFile(wheel, "w").close()
    assert package(database, "--context", tmp_path / "out", "--install", wheel).exit_code == 0
    lines = (tmp_path / "out" / "requirements.txt").read_text().split()
    assert "/build/vitrina-9.9-py3-none-any.whl" in lines and not any(line.startswith("vitrina==") for line in lines)
    assert (tmp_path / "out" / "wheels" / wheel.name).exists()


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("-m", {"plugins": {"x": {"client_secret": "abc"}}}, "plugins.x.client_secret"),
        ("-c", {"databases": {"d": {"plugins": {"x": {"api-token": "abc"}}}}}, "databases.d.plugins.x.api-token"),
        ("-c", {"vitrina": {"login": {"password": "abc"}}}, "vitrina.login.password"),
    ],
)
def test_secrets_in_documents_are_refused(tmp_path, database, option, content, said):
    path = tmp_path / "document.json"
    path.write_text(json.dumps(content))
    done = package(database, "--context", tmp_path / "out", option, path)
    assert done.exit_code == 1 and said in done.output and "abc" not in done.output
    assert not (tmp_path / "out" / "Dockerfile").exists()


def test_secrets_taken_from_the_environment_are_fine(tmp_path, database):
    path = tmp_path / "document.json"
    path.write_text(json.dumps({"plugins": {"x": {"client_secret": {"$env": "X"}, "client_id": "public"}}}))
    assert package(database, "--context", tmp_path / "out", "-m", path).exit_code == 0


@pytest.mark.parametrize("name", [".env", "server.pem", "id_ed25519", ".git/config"])
def test_files_that_look_like_secrets_are_refused(tmp_path, database, name):
    file = tmp_path / "static" / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
    done = package(database, "--context", tmp_path / "out", "--static", f"s:{tmp_path / 'static'}")
    assert done.exit_code == 1 and "looks like a secret" in done.output


def test_a_typed_secret_is_refused(database):
    assert "would stand in the image" in package(database, "--hardened", "--secret", "x").output
    assert "would stand in the image" in package(database, "--hardened", "--extra-options", "--secret x").output


def test_nothing_is_written_over(tmp_path, database):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    assert "is not empty" in package(database, "--context", tmp_path / "out").output


def test_a_plugin_that_is_not_installed_has_no_version(tmp_path, database):
    done = package(database, "--context", tmp_path / "out", "--install", "no-such-plugin-at-all")
    assert done.exit_code == 1 and "cannot be pinned" in done.output


def test_compose_file_with_a_reader(tmp_path, database):
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"vitrina": {"replication": {"all-replicate": ["s3://bucket/$DB_NAME"]}}}))
    plain = yaml.safe_load(package(database, "--compose").output)["services"]
    assert list(plain) == ["vitrina"] and plain["vitrina"]["read_only"] is True
    services = yaml.safe_load(package(database, "--compose", "-c", config).output)["services"]
    assert "s3://bucket/my data" in services["reader"]["command"][-1]
    assert "/var/lib/vitrina/my data.db" in services["vitrina"]["command"][-1]


def test_unit_quotes_what_systemd_would_expand():
    unit = render_unit(["vitrina", "serve", "a b%.db", "$HOME"], "/srv/100%")
    assert 'ExecStart=/usr/bin/env vitrina serve "a b%%.db" "$$HOME"\n' in unit
    assert "WorkingDirectory=/srv/100%%\n" in unit


def test_unit_lets_replicated_files_be_written(tmp_path, database):
    assert f'-i "{database}"' in package(database, "--systemd").output
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"vitrina": {"replication": {"all-replicate": ["s3://bucket/$DB_NAME"]}}}))
    unit = package(database, "--systemd", "-c", config).output
    assert f"ReadWritePaths={database.parent}\n" in unit and "-i " not in unit

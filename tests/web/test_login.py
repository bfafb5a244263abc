"""Signing in with a password on the page that ships."""

import logging
import sqlite3

import pytest
from click.testing import CliRunner

from vitrina.access.passwords import hash_password, parse_hash, parse_password_file
from vitrina.cli.main import cli
from vitrina.errors import ConfigError
from vitrina.execute import login as login_module
from vitrina.facade.datasette import Datasette
from vitrina.hooks.events import LoginEvent
from vitrina.hooks.markers import hookimpl

PASSWORD = "correct horse"


def set_password(path, name, password=PASSWORD, *options):
    return CliRunner().invoke(cli, ["set-password", str(path), name, "--stdin", *options], input=f"{password}\n")


@pytest.fixture
def passwords(tmp_path):
    path = tmp_path / "passwords"
    assert set_password(path, "ann").exit_code == 0
    return path


@pytest.fixture
def open_instance(tmp_path, passwords):
    opened = []

    def make(**block):
        database = tmp_path / "data.db"
        sqlite3.connect(database).close()
        config = {"vitrina": {"login": {"password_file": str(passwords), **block}}, "allow": {"id": "ann"}}
        instance = Datasette([database], config=config, secret="a-test-secret")
        opened.append(instance)
        return instance

    yield make
    for instance in opened:
        instance.close()


async def sign_in(instance, name="ann", password=PASSWORD, query=""):
    return await instance.client.post(f"/-/login{query}", data={"name": name, "password": password})


async def test_the_right_password_signs_in(open_instance):
    instance = open_instance()
    assert (await instance.client.get("/.json")).status_code == 403
    form = await instance.client.get("/-/login")
    assert form.status_code == 200 and 'type="password"' in form.text
    answer = await sign_in(instance)
    assert answer.status_code == 302 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Max-Age=1209600" in cookie
    cookies = {"ds_actor": answer.cookies["ds_actor"]}
    assert (await instance.client.get("/-/actor.json", cookies=cookies)).json()["actor"] == {"id": "ann"}
    assert (await instance.client.get("/.json", cookies=cookies)).status_code == 200


@pytest.mark.parametrize("name, password", [("ann", "wrong"), ("bob", PASSWORD), ("", ""), ("ANN", PASSWORD)])
async def test_a_wrong_one_does_not(open_instance, caplog, name, password):
    caplog.set_level(logging.DEBUG)
    answer = await sign_in(open_instance(), name, password)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "The name or the password is wrong." in answer.text
    assert PASSWORD not in answer.text and PASSWORD not in caplog.text


@pytest.mark.parametrize(
    "target, location",
    [
        ("/data?a=1", "/data?a=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
async def test_it_leads_back_only_inside_the_site(open_instance, target, location):
    instance = open_instance()
    answer = await instance.client.post("/-/login", params={"next": target}, data={"name": "ann", "password": PASSWORD})
    assert answer.headers["location"] == location


async def test_guessing_is_stopped_and_forgotten_after_a_while(open_instance, monkeypatch):
    instance = open_instance()
    monkeypatch.setattr(login_module, "_FAILURES_ALLOWED", 2)
    for _ in range(2):
        assert (await sign_in(instance, password="wrong")).status_code == 403
    refused = await sign_in(instance)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert (await sign_in(instance, name="bob")).status_code == 403
    monkeypatch.setattr(login_module, "_FAILURE_SECONDS", 0.0)
    assert (await sign_in(instance)).status_code == 302


async def test_names_tried_are_not_kept_without_bound(open_instance, monkeypatch):
    monkeypatch.setattr(login_module, "_REMEMBERED", 2)
    instance = open_instance()
    for name in ("a", "b", "c"):
        await sign_in(instance, name=name)
    assert list(instance.site.state["login"]._failures) == ["b", "c"]


async def test_a_changed_file_counts_at_once(open_instance, passwords):
    instance = open_instance(hours=0)
    assert (await sign_in(instance, name="bob")).status_code == 403
    assert set_password(passwords, "bob").exit_code == 0
    answer = await sign_in(instance, name="bob")
    assert answer.status_code == 302 and "Max-Age" not in answer.headers["set-cookie"]
    assert set_password(passwords, "bob", PASSWORD, "--remove").exit_code == 0
    assert (await sign_in(instance, name="bob")).status_code == 403


async def test_other_sites_cannot_post_the_form(open_instance):
    answer = await open_instance().client.post(
        "/-/login", data={"name": "ann", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


async def test_signing_in_is_an_event(open_instance):
    seen = []

    class Plugin:
        @hookimpl
        def track_event(self, datasette, event):
            seen.append(event)

    instance = open_instance()
    instance.pm.register(Plugin(), name="seen")
    try:
        await sign_in(instance)
    finally:
        instance.pm.unregister(name="seen")
    assert [event.actor for event in seen if isinstance(event, LoginEvent)] == [{"id": "ann"}]


async def test_without_configuration_there_is_no_such_page(tmp_path):
    instance = Datasette(memory=True)
    assert (await instance.client.get("/-/login")).status_code == 404
    instance.close()


async def test_a_missing_or_wrong_file_stops_the_start(open_instance, passwords):
    passwords.write_text("ann:not a hash\n")
    with pytest.raises(ConfigError, match="line 1") as raised:
        await open_instance().invoke_startup()
    assert "not a hash" not in str(raised.value)
    passwords.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        await open_instance().invoke_startup()
    passwords.unlink()
    with pytest.raises(ConfigError, match=f"there is no file .*; vitrina set-password {passwords} NAME makes it"):
        await open_instance().invoke_startup()


# -- the file


def test_the_file_holds_hashes_and_is_for_its_owner_only(passwords):
    assert PASSWORD not in passwords.read_text()
    assert passwords.read_text().startswith("ann:scrypt$16384$8$1$")
    assert passwords.stat().st_mode & 0o777 == 0o600
    set_password(passwords, "bob")
    before = passwords.read_text()
    set_password(passwords, "ann", "another password")
    assert sorted(parse_password_file(passwords.read_text())) == ["ann", "bob"]
    assert passwords.read_text() != before


@pytest.mark.parametrize("name, password", [("ann", "short"), ("", PASSWORD), ("a\nb", PASSWORD), ("#a", PASSWORD)])
def test_odd_names_and_short_passwords_are_refused(tmp_path, name, password):
    assert set_password(tmp_path / "file", name, password).exit_code == 2
    assert not (tmp_path / "file").exists()


def test_names_may_have_colons_and_files_comments():
    text = f"# people\n\na:b:{hash_password('x').write()}\n"
    assert list(parse_password_file(text)) == ["a:b"]
    with pytest.raises(ConfigError, match="line 4: the name is given twice"):
        parse_password_file(text + text.splitlines()[2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scrypt$1$8$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$1048576$8$99$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$16384$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$16384$8$1$AAAAAAAAAAAAAAAA$",
        "bcrypt$16384$8$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$x$8$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_what_is_no_hash_is_refused(text):
    with pytest.raises(ValueError):
        parse_hash(text)


def test_a_hash_reads_back_and_matches_only_its_password():
    made = hash_password("pässword")
    assert parse_hash(made.write()) == made
    assert made.matches("pässword") and not made.matches("passwort")
    assert hash_password("pässword") != made

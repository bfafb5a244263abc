"""Credentials: where they come from, when they are refreshed, and that nothing says a secret."""

import asyncio
import json
import logging
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from vitrina.credentials.broker import BrokerProvider
from vitrina.credentials.command import CommandProvider
from vitrina.credentials.configured import provider_of
from vitrina.credentials.documents import parse_folder
from vitrina.credentials.environment import EnvironmentProvider
from vitrina.credentials.file import FileProvider
from vitrina.credentials.keeper import CredentialKeeper
from vitrina.credentials.model import Credentials, CredentialsUnavailable, FetchFailed, parse_expiration
from vitrina.errors import ConfigError

SECRET = "s3cr3t-of-the-test"


def document(**changes):
    fields = {
        "AccessKeyId": "AKIATEST",
        "SecretAccessKey": SECRET,
        "SessionToken": "session-" + SECRET,
        "Expiration": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "S3Folder": "s3://bucket/some/folder",
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


class Broker:
    """A small broker; ``answer`` is (status, text)."""

    def __init__(self):
        self.answer = (200, json.dumps(document()))
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.asked.append((self.headers["content-type"], parse_qs(body)))
                status, text = outer.answer
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://user:pw@127.0.0.1:{self.server.server_port}/path?q=hidden"
        self.plain = f"http://127.0.0.1:{self.server.server_port}/path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


class Provider:
    source = "a test"

    def __init__(self, clock, life=1000):
        self.clock = clock
        self.life = life
        self.calls = 0
        self.failure = None
        self.gate = None

    async def fetch(self):
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure:
            raise FetchFailed(self.failure)
        expires = datetime.fromtimestamp(self.clock.now + self.life, UTC) if self.life is not None else None
        return Credentials(f"key-{self.calls}", SECRET, None, expires)


async def test_broker_gets_the_secret_and_says_the_folder(broker):
    found = await BrokerProvider(broker.plain, "a secret&more").fetch()
    assert broker.asked == [("application/x-www-form-urlencoded", {"secret": ["a secret&more"]})]
    assert (found.access_key_id, found.bucket, found.prefix) == ("AKIATEST", "bucket", "some/folder/")
    assert found.expires_at.tzinfo is not None
    assert SECRET not in repr(found)


@pytest.mark.parametrize("missing", ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "S3Folder"])
async def test_broker_must_say_everything(broker, missing):
    broker.answer = (200, json.dumps(document(**{missing: None})))
    with pytest.raises(FetchFailed, match=missing):
        await BrokerProvider(broker.plain, "x").fetch()


@pytest.mark.parametrize(
    "answer",
    [(500, "boom"), (302, ""), (200, "not json"), (200, "[]"), (200, "[" * 100_000), (200, "x" * 300_000)],
)
async def test_broker_that_answers_nonsense(broker, answer):
    broker.answer = answer
    with pytest.raises(FetchFailed) as caught:
        await BrokerProvider(broker.plain, SECRET).fetch()
    assert SECRET not in str(caught.value) and "boom" not in str(caught.value)
    assert len(broker.asked) == 1


async def test_broker_without_secret_or_server_fails_when_used(broker):
    with pytest.raises(FetchFailed, match="credentials_url_secret"):
        await BrokerProvider(broker.plain, None).fetch()
    with pytest.raises(FetchFailed, match="cannot be reached"):
        await BrokerProvider("http://127.0.0.1:9/", "x").fetch()


def test_source_of_a_broker_has_no_secret(broker):
    source = BrokerProvider(broker.url, SECRET).source
    assert source == f"broker at http://127.0.0.1:{broker.server.server_port}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b/x/y", ("b", "x/y/")),
        ("s3://b/x/", ("b", "x/")),
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
        ("s3://b/x?y#z", ("b", "x?y#z/")),
    ],
)
def test_folder(text, expected):
    assert parse_folder(text) == expected


@pytest.mark.parametrize("text", ["gs://b/x", "s3:///x", "bucket/x", ""])
def test_folder_that_is_none(text):
    with pytest.raises(FetchFailed):
        parse_folder(text)


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T05:04:05+02:00"])
def test_expiration(text):
    assert parse_expiration(text) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", ["soon", 5, None])
def test_expiration_that_is_none(value):
    with pytest.raises(FetchFailed):
        parse_expiration(value)


async def test_many_first_users_share_one_fetch():
    clock = Clock()
    provider = Provider(clock)
    provider.gate = asyncio.Event()
    keeper = CredentialKeeper(provider, now=clock)
    users = [asyncio.ensure_future(keeper.current()) for _ in range(20)]
    await asyncio.sleep(0)
    provider.gate.set()
    assert {found.access_key_id for found in await asyncio.gather(*users)} == {"key-1"}
    assert provider.calls == 1


async def test_refreshed_before_expiry_while_others_go_on():
    clock = Clock()
    provider = Provider(clock)
    keeper = CredentialKeeper(provider, now=clock)
    await keeper.current()
    clock.now += 799
    assert (await keeper.current()).access_key_id == "key-1"
    clock.now += 2
    provider.gate = asyncio.Event()
    first = asyncio.ensure_future(keeper.current())
    await asyncio.sleep(0)
    assert (await keeper.current()).access_key_id == "key-1"
    provider.gate.set()
    assert (await first).access_key_id == "key-2"
    assert provider.calls == 2


async def test_old_ones_serve_until_they_expire_and_never_longer(caplog):
    clock = Clock()
    provider = Provider(clock)
    keeper = CredentialKeeper(provider, now=clock)
    await keeper.current()
    provider.failure = "it is down"
    clock.now += 900
    with caplog.at_level(logging.WARNING):
        assert (await keeper.current()).access_key_id == "key-1"
        assert (await keeper.current()).access_key_id == "key-1"
    assert provider.calls == 2 and len(caplog.records) == 1
    clock.now += 101
    with pytest.raises(CredentialsUnavailable) as caught:
        await keeper.current()
    assert caught.value.status == 503 and int(caught.value.headers["Retry-After"]) >= 1
    state = keeper.state()
    assert state.failures == 2 and state.last_error == "it is down"
    assert SECRET not in repr(state) + caplog.text + caught.value.message
    provider.failure = None
    clock.now += 60
    assert (await keeper.current()).access_key_id == "key-4"
    assert keeper.state().failures == 0 and keeper.state().last_error is None


async def test_pauses_grow_while_it_fails():
    clock = Clock()
    provider = Provider(clock)
    provider.failure = "no"
    keeper = CredentialKeeper(provider, now=clock)
    pauses = []
    for _ in range(9):
        with pytest.raises(CredentialsUnavailable):
            await keeper.current()
        pause = keeper.state().next_attempt_at.timestamp() - clock.now
        pauses.append(pause)
        with pytest.raises(CredentialsUnavailable):
            await keeper.current()
        clock.now += pause
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert provider.calls == 9


async def test_credentials_that_come_expired_count_as_a_failure():
    clock = Clock()
    keeper = CredentialKeeper(Provider(clock, life=-5), now=clock)
    with pytest.raises(CredentialsUnavailable, match="expired already"):
        await keeper.current()


async def test_a_caller_that_leaves_does_not_end_it_for_others():
    clock = Clock()
    provider = Provider(clock)
    provider.gate = asyncio.Event()
    keeper = CredentialKeeper(provider, now=clock)
    first, second = (asyncio.ensure_future(keeper.current()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    provider.gate.set()
    assert (await second).access_key_id == "key-2"


async def test_refused_ones_are_fetched_again():
    clock = Clock()
    provider = Provider(clock)
    keeper = CredentialKeeper(provider, now=clock)
    await keeper.current()
    keeper.discard()
    assert (await keeper.current()).access_key_id == "key-2"


async def test_file_as_json_and_as_ini(tmp_path):
    path = tmp_path / "keys"
    path.write_text(json.dumps(document(S3Folder=None)))
    assert (await FileProvider(path).fetch()).access_key_id == "AKIATEST"
    path.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = B%\n[other]\naws_access_key_id = C\n")
    found = await FileProvider(path).fetch()
    assert (found.access_key_id, found.secret_access_key) == ("A", "B%") and found.expires_at is not None
    for profile in ("other", "none"):
        with pytest.raises(FetchFailed, match=profile):
            await FileProvider(path, profile=profile).fetch()
    path.unlink()
    with pytest.raises(FetchFailed, match="cannot be read"):
        await FileProvider(path).fetch()


async def test_command():
    text = json.dumps(document())
    found = await CommandProvider([sys.executable, "-c", f"print({text!r})"]).fetch()
    assert found.prefix == "some/folder/"
    for script, problem in (("raise SystemExit(3)", "status 3"), ("print(1)", "not a JSON object")):
        with pytest.raises(FetchFailed, match=problem):
            await CommandProvider([sys.executable, "-c", script]).fetch()
    with pytest.raises(FetchFailed, match="did not end"):
        await CommandProvider([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2).fetch()
    with pytest.raises(FetchFailed, match="cannot be run"):
        await CommandProvider(["/no/such/program"]).fetch()


async def test_environment_chain(tmp_path):
    found = await EnvironmentProvider({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"}).fetch()
    assert found == Credentials("A", "B")
    shared = tmp_path / "credentials"
    shared.write_text("[work]\naws_access_key_id = C\naws_secret_access_key = D\n")
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_PROFILE": "work"}
    assert (await EnvironmentProvider(environ).fetch()).access_key_id == "C"
    nothing = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.raises(FetchFailed):
        await EnvironmentProvider(nothing).fetch()


def test_priority_of_options():
    keys = {"access_key_id": "A", "secret_access_key": "B"}
    assert provider_of({**keys, "credentials_url": "https://x/"}, "p").source == "broker at https://x"
    assert provider_of(keys, "p").source == "configuration"
    assert provider_of({}, "p").source == "environment"
    assert provider_of({"credentials_command": ["aws", "x"]}, "p").source == "command aws"
    assert provider_of({"credentials_file": "/a"}, "p").source == "file /a"


@pytest.mark.parametrize(
    "options",
    [{"access_key_id": "A"}, {"secret_access_key": "B"}, {"credentials_url": 5}, {"credentials_command": "x"}],
)
def test_options_that_make_no_sense(options):
    with pytest.raises(ConfigError, match="place"):
        provider_of(options, "place")


XML = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>
<SecretAccessKey>s/e+c=</SecretAccessKey><SessionToken>token==</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


async def test_web_identity(broker, tmp_path):
    token = tmp_path / "token"
    token.write_text("a.web.token\n")
    environ = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/files",
        "AWS_ENDPOINT_URL_STS": broker.plain,
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    broker.answer = (200, XML)
    found = await EnvironmentProvider(environ).fetch()
    assert (found.access_key_id, found.secret_access_key, found.session_token) == ("ASIA1", "s/e+c=", "token==")
    assert found.expires_at.year == 2099
    (asked,) = [fields for _, fields in broker.asked]
    assert asked["WebIdentityToken"] == ["a.web.token"] and asked["RoleArn"] == [environ["AWS_ROLE_ARN"]]
    assert asked["Action"] == ["AssumeRoleWithWebIdentity"]
    for answer in ((403, "<Error><Message>a.web.token</Message></Error>"), (200, "<Other/>"), (200, "a.web.token")):
        broker.answer = answer
        with pytest.raises(FetchFailed) as caught:
            await EnvironmentProvider(environ).fetch()
        assert "a.web.token" not in str(caught.value)
    with pytest.raises(FetchFailed, match="cannot be read"):
        await EnvironmentProvider({**environ, "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "gone")}).fetch()

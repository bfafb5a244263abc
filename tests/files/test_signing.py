"""Signed links, against the store itself and against another implementation."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from vitrina.credentials.model import Credentials
from vitrina.files.sigv4 import Bucket, sign_post, sign_url

KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def test_example_of_the_protocol():
    # The example that the protocol's description works through.
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    place = Bucket("https://examplebucket.s3.amazonaws.com", "us-east-1")
    url = sign_url("GET", place, "test.txt", keys, expires_in=86400, now=datetime(2013, 5, 24, tzinfo=UTC))
    assert url.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize("key", ["a/b.txt", "é + %#?&=.txt", "~!$'()*,;:@"])
def test_same_as_another_implementation(key):
    boto3 = pytest.importorskip("boto3")
    from botocore.config import Config

    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:9",
        region_name="eu-west-3",
        aws_access_key_id=KEYS.access_key_id,
        aws_secret_access_key=KEYS.secret_access_key,
        aws_session_token="to+ken/=",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    asked = {"Bucket": "files", "Key": key, "ResponseContentDisposition": 'attachment; filename="x y.txt"'}
    theirs = client.generate_presigned_url("get_object", Params=asked, ExpiresIn=300)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(theirs).query))
    moment = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    keys = Credentials(KEYS.access_key_id, KEYS.secret_access_key, "to+ken/=")
    place = Bucket.of("files", "eu-west-3", "http://127.0.0.1:9/", path_style=True)
    ours = sign_url(
        "GET",
        place,
        key,
        keys,
        expires_in=300,
        query={"response-content-disposition": 'attachment; filename="x y.txt"'},
        now=moment,
    )
    assert ours.rpartition("X-Amz-Signature=")[2] == query["X-Amz-Signature"]


def test_a_link_dies_with_its_credentials():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    keys = Credentials("A", "B", "C", now + timedelta(seconds=40))
    url = sign_url("GET", Bucket("https://x", "r"), "k", keys, expires_in=300, now=now)
    assert "X-Amz-Expires=40&" in url


async def test_the_store_answers_with_the_headers_asked_for(object_store):
    from vitrina.files.s3 import S3Storage

    storage = S3Storage()
    await storage.configure(object_store.options("files", "signed"), None)

    async def body():
        yield b"<script>alert(1)</script>"

    await storage.receive_upload("h/x é.html", body(), "text/html")
    url = await storage.attachment_url("h/x é.html", 'attachment; filename="x.html"', "text/html")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["content-disposition"] == 'attachment; filename="x.html"'
        assert answer.read() == b"<script>alert(1)</script>"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url.replace("x.html", "y.html"), timeout=10)


async def test_a_form_uploads_exactly_one_file(object_store):
    from vitrina.files.s3 import S3Storage

    httpx = pytest.importorskip("httpx")
    storage = S3Storage()
    await storage.configure({**object_store.options("files", "direct"), "direct_upload": True}, None)
    told = await storage.direct_upload("d/x.txt", "text/plain", 5)
    async with httpx.AsyncClient(trust_env=False) as client:
        for data in (b"123456", b"1234"):
            answer = await client.post(told.upload_url, data=told.upload_fields, files={"file": ("x.txt", data)})
            assert answer.status_code in (400, 403), answer.text
        other = {**told.upload_fields, "key": "direct/d/y.txt"}
        assert (await client.post(told.upload_url, data=other, files={"file": ("x", b"12345")})).status_code == 403
        answer = await client.post(told.upload_url, data=told.upload_fields, files={"file": ("x.txt", b"12345")})
        assert answer.status_code == 204, answer.text
    assert await storage.read_file("d/x.txt") == b"12345"
    known = await storage.get_file_metadata("d/x.txt")
    assert (known.size, known.content_type) == (5, "text/plain")


def test_a_form_fixes_key_type_and_size():
    fields = sign_post("b", Bucket("https://b.x", "r"), "k", KEYS, content_type="text/csv", size=7, expires_in=60)
    import base64

    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    for wanted in ({"key": "k"}, {"Content-Type": "text/csv"}, {"bucket": "b"}, ["content-length-range", 7, 7]):
        assert wanted in conditions

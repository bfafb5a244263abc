"""Form bodies: urlencoded and multipart, with the limits of each."""

import asyncio

import pytest
from test_http_request import request_with

from vitrina.errors import BadRequest
from vitrina.http.form_data import UploadedFile

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
END = b"--B--\r\n"


def part(name, value, filename=None, extra=""):
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
    return f"--B\r\nContent-Disposition: {disposition}\r\n{extra}\r\n{value}\r\n".encode()


def parse(body, content_type=MULTIPART, *, chunk=7, files=True, **limits):
    request = request_with(body, [(b"content-type", content_type.encode())] if content_type else [], chunk)

    async def run():
        form = await request.form(files=files, **limits)
        shown = []
        for name, value in form.items():
            if isinstance(value, UploadedFile):
                shown.append((name, value.filename, value.content_type, value.size, await value.read()))
            else:
                shown.append((name, value))
        await form.aclose()
        return shown

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"a=1%20b+c&d", "Application/X-WWW-Form-Urlencoded; charset=utf-8", [("a", "1 b c"), ("d", "")]),
        (b"a=%ff&b=\xe9", URLENCODED, [("a", "\ufffd"), ("b", "é")]),
    ],
)
def test_urlencoded(body, content_type, expected):
    assert parse(body, content_type) == expected


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_multipart(chunk):
    body = part("a", "1") + part("a", "ü") + part("f", "hello", "x.txt", "Content-Type: text/csv\r\n") + END
    assert parse(body, chunk=chunk) == [("a", "1"), ("a", "ü"), ("f", "x.txt", "text/csv", 5, b"hello")]


def test_files_are_dropped_unless_wanted():
    assert parse(part("a", "1") + part("f", "hello", "x.txt") + END, files=False) == [("a", "1")]


@pytest.mark.parametrize(
    ("filename", "expected"),
    [("C:\\\\dir\\\\x.txt", "x.txt"), ("../../etc/passwd", "passwd"), ("ñ.txt", "ñ.txt"), ("", "")],
)
def test_file_names_are_names_only(filename, expected):
    assert parse(part("f", "z", filename) + END)[0][1] == expected


def test_extended_file_name():
    body = b"--B\r\nContent-Disposition: form-data; name=\"a\"; filename*=UTF-8''%e2%82%ac.txt\r\n\r\nx\r\n" + END
    assert parse(body) == [("a", "€.txt", None, 1, b"x")]


def test_parts_without_a_name_are_read_past():
    assert parse(b"--B\r\nX: y\r\n\r\nx\r\n" + part("a", "1") + END) == [("a", "1")]


def test_large_files_go_to_disk():
    content = "x" * 3_000_000
    (upload,) = parse(part("f", content, "x") + END, chunk=65536, max_memory_file_size=1000)
    assert upload[3] == len(content) and upload[4] == content.encode()


SEVERAL = part("a", "1") + part("a", "2") + part("f", "hello", "x.txt") + END


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_parts": 2}, "Too many parts"),
        ({"max_files": 0}, "Too many files"),
        ({"max_fields": 1}, "Too many fields"),
        ({"max_file_size": 3}, "File too large"),
        ({"max_field_size": 0}, "Field value too large"),
        ({"max_request_size": 20}, "Request body too large"),
        ({"min_free_disk_bytes": 10**18}, "Insufficient disk space for uploads"),
        ({"max_part_header_bytes": 5}, "Part headers too large"),
        ({"max_part_header_lines": 0}, "Part headers too large"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 10_000])
def test_limits(limits, message, chunk):
    with pytest.raises(BadRequest, match=message):
        parse(SEVERAL, chunk=chunk, **limits)


@pytest.mark.parametrize("body", [b"", b"zzz", part("a", "x"), part("a", "x") + b"--B"])
def test_truncated(body):
    with pytest.raises(BadRequest, match="Truncated multipart body"):
        parse(body)


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("text/plain", "Unsupported Content-Type: text/plain. Expected"),
        (None, "Missing Content-Type header; expected application/x-www-form-urlencoded"),
        ("multipart/form-data", "Missing boundary in Content-Type"),
        ("multipart/form-data; boundary=" + "x" * 3000, "boundary"),
    ],
)
def test_wrong_content_types(content_type, message):
    with pytest.raises(BadRequest, match=message):
        parse(b"x", content_type)


def test_urlencoded_above_the_request_limit():
    with pytest.raises(BadRequest, match="Request body too large"):
        parse(b"a=12345", URLENCODED, max_request_size=3)


def test_unknown_limit_is_a_mistake():
    with pytest.raises(TypeError, match="max_banana"):
        parse(b"a=1", URLENCODED, max_banana=3)


def test_form_data():
    async def run():
        async with await request_with(b"a=1&a=2&b=3", [(b"content-type", URLENCODED.encode())]).form() as form:
            assert form["a"] == "1" and form.get("zz") is None and form.getlist("a") == ["1", "2"]
            assert "a" in form and "zz" not in form and len(form) == 3
            assert list(form) == form.keys() == ["a", "b"] and form.values() == ["1", "2", "3"]
            with pytest.raises(KeyError):
                form["zz"]

    asyncio.run(run())

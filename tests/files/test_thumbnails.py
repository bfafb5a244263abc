"""Thumbnails: made in a process of their own, within limits; an icon for everything else."""

import asyncio
import io

import pytest
from test_file_routes import instance, upload

from vitrina.files.configuration import ThumbnailLimits
from vitrina.files.thumbnails.generate import make_thumbnail
from vitrina.files.thumbnails.icon import file_icon

Image = pytest.importorskip("PIL.Image")


def picture(size=(640, 320), kind="JPEG", mode="RGB"):
    body = io.BytesIO()
    Image.new(mode, size, "red").save(body, kind)
    return body.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "made"), [("JPEG", "RGB", "jpeg"), ("PNG", "RGBA", "png"), ("GIF", "P", "jpeg")]
)
async def test_pictures(kind, mode, made):
    small = await make_thumbnail(picture(kind=kind, mode=mode), ThumbnailLimits())
    assert (small.status, small.content_type, small.width, small.height) == ("made", f"image/{made}", 200, 100)
    assert Image.open(io.BytesIO(small.body)).size == (200, 100)


async def test_pictures_that_are_too_much():
    large = picture((2000, 2000), "PNG")
    assert (await make_thumbnail(large, ThumbnailLimits(max_pixels=1000))).reason == "too_many_pixels"
    bomb = picture((10_000, 10_000), "PNG", "L")
    tight = ThumbnailLimits(max_pixels=10**9, process_memory_limit_bytes=16 * 1024 * 1024)
    assert (await make_thumbnail(bomb, tight)).reason == "memory_limit"
    assert (await make_thumbnail(large, ThumbnailLimits(timeout_seconds=0.01))).reason == "timeout"
    for broken in (b"", b"GIF89a", picture()[:300], b"<svg/>"):
        assert (await make_thumbnail(broken, ThumbnailLimits())).reason == "generation_failed"


async def test_route(tmp_path):
    site = instance({"docs": {"storage": "filesystem", "config": {"root": str(tmp_path)}}})
    file = await upload(site, picture(), "x.jpg", "image/jpeg")
    answers = await asyncio.gather(*(site.client.get(file["thumbnail_url"]) for _ in range(3)))
    assert {each.status_code for each in answers} == {200}
    answer = answers[0]
    assert answer.headers["content-type"] == "image/jpeg" and answer.headers["x-content-type-options"] == "nosniff"
    again = await site.client.get(file["thumbnail_url"], headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    internal = site.get_internal_database()
    count = "select count(*) from datasette_files_thumbnails"
    assert (await internal.execute(count)).first()[0] == 1
    broken = await upload(site, b"\xff\xd8\xff nothing", "y.jpg", "image/jpeg")
    answer = await site.client.get(broken["thumbnail_url"])
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/svg+xml"
    await site.client.post(file["url"] + "/-/delete")
    assert (await internal.execute(count)).first()[0] == 0
    site.close()


def test_icon_escapes():
    assert "<script" not in file_icon("x.<script>") and "&lt;SCR" in file_icon("x.<script>")


async def made(site, expected):
    """Wait until the thumbnails that are made ahead are there."""
    internal = site.get_internal_database()
    for _ in range(500):
        count = (await internal.execute("select count(*) from datasette_files_thumbnails")).first()[0]
        if count == expected:
            return count
        await asyncio.sleep(0.02)
    return count


async def test_thumbnails_are_made_ahead(tmp_path):
    source = {"docs": {"storage": "filesystem", "config": {"root": str(tmp_path / "f")}}}
    site = instance(source)
    await upload(site, picture(), "x.jpg", "image/jpeg")
    await upload(site, b"words", "x.txt", "text/plain")
    assert await made(site, 1) == 1
    await site.invoke_shutdown()


@pytest.mark.parametrize("value", [False, "off", "No", "0"])
async def test_thumbnails_are_not_made_ahead_where_that_is_not_wanted(tmp_path, value):
    source = {"docs": {"storage": "filesystem", "config": {"root": str(tmp_path / "f")}}}
    site = instance(source, files={"thumbnail_eager": value})
    await upload(site, picture(), "x.jpg", "image/jpeg")
    assert not site.site.state["files"].thumbnails._ahead
    await site.invoke_shutdown()

"""What every storage must do, run against each of them."""

import hashlib

import pytest

from vitrina.files.storage import FileTooLarge

MIB = 1024 * 1024


async def pieces(*parts):
    for part in parts:
        yield part


async def put(storage, path, data, content_type="text/plain"):
    return await storage.receive_upload(path, pieces(data), content_type)


async def read(stream):
    return b"".join([piece async for piece in stream])


async def names(storage, prefix=""):
    found, cursor = [], None
    while True:
        page, cursor = await storage.list_files(prefix, cursor, 3)
        found += [each.path for each in page]
        if cursor is None:
            return found


async def test_a_file_is_what_was_stored(storage):
    data = bytes(range(256)) * 300
    stored = await storage.receive_upload("01a/some name.bin", pieces(data[:100], data[100:]), "application/x-test")
    assert stored.size == len(data)
    assert stored.content_hash == "sha256:" + hashlib.sha256(data).hexdigest()
    assert (stored.path, stored.filename) == ("01a/some name.bin", "some name.bin")
    known = await storage.get_file_metadata("01a/some name.bin")
    assert (known.path, known.filename, known.size) == ("01a/some name.bin", "some name.bin", len(data))
    assert await storage.read_file("01a/some name.bin") == data
    assert await storage.read_bytes("01a/some name.bin", 10) == data[:10]
    assert await storage.read_bytes("01a/some name.bin", 10**6) == data
    assert await read(storage.stream_file("01a/some name.bin")) == data
    assert await read(storage.stream_range("01a/some name.bin", 1000, 70_000)) == data[1000:71_000]


async def test_a_large_file(storage):
    piece = bytes(range(256)) * 4096
    await storage.receive_upload("big/x", pieces(*[piece] * 13), "application/octet-stream")
    assert (await storage.get_file_metadata("big/x")).size == 13 * MIB
    digest = hashlib.sha256()
    async for each in storage.stream_file("big/x"):
        assert len(each) <= 2 * MIB or hasattr(storage, "gives_one_piece")
        digest.update(each)
    assert digest.hexdigest() == hashlib.sha256(piece * 13).hexdigest()


async def test_an_empty_file(storage):
    stored = await storage.receive_upload("e/empty", pieces(), "text/plain")
    assert stored.size == 0 and stored.content_hash == "sha256:" + hashlib.sha256(b"").hexdigest()
    assert await storage.read_bytes("e/empty") == b""
    assert await storage.read_file("e/empty") == b""
    assert await read(storage.stream_file("e/empty")) == b""
    assert await storage.read_file_limited("e/empty", 10) == b""


async def test_what_is_not_there(storage):
    assert await storage.get_file_metadata("no/such") is None
    for use in (storage.read_file, storage.read_bytes, lambda path: storage.read_file_limited(path, 5)):
        with pytest.raises(FileNotFoundError):
            await use("no/such")
    with pytest.raises(FileNotFoundError):
        await read(storage.stream_file("no/such"))
    assert await names(storage) == []


async def test_reading_with_a_limit(storage):
    await put(storage, "l/x", b"12345")
    assert await storage.read_file_limited("l/x", 5) == b"12345"
    with pytest.raises(FileTooLarge):
        await storage.read_file_limited("l/x", 4)


async def test_listing_in_pages(storage):
    paths = ["a/1", "a/2", "a-b/3", "a.b/4", "b/5", "b/c/6", "z"]
    for path in paths:
        await put(storage, path, path.encode())
    assert sorted(await names(storage)) == sorted(paths)
    assert await names(storage, "a/") == ["a/1", "a/2"]
    assert await names(storage, "b/") == ["b/5", "b/c/6"]
    page, cursor = await storage.list_files(limit=2)
    assert len(page) == 2 and cursor
    assert all(each.size == len(each.path) for each in page)


async def test_deleting(storage):
    await put(storage, "d/x", b"1")
    await storage.delete_file("d/x")
    assert await storage.get_file_metadata("d/x") is None
    assert await names(storage) == []


@pytest.mark.parametrize("size", [10, 9 * MIB])
async def test_a_broken_upload_leaves_nothing(storage, size):
    class Gone(Exception):
        pass

    async def broken():
        yield b"x" * size
        raise Gone

    with pytest.raises(Gone):
        await storage.receive_upload("broken/x", broken(), "text/plain")
    assert await storage.get_file_metadata("broken/x") is None
    assert await names(storage) == []


async def test_a_file_is_not_replaced(storage):
    await put(storage, "r/x", b"first")
    with pytest.raises(FileExistsError):
        await put(storage, "r/x", b"second")
    assert await storage.read_file("r/x") == b"first"


@pytest.mark.parametrize("name", ["é + %41 #?&=.txt", "日本語", "a" * 200, "-rf", "x%2F..", "~!$'()*,;:@", " lead"])
async def test_odd_names(storage, name):
    await put(storage, f"odd/{name}", b"1")
    assert await storage.read_file(f"odd/{name}") == b"1"
    assert await names(storage) == [f"odd/{name}"]


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a/../b"])
async def test_paths_that_lead_outside(storage, path):
    uses = [storage.get_file_metadata, storage.read_file, storage.read_bytes, storage.delete_file]
    for use in [*uses, lambda path: put(storage, path, b"1"), lambda path: read(storage.stream_file(path))]:
        with pytest.raises(ValueError, match="outside"):
            await use(path)


@pytest.mark.parametrize("path", ["", "a//b", "a/./b", "a/\0", "a/\n", "a/\ud800"])
async def test_paths_that_are_none(storage, path):
    with pytest.raises(ValueError):
        await put(storage, path, b"1")
    with pytest.raises(ValueError):
        await storage.read_file(path)

"""What only the storage in a folder does."""

import asyncio
import os

import pytest

from vitrina.files.filesystem import INCOMING, FilesystemStorage


async def pieces(*parts):
    for part in parts:
        yield part


@pytest.fixture
async def folder(tmp_path):
    made = FilesystemStorage()
    await made.configure({"root": str(tmp_path / "deep" / "root")}, None)
    return made


async def test_links_that_lead_outside_are_refused(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("no")
    (folder.root / "link").symlink_to(secret)
    (folder.root / "up").symlink_to(tmp_path)
    for path in ("link", "up/secret"):
        with pytest.raises(ValueError, match="outside"):
            await folder.read_file(path)
    with pytest.raises(ValueError, match="outside"):
        await folder.receive_upload("up/new", pieces(b"1"), "text/plain")
    found, _ = await folder.list_files()
    assert found == []


async def test_nothing_is_seen_before_it_is_whole(folder):
    gate = asyncio.Event()

    async def slow():
        yield b"x" * (2 << 20)
        await gate.wait()

    task = asyncio.ensure_future(folder.receive_upload("a/x", slow(), "text/plain"))
    while not (folder.root / INCOMING).exists() or not os.listdir(folder.root / INCOMING):
        await asyncio.sleep(0.01)
    assert await folder.get_file_metadata("a/x") is None
    assert await folder.list_files() == ([], None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert os.listdir(folder.root / INCOMING) == []


@pytest.mark.parametrize("config", [{}, {"root": ""}, {"root": 5}, {"root": "x", "max_file_size": 0}])
async def test_options_that_make_no_sense(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError):
        await FilesystemStorage().configure(config, None)

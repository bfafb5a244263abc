"""The plugins whose work Vitrina does itself: names, entry points, and the way back."""

import importlib
import json
import logging
import os
import subprocess
import sys

import pytest
from test_file_routes import folder, instance, upload

from vitrina.compat.file_names import FILE_NAMES
from vitrina.compat.finder import install, uninstall

FAKE = """
from datasette import hookimpl, Response
NAME = "the plugin itself"

@hookimpl
def register_routes():
    async def page():
        return Response.text(NAME)
    return [(r"^/-/files$", page)]
"""

PROGRAM = """
import asyncio, json, logging, sys
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
from vitrina.compat import install
install()
from datasette.app import Datasette
from datasette.plugins import pm
config = json.loads(sys.argv[1])
async def main():
    site = Datasette(memory=True, config=config)
    page = await site.client.get("/-/files")
    import datasette_files
    names = [name for name, _ in pm.list_name_plugin()]
    print(json.dumps({"status": page.status_code, "text": page.text[:60], "plugins": names,
        "own": getattr(datasette_files, "NAME", None), "file": getattr(datasette_files, "__file__", None)}))
    Datasette(memory=True, config=config).close()
    await site.invoke_shutdown()
asyncio.run(main())
"""


@pytest.fixture
def alias():
    install()
    yield
    uninstall()


@pytest.fixture
def beside(tmp_path):
    """A folder with both plugins as pip would install them."""
    for module, name in (("datasette_files", "files"), ("datasette_files_s3", "files_s3")):
        (tmp_path / module).mkdir()
        (tmp_path / module / "__init__.py").write_text(FAKE if name == "files" else "")
        information = tmp_path / f"{module}-9.9.dist-info"
        information.mkdir()
        distribution = module.replace("_", "-")
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9.9\n")
        (information / "entry_points.txt").write_text(f"[datasette]\n{name} = {module}\n")
    return tmp_path


def run(config, *folders):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(config)], capture_output=True, text=True, env=environ, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def config_for(tmp_path, **own):
    return {
        "plugins": {"datasette-files": {"sources": folder(tmp_path / "kept")}},
        "permissions": {"files-browse": True},
        "vitrina": own,
    }


def test_installed_twins_stay_out(tmp_path, beside):
    told, log = run(config_for(tmp_path), beside)
    assert told["status"] == 200 and "<!DOCTYPE" in told["text"]
    assert told["own"] is None and told["file"] is None
    assert not {"files", "files_s3"} & set(told["plugins"])
    lines = [line for line in log.splitlines() if "stays out" in line]
    assert len(lines) == 2 and "datasette-files " in lines[0] and "datasette-files-s3 " in lines[1]


def test_a_preferred_plugin_answers(tmp_path, beside):
    told, log = run(config_for(tmp_path, prefer_plugin=["datasette-files"]), beside)
    assert (told["status"], told["text"], told["own"]) == (200, "the plugin itself", "the plugin itself")
    assert {"files", "files_s3"} <= set(told["plugins"]) and "stays out" not in log


def test_preferring_what_is_not_there(tmp_path):
    from vitrina.errors import ConfigError
    from vitrina.facade.datasette import Datasette

    with pytest.raises(ConfigError, match="datasette-files is not installed"):
        Datasette(memory=True, config=config_for(tmp_path, prefer_plugin=["datasette-files"]))
    with pytest.raises(ConfigError, match="prefer_plugin"):
        Datasette(memory=True, config={"vitrina": {"prefer_plugin": "datasette-files"}})


@pytest.mark.parametrize("module", sorted(FILE_NAMES))
def test_names(alias, module):
    if module == "datasette_files_s3":
        pytest.importorskip("obstore")
    imported = importlib.import_module(module)
    for name in FILE_NAMES[module]:
        assert getattr(imported, name) is not None


async def test_files_as_plugins_get_them(alias, tmp_path):
    from datasette_files import File, get_file

    site = instance(folder(tmp_path / "f"))
    file = await upload(site, b"0123456789" * 20_000, "x.bin")
    found = await get_file(site, file["id"])
    assert isinstance(found, File) and (found.id, found.filename, found.source_slug) == (file["id"], "x.bin", "docs")
    assert found.created_at.utcoffset().total_seconds() == 0 and found.metadata == {} and found.uploaded_by is None
    assert await found.read(4) == b"0123" and len(await found.read()) == found.size == 200_000
    async with found.open() as stream:
        assert sum([len(piece) async for piece in stream]) == 200_000
    assert await get_file(site, "df-nothing") is None and await get_file(site, "bad") is None
    plain = instance({})
    assert await get_file(plain, file["id"]) is None
    plain.close()
    await site.invoke_shutdown()


MEMORY_STORAGE = """
from datasette import hookimpl
from datasette_files.base import FileMetadata, Storage, StorageCapabilities
import hashlib

class MemoryStorage(Storage):
    storage_type = "memory"

    def __init__(self):
        self.held = {}

    @property
    def capabilities(self):
        return StorageCapabilities(can_upload=True, can_delete=True, requires_proxy_download=True, max_file_size=1000)

    async def configure(self, config, get_secret):
        if "colour" not in config:
            raise ValueError("colour is needed")

    async def get_file_metadata(self, path):
        data = self.held.get(path)
        return None if data is None else FileMetadata(path, path.split("/")[-1], size=len(data))

    async def read_bytes(self, path, num_bytes=2048):
        raise RuntimeError("whatever a plugin raises")

    async def read_file(self, path):
        if path not in self.held:
            raise FileNotFoundError(path)
        return self.held[path]

    async def receive_upload(self, path, stream, content_type):
        data = b"".join([piece async for piece in stream])
        self.held[path] = data
        return FileMetadata(path, path.split("/")[-1], content_type, "sha256:" + hashlib.sha256(data).hexdigest())

    async def delete_file(self, path):
        del self.held[path]

@hookimpl
def register_files_storage_types(datasette):
    return [MemoryStorage]
"""


async def test_a_storage_of_a_plugin(alias, tmp_path):
    from vitrina.facade.plugins import shared_manager

    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "a_memory_storage.py").write_text(MEMORY_STORAGE)
    try:
        site = instance({"docs": {"storage": "memory", "config": {"colour": "red"}}}, plugins_dir=str(plugins))
        file = await upload(site, b"0123456789")
        assert file["size"] == 10
        told = (await site.client.get("/-/files/sources.json")).json()["sources"][0]
        assert told["storage_type"] == "memory" and told["capabilities"]["can_list"] is False
        answer = await site.client.get(file["download_url"])
        assert answer.content == b"0123456789" and answer.headers["content-disposition"].startswith("attachment")
        ranged = await site.client.get(file["download_url"], headers={"range": "bytes=3-5"})
        assert (ranged.status_code, ranged.content) == (206, b"345")
        assert (
            await site.client.post("/-/files/upload/docs/-/file?filename=x", content=b"x" * 1001)
        ).status_code == 413
        assert (await site.client.get(file["url"])).status_code == 200
        assert (await site.client.post(file["url"] + "/-/delete")).json() == {"ok": True}
        await site.invoke_shutdown()
        wrong = instance({"docs": {"storage": "memory", "config": {}}}, plugins_dir=str(plugins))
        with pytest.raises(Exception, match="colour is needed"):
            await wrong.invoke_startup()
        wrong.close()
    finally:
        pm = shared_manager()
        pm.unregister(name="a_memory_storage.py")


async def test_thumbnail_generators_of_plugins(alias, tmp_path, caplog):
    from vitrina.facade.plugins import shared_manager

    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "a_text_thumbnail.py").write_text(
        "from datasette import hookimpl\n"
        "from datasette_files.base import ThumbnailGenerationError, ThumbnailGenerator, ThumbnailResult\n"
        "class Text(ThumbnailGenerator):\n"
        "    name = 'text'\n"
        "    calls = 0\n"
        "    async def can_generate(self, content_type, filename):\n"
        "        return content_type == 'text/plain'\n"
        "    async def generate(self, file_bytes, content_type, filename, max_width=200, max_height=200):\n"
        "        Text.calls += 1\n"
        "        if file_bytes == b'bad':\n"
        "            raise ThumbnailGenerationError('odd', skipped=True)\n"
        "        if file_bytes == b'broken':\n"
        "            raise RuntimeError('no')\n"
        "        if file_bytes == b'none':\n"
        "            return None\n"
        "        return ThumbnailResult(b'made of ' + file_bytes, 'image/png', 1, 1)\n"
        "@hookimpl\n"
        "def register_thumbnail_generators(datasette):\n"
        "    return [Text()]\n"
    )
    try:
        site = instance(folder(tmp_path / "f"), plugins_dir=str(plugins), files={"thumbnail_eager": "off"})
        with caplog.at_level(logging.CRITICAL, "vitrina.files"):
            answers = {}
            for data in (b"words", b"bad", b"broken", b"none", b"\x00 bytes"):
                kind = "application/x-odd" if data.startswith(b"\x00") else "text/plain"
                file = await upload(site, data, content_type=kind)
                answers[data] = await site.client.get(file["thumbnail_url"])
                await site.client.get(file["thumbnail_url"])
        assert answers[b"words"].content == b"made of words"
        assert all(answers[data].headers["content-type"] == "image/svg+xml" for data in answers if data != b"words")
        found = await site.get_internal_database().execute(
            "select status, reason, generator from datasette_files_thumbnail_failures order by 1, 2"
        )
        assert [tuple(row) for row in found.rows] == [
            ("failed", "generation_failed", "text"),
            ("failed", "generation_failed", "text"),
            ("skipped", "odd", "text"),
            ("skipped", "unsupported", None),
        ]
        generator = site.site.state["files"].thumbnails._generators[0]
        assert type(generator).calls == 4
        await site.invoke_shutdown()
    finally:
        shared_manager().unregister(name="a_text_thumbnail.py")


SUITE = """
import datasette_files

async def test_it_is_the_plugin():
    assert datasette_files.NAME == "the plugin itself"
"""


@pytest.mark.parametrize("has_sources", [True, False])
def test_in_the_checkout_of_such_a_plugin_its_own_tests_run_on_itself(beside, tmp_path, has_sources):
    checkout = tmp_path / "checkout"
    (checkout / "tests").mkdir(parents=True)
    (checkout / "tests" / "test_plugin.py").write_text(SUITE)
    if has_sources:
        (checkout / "datasette_files").mkdir()
        (checkout / "datasette_files" / "__init__.py").write_text(FAKE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "vitrina.compat.pytest_plugin", "-o", "asyncio_mode=auto"]
    done = subprocess.run(
        [*command, f"--rootdir={checkout}", "tests"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(beside)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is has_sources, done.stdout

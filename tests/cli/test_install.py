"""``install``: a trial start, a report, and everything put back where the server does not start."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from vitrina.cli.plugin_report import old_calls_in

GOOD = """
from datasette import hookimpl

@hookimpl
async def canned_queries(datasette, database, actor):
    return {}

@hookimpl
def extra_body_script(datasette):
    return ""

async def check(datasette, actor):
    return await datasette.permission_allowed(actor, "view-instance")
"""
BAD = "raise RuntimeError('this plugin cannot be loaded')\n"


BACKEND = """
import base64, os, zipfile
NAME = "vt_own-1.0"
def _metadata():
    return {
        f"{NAME}.dist-info/METADATA": "Metadata-Version: 2.1\\nName: vt-own\\nVersion: 1.0\\n",
        f"{NAME}.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{NAME}.dist-info/entry_points.txt": "[datasette]\\nvt_own = vt_own\\n",
    }
def build_editable(directory, config_settings=None, metadata_directory=None):
    files = {"vt_own.pth": os.getcwd(), **_metadata()}
    record = "".join(f"{path},,\\n" for path in files) + f"{NAME}.dist-info/RECORD,,\\n"
    name = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for member, text in {**files, f"{NAME}.dist-info/RECORD": record}.items():
            archive.writestr(member, text)
    return name
build_wheel = build_editable
"""


def wheel(folder, name, version, code, requires=()):
    """A wheel of a plugin with one module."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{module}.py": code,
        f"{info}/METADATA": head + "".join(f"Requires-Dist: {each}\n" for each in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[datasette]\n{module} = {module}\n",
    }
    record = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(member, text)
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A Python of its own that finds Vitrina and what it needs where this one does."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    purelib = next((folder / "lib").glob("python*/site-packages"))
    source = Path(__file__).resolve().parents[2] / "src"
    (purelib / "shared.pth").write_text(f"{source}\n{sysconfig.get_paths()['purelib']}\n")
    return folder / "bin" / "python"


def vitrina(python, *arguments, links=""):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATASETTE_", "VITRINA_"))}
    return subprocess.run(
        [str(python), "-m", "vitrina", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**kept, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)},
    )


def names_of(python):
    return vitrina(python, "plugins", "--requirements").stdout.split()


def test_a_good_plugin_is_reported_and_a_bad_one_leaves_no_trace(environment, tmp_path):
    good = wheel(tmp_path, "vt-good", "1.0", GOOD, requires=["vt-missing>=2"])
    answer = vitrina(environment, "install", "--no-check", good)
    assert answer.returncode != 0, "pip refuses a plugin whose requirements it cannot get"

    good = wheel(tmp_path, "vt-good", "1.0", GOOD)
    answer = vitrina(environment, "install", good)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "vt-good 1.0" in answer.stdout
    assert "hooks: canned_queries, extra_body_script" in answer.stdout
    assert "requirements: met" in answer.stdout
    assert "hook canned_queries, datasette.permission_allowed (vt_good.py:" in answer.stdout

    broken = wheel(tmp_path, "vt-good", "2.0", BAD)
    # What is put back is looked for where packages come from.
    answer = vitrina(environment, "install", broken, links=tmp_path)
    assert answer.returncode == 1
    assert "this plugin cannot be loaded" in answer.stderr
    assert "the environment is put back as it was" in answer.stderr
    assert "vt-good==1.0" in names_of(environment)

    bad = wheel(tmp_path, "vt-bad", "1.0", BAD)
    answer = vitrina(environment, "install", bad)
    assert answer.returncode == 1
    assert vitrina(environment, "plugins").returncode == 0
    assert "vt-bad==1.0" not in names_of(environment)


def sources(folder, code):
    """A checkout of the plugin vt-own, with a way to build it that needs nothing from elsewhere."""
    folder.mkdir(exist_ok=True)
    (folder / "vt_own.py").write_text(code)
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return folder


def test_sources_that_stay_where_they_are_are_tried_at_every_install(environment, tmp_path):
    folder = sources(tmp_path / "own", GOOD)
    answer = vitrina(environment, "install", "-e", folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "vt-own 1.0" in answer.stdout
    sources(folder, BAD)
    answer = vitrina(environment, "install", "-e", folder)
    assert answer.returncode == 1
    assert "this plugin cannot be loaded" in answer.stderr
    assert f"{folder} is still installed from its sources" in answer.stderr
    assert "vt-own==1.0" in metadata_of(environment)
    sources(folder, GOOD)
    other = sources(tmp_path / "other", BAD)
    answer = vitrina(environment, "install", "-e", other)
    assert answer.returncode == 1
    assert "vt-own==1.0" in names_of(environment), "the first sources are in use again"
    vitrina(environment, "uninstall", "-y", "vt-own")


def metadata_of(python):
    code = "from importlib import metadata; print(*(f'{d.name}=={d.version}' for d in metadata.distributions()))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_nothing_to_install():
    answer = vitrina(sys.executable, "install")
    assert answer.returncode == 2
    assert "Please specify at least one package to install" in answer.stderr


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("datasette.permission_allowed(actor, 'x')", ["permission_allowed"]),
        (
            "self.ds.metadata('title')\nself._datasette.get_canned_query('a', 'b', None)",
            ["metadata", "get_canned_query"],
        ),
        ("importlib.metadata('x')\nsession.metadata()\ndatasette.allowed(action='x')", []),
    ],
)
def test_old_calls_are_found(code, found):
    assert [name for name, _ in old_calls_in(ast.parse(code))] == found

"""``pypitoken`` is an import name of ours where there is no real one, or when asked for."""

import importlib
import sys

import pytest

from vitrina.compat.finder import install, uninstall
from vitrina.compat.pypi_names import PYPI_NAMES
from vitrina.tokens.pypi import Token


@pytest.fixture(autouse=True)
def without_alias():
    uninstall()
    yield
    uninstall()


@pytest.mark.parametrize("module", sorted(PYPI_NAMES))
def test_each_name_resolves(module):
    install(pypitoken=True)
    imported = importlib.import_module(module)
    for name in PYPI_NAMES[module]:
        assert getattr(imported, name) is not None


def test_a_real_package_comes_first_unless_ours_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "pypitoken.py").write_text("REAL = True")
    monkeypatch.syspath_prepend(tmp_path)
    install()
    assert importlib.import_module("pypitoken").REAL
    install(pypitoken=True)
    assert importlib.import_module("pypitoken").Token is Token


def test_ours_is_served_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    install()
    assert importlib.import_module("pypitoken").Token is Token

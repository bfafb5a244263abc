"""Every name that plugins may import resolves to something of ours."""

import importlib
import sys

import pytest

from vitrina.compat.absent_names import ABSENT
from vitrina.compat.finder import install, uninstall
from vitrina.compat.names import NAMES
from vitrina.execute import foreign_key_guess
from vitrina.version import REFERENCE_VERSION
from vitrina.web import autocomplete


@pytest.fixture
def alias():
    install()
    yield
    uninstall()


@pytest.mark.parametrize("module", sorted(NAMES))
def test_each_name_resolves(alias, module):
    imported = importlib.import_module(module)
    for name in NAMES[module]:
        assert hasattr(imported, name)


def test_metadata_answers_with_the_reference_version(alias):
    import datasette
    from datasette.utils import asgi

    assert datasette.__version__ == REFERENCE_VERSION
    assert importlib.metadata.version("datasette") == REFERENCE_VERSION
    assert asgi.Response.__module__.startswith("vitrina.")


def test_unknown_names_are_errors(alias):
    with pytest.raises(ImportError):
        from datasette import no_such_name  # noqa: F401
    with pytest.raises(ImportError):
        importlib.import_module("datasette.no_such_module")


def test_uninstall_leaves_nothing_behind():
    install()
    importlib.import_module("datasette.utils")
    uninstall()
    assert not [name for name in sys.modules if name.split(".")[0] == "datasette"]


def test_names_without_anything_behind_them_say_so_where_they_are_used(alias):
    for module, names in ABSENT.items():
        assert not names & NAMES[module].keys()
        for name in names:
            assert repr(getattr(importlib.import_module(module), name)).startswith(f"<{module}.{name}, which")
    from datasette.utils.multipart import MultipartParser

    for use in (lambda: MultipartParser(b"x"), lambda: MultipartParser.feed, lambda: list(MultipartParser)):
        with pytest.raises(NotImplementedError, match=r"in the place of datasette\.utils\.multipart\.MultipartParser"):
            use()
    with pytest.raises(NotImplementedError):

        class Mine(MultipartParser):
            pass

    assert "MultipartParser" not in importlib.import_module("datasette.utils.multipart").__all__


def test_limits_that_are_set_there_are_set_here(alias, monkeypatch):
    monkeypatch.setattr("datasette.views.table.AUTOCOMPLETE_TIME_LIMIT_MS", 7)
    monkeypatch.setattr("datasette.views.table_create_alter.FOREIGN_KEY_SUGGESTION_ROW_LIMIT", 3)
    assert (autocomplete._TIME_LIMIT_MS, foreign_key_guess.ROW_LIMIT) == (7, 3)
    monkeypatch.undo()
    assert (autocomplete._TIME_LIMIT_MS, foreign_key_guess.ROW_LIMIT) == (500, 500)

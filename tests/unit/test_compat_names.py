"""Every name that plugins may import resolves to something of ours."""

import importlib
import sys

import pytest

from vitrina.compat.finder import install, uninstall
from vitrina.compat.names import NAMES
from vitrina.version import REFERENCE_VERSION


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

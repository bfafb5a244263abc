"""What a plugin's faults do to the rest."""

import pytest

from vitrina.errors import StartupError
from vitrina.hooks.blame import IGNORE
from vitrina.hooks.manager import load_directory, new_manager
from vitrina.hooks.markers import hookimpl


class FailsOnOnePage:
    @hookimpl
    def extra_template_vars(self, table):
        if table == "goods":
            raise ValueError("no such colour")
        return {}


async def test_an_error_in_a_hook_ends_one_request_only(with_plugin, caplog):
    ds = with_plugin(FailsOnOnePage())
    assert (await ds.client.get("/shop/goods")).status_code == 500
    assert "no such colour" in caplog.text
    assert "Raised by the plugin test-plugin-0 in the hook extra_template_vars" in caplog.text
    assert (await ds.client.get("/shop/bills")).status_code == 200


class CannotStart:
    @hookimpl
    def startup(self):
        raise ValueError("no key")


async def test_a_plugin_that_cannot_start_is_left_out_when_asked_for(with_plugin, monkeypatch, caplog):
    with pytest.raises(ValueError, match="no key") as caught:
        await with_plugin(CannotStart()).invoke_startup()
    assert caught.value.__notes__ == ["Raised by the plugin test-plugin-0 in the hook startup"]
    monkeypatch.setenv(IGNORE, "1")
    ds = with_plugin()
    assert (await ds.client.get("/")).status_code == 200
    assert "test-plugin-0 cannot start" in caplog.text


def test_a_file_that_cannot_be_imported_is_named(tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    (tmp_path / "sound.py").write_text("")
    with pytest.raises(StartupError, match=r"broken\.py"):
        load_directory(new_manager(), tmp_path)
    monkeypatch.setenv(IGNORE, "1")
    assert [module.__name__ for module in load_directory(new_manager(), tmp_path)] == ["sound.py"]

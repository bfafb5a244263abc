"""A plugin that cannot be loaded or started is named in one sentence, and left out where that is wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_process import make_database, run

HOOK = "from vitrina import hookimpl\n@hookimpl\n"
ACTION = "from vitrina.access.actions import Action\n"
FAULTS = {
    "raise ValueError('no import')": "The plugin faulty.py cannot be imported: ValueError: no import",
    "def (": "The plugin faulty.py cannot be imported: SyntaxError: invalid syntax",
    "import sys; sys.exit(3)": "The plugin faulty.py cannot be imported: SystemExit: 3",
    HOOK + "def startup(datasette, wrong): pass": "The plugin faulty.py cannot be used: Plugin 'faulty.py' for hook",
    HOOK + "def startup(): raise KeyError('no key')": (
        "KeyError: 'no key'. Raised by the plugin faulty.py in the hook startup"
    ),
    ACTION + HOOK + "def register_actions(): return [Action(name='view-table', abbr='zz')]": (
        "Duplicate action name: view-table. Raised by the plugin faulty.py in the hook register_actions"
    ),
    HOOK + "def register_routes(): return ['/x']": (
        "The plugin faulty.py returned list of str from the hook register_routes, not a list of pairs"
    ),
    HOOK + "def asgi_wrapper(): return lambda app: None": "The plugin faulty.py wraps the application in NoneType",
}


@pytest.mark.parametrize("code", FAULTS, ids=lambda code: FAULTS[code][:40])
def test_one_sentence_or_without_it(code: str, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "faulty.py").write_text(code)
    database = make_database(tmp_path / "data.db")
    arguments = (database, "--plugins-dir", tmp_path / "plugins", "--get", "/-/plugins.json")
    refused = run(*arguments, VITRINA_LOAD_PLUGINS="")
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith(f"Error: {FAULTS[code]}")
    started = run(*arguments, "--ignore-plugin-errors", VITRINA_LOAD_PLUGINS="")
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout) == []
    assert "The plugin faulty.py" in started.stderr and "left out" in started.stderr


@pytest.mark.parametrize("hook", ["register_commands", "publish_subcommand"])
def test_commands_that_cannot_be_added_leave_the_others(hook: str, tmp_path: Path) -> None:
    argument = "cli" if hook == "register_commands" else "publish"
    (tmp_path / "adds_commands.py").write_text(f"{HOOK}def {hook}({argument}): raise ValueError('no command')")
    information = tmp_path / "adds_commands-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: adds-commands\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[datasette]\nadds = adds_commands\n")
    words = ["--help"] if hook == "register_commands" else ["publish", "--help"]
    shown = run(*words, PYTHONPATH=str(tmp_path), VITRINA_LOAD_PLUGINS="adds-commands")
    assert shown.returncode == 0, shown.stderr
    assert "Usage:" in shown.stdout
    assert f"The plugin adds failed in the hook {hook}: ValueError: no command" in shown.stderr


@pytest.mark.parametrize("variable", ["DATASETTE_TRACE_PLUGINS", "VITRINA_TRACE_PLUGINS"])
def test_calls_of_hooks_are_told_where_that_is_wanted(variable: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        f"{HOOK}def extra_css_urls(template): return ['/a.css']\n"
        "@hookimpl\ndef extra_body_script(): raise ValueError('no script')\n"
    )
    arguments = ("--plugins-dir", tmp_path, "--get", "/")
    told = run(*arguments, VITRINA_LOAD_PLUGINS="", **{variable: "1"}).stderr
    call = told.partition("extra_css_urls: mine.py\n")[2]
    assert call.startswith("    template = 'index.html'\n")
    assert "\n    returned [['/a.css']]\n" in call
    assert "\n    raised ValueError('no script')\n" in told
    assert "extra_css_urls: mine.py" not in run(*arguments, VITRINA_LOAD_PLUGINS="").stderr

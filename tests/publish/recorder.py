"""Runs publish and package commands with stand-ins for the cloud tools and tells what they were asked to do.

Works with anything that answers to ``datasette.cli``: ``python recorder.py CASES.json [--vitrina [NAME]]``
prints the recordings.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from click.testing import CliRunner

FILES = {
    "one.db": "not read by any tool",
    "two.db": "nor this",
    "my data.db": "nor this",
    "metadata.json": '{"title": "From the file", "plugins": {"x": {"client_id": {"$env": "SET_BEFORE"}}}}',
    "metadata.yaml": "title: From YAML\nlicense: CC0\n",
    "templates/page.html": "<p>page</p>",
    "plugins/own.py": "'''A plugin.'''\n",
    "css/site.css": "body {}",
    "css/fonts/readme.txt": "fonts",
}


class Recorder:
    """Answers for the tools; ``replies`` is text by the command's words, an integer is the status it ends with."""

    def __init__(self, replies: dict[str, str | int], home: Path) -> None:
        self.replies = replies
        self.home = home
        self.calls: list[dict[str, Any]] = []

    def _record(self, name: str, args: Any, kwargs: dict[str, Any]) -> str | int:
        words = args if isinstance(args, str) else " ".join(args)
        call: dict[str, Any] = {"function": name, "args": args}
        if kwargs:
            call["kwargs"] = {key: str(value) for key, value in kwargs.items() if key != "env"}
        if Path.cwd() != self.home:
            call["directory"] = _tree(Path.cwd())
        self.calls.append(call)
        for beginning, reply in self.replies.items():
            if words.startswith(beginning):
                return reply
        return ""

    def check_output(self, args: Any, **kwargs: Any) -> str | bytes:
        reply = self._record("check_output", args, kwargs)
        if isinstance(reply, int):
            raise subprocess.CalledProcessError(reply, args)
        return reply if kwargs.get("universal_newlines") or kwargs.get("text") else reply.encode()

    def check_call(self, args: Any, **kwargs: Any) -> int:
        reply = self._record("check_call", args, kwargs)
        if isinstance(reply, int):
            raise subprocess.CalledProcessError(reply, args)
        return 0

    def call(self, args: Any, **kwargs: Any) -> int:
        reply = self._record("call", args, kwargs)
        return reply if isinstance(reply, int) else 0


def _tree(directory: Path) -> dict[str, str]:
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            mode = "x " if os.access(path, os.X_OK) else ""
            found[str(path.relative_to(directory))] = mode + path.read_text()
    return found


REPLIES: dict[str, str | int] = {
    "gcloud config get-value project": "myproject",
    "heroku plugins": "heroku-builds",
    "heroku apps:list": "[]",
    "heroku apps:create": '{"name": "created-app"}',
}
PATCHED = {
    "datasette.publish.cloudrun": ("check_output", "check_call"),
    "datasette.publish.heroku": ("check_output", "call"),
    "datasette.cli": ("call",),
}


def record(case: dict[str, Any], program: str | None = None) -> dict[str, Any]:
    """Exit status, output, calls and files written of one case ``{args, replies?, missing?, env?, input?, keep?}``."""
    import datasette.cli
    import datasette.publish.cloudrun
    import datasette.publish.heroku

    runner = CliRunner()
    replies = {**REPLIES, **case.get("replies", {})}
    missing = case.get("missing", [])
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(contextlib.chdir(home))
        for name, text in FILES.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        Path("out").mkdir()
        before = _tree(Path.cwd())
        recorder = Recorder(replies, Path.cwd())
        stack.enter_context(
            mock.patch("shutil.which", lambda name, *more, **kw: None if name in missing else f"/bin/{name}")
        )
        for module, names in PATCHED.items():
            for name in names:
                stack.enter_context(mock.patch(f"{module}.{name}", getattr(recorder, name)))
        words = [word.replace("{home}", home) for word in case["args"]]
        more = {"prog_name": program} if program else {}
        result = runner.invoke(datasette.cli.cli, words, env=case.get("env"), input=case.get("input"), **more)
        after = _tree(Path.cwd())
    answer: dict[str, Any] = {
        "exit": result.exit_code,
        "output": result.output.replace(home, "{home}"),
        "calls": recorder.calls,
        "written": {name: text for name, text in after.items() if before.get(name) != text},
    }
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        answer["exception"] = f"{type(result.exception).__name__}: {result.exception}"
    return answer


def main() -> None:
    if "--vitrina" in sys.argv:
        from vitrina.compat import install

        install()
    program = sys.argv[3] if len(sys.argv) > 3 else None
    cases = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps({name: record(case, program) for name, case in cases.items()}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""Runs the steps of a Dockerfile in bare directories, one for each stage, without a container engine."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path


class Container:
    """What the final stage left: its directory, environment, working directory and commands."""

    def __init__(self, context: Path, scratch: Path) -> None:
        self.context, self.scratch = context, scratch
        self.stages: dict[str, Path] = {}
        self.environments: dict[str, dict[str, str]] = {}
        self.user = self.health = self.command = ""
        for number, (word, rest) in enumerate(_instructions(context / "Dockerfile")):
            getattr(self, f"_{word.lower()}")(rest, number)

    def _from(self, rest: str, number: int) -> None:
        base, _, name = rest.partition(" AS ")
        self.root = self.scratch / (name or f"stage{number}")
        if base in self.stages:
            shutil.copytree(self.stages[base], self.root, symlinks=True)
        else:
            self.root.mkdir(parents=True)
        self.stages[name] = self.root
        self.environment: dict[str, str] = {}
        self.directory = self.root

    def _copy(self, rest: str, number: int) -> None:
        words = rest.split()
        source = self.context
        if words[0].startswith("--from="):
            source = self.stages[words.pop(0).removeprefix("--from=")]
        *wanted, target = words
        for pattern in wanted:
            for found in sorted(source.glob(pattern.strip("/"))):
                place = self._inside(target)
                if found.is_dir():
                    shutil.copytree(found, place, symlinks=True, dirs_exist_ok=True)
                else:
                    place = place / found.name if target.endswith("/") else place
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(found, place)

    def _run(self, rest: str, number: int) -> None:
        if "pip install" in rest:
            self._install(self.root / "build" / "requirements.txt")
            return
        done = subprocess.run(["sh", "-c", self._mapped(rest)], capture_output=True, text=True, check=False, timeout=90)
        assert done.returncode == 0, done.stderr

    def _install(self, requirements: Path) -> None:
        """In place of an index: the pinned packages are those of this environment."""
        for line in requirements.read_text().split():
            name, _, version = line.partition("==")
            assert importlib.metadata.version(name) == version
        bin = self.root / "opt" / "vitrina" / "bin"
        site = next((self.root / "opt" / "vitrina" / "lib").glob("python*/site-packages"))
        paths = [path for path in sys.path if path.endswith(("site-packages", "src"))]
        (site / "all.pth").write_text("\n".join(paths))
        (bin / "vitrina").write_text(
            f"#!{bin / 'python'}\nfrom vitrina.cli.main import cli\ncli(prog_name='vitrina')\n"
        )
        (bin / "vitrina").chmod(0o755)

    def _env(self, rest: str, number: int) -> None:
        for word in shlex.split(rest):
            name, _, value = word.partition("=")
            self.environment[name] = self._mapped(value).replace("$PATH", os.environ["PATH"])

    def _workdir(self, rest: str, number: int) -> None:
        self.directory = self._inside(rest)

    def _user(self, rest: str, number: int) -> None:
        self.user = rest

    def _expose(self, rest: str, number: int) -> None:
        assert rest == self.environment["PORT"]

    def _healthcheck(self, rest: str, number: int) -> None:
        self.health = rest.partition("CMD ")[2]

    def _cmd(self, rest: str, number: int) -> None:
        self.command = rest

    def _inside(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _mapped(self, text: str) -> str:
        return re.sub(r"(?<![\w/])/(?=opt|srv|build)", f"{self.root}/", text)


def _instructions(dockerfile: Path) -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", dockerfile.read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]

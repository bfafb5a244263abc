"""Environments with Vitrina, Datasette and one plugin each; made once and kept."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / "var" / "downstream"
REFERENCE = "datasette==1.0a41"


def prepare_base() -> Path:
    """The site-packages folder with Vitrina and Datasette that all environments share."""
    folder = ENVIRONMENTS / "base"
    wanted = [*tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"], REFERENCE]
    if not _is_made(folder, wanted):
        venv.create(folder, with_pip=False, clear=True)
        _pip(folder, "-e", str(ROOT), REFERENCE)
        _mark(folder, wanted)
    return _packages(folder)


def prepare(name: str, recipe: Mapping[str, Any], base: Path) -> Path:
    """The Python of a recipe's environment: the shared one below, the plugin and what it needs above.

    Raises CalledProcessError when a package cannot be installed.
    """
    folder = ENVIRONMENTS / f"datasette-{name}"
    wanted = [recipe.get("requirement", recipe["plugin"]), *recipe.get("extra", [])]
    if not _is_made(folder, wanted):
        venv.create(folder, with_pip=False, clear=True)
        (_packages(folder) / "base.pth").write_text(f"{base}\n{ROOT / 'src'}\n")
        # A plugin that names one release of Datasette only is tried nevertheless.
        _pip(folder, *(["--no-deps"] if recipe.get("no_deps") else [REFERENCE]), *wanted)
        _mark(folder, wanted)
    return folder / "bin" / "python"


def installed_version(name: str, recipe: Mapping[str, Any]) -> str:
    """The plugin's version in the environment of a recipe."""
    package = recipe["plugin"].replace("-", "_")
    for found in _packages(ENVIRONMENTS / f"datasette-{name}").glob("*.dist-info"):
        distribution, _, version = found.stem.rpartition("-")
        if distribution.lower().replace("-", "_") == package:
            return version
    return ""


def _is_made(folder: Path, wanted: list[str]) -> bool:
    stamp = folder / "wanted.json"
    return stamp.exists() and json.loads(stamp.read_text()) == wanted


def _mark(folder: Path, wanted: list[str]) -> None:
    (folder / "wanted.json").write_text(json.dumps(wanted))


def _packages(folder: Path) -> Path:
    return next((folder / "lib").glob("python*")) / "site-packages"


def _pip(folder: Path, *wanted: str) -> None:
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", *wanted]
    subprocess.run(command, check=True, capture_output=True, text=True)

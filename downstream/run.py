"""Runs existing plugins on Vitrina, each in an environment of its own, and on Datasette for comparison.

``python downstream/run.py [NAME ...]``: each recipe is served three times, with
its plugin, without it, and with it on Datasette. It passes when its checks
hold with the plugin and do not without it. Results go to ``results.json``,
into the table of ``docs/plugins.md`` and as one line into the README.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from checks import attempt
from environments import ENVIRONMENTS, ROOT, installed_version, prepare, prepare_base
from table import write_score, write_table

HERE = Path(__file__).resolve().parent
AT_ONCE = 2


def run(path: Path, base: Path) -> dict[str, Any]:
    """The result of one recipe."""
    recipe = tomllib.loads(path.read_text())
    result = {"recipe": path.stem, **{key: recipe[key] for key in ("plugin", "kind", "effect")}}
    folder = ENVIRONMENTS / f"datasette-{path.stem}-run"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        python = prepare(path.stem, recipe, base)
    except subprocess.CalledProcessError as error:
        return {**result, "vitrina": f"not installed: {error.stderr.strip()[-200:]}", "passed": False}
    result["version"] = installed_version(path.stem, recipe)
    result["vitrina"] = attempt(python, "vitrina", recipe, folder)
    result["without"] = attempt(python, "vitrina", recipe, folder, with_plugin=False)
    result["datasette"] = attempt(python, "datasette", recipe, folder)
    result["passed"] = result["vitrina"] is None and result["without"] is not None
    if "note" in recipe:
        result["note"] = recipe["note"]
    return result


def main(names: list[str]) -> int:
    """Run the recipes of these names, or all; 1 when one is worse here than on Datasette."""
    paths = sorted((HERE / "recipes").glob("*.toml"))
    known = _previous({path.stem for path in paths})
    base = prepare_base()
    chosen = [path for path in paths if not names or path.stem in names]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda path: run(path, base), chosen):
            known[result["recipe"]] = result
            _tell(result)
            listed = [known[name] for name in sorted(known)]
            (HERE / "results.json").write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
    write_table(known.values(), ROOT / "docs" / "plugins.md")
    write_score(known.values(), ROOT / "README.md")
    worse = [each["recipe"] for each in known.values() if not each["passed"] and each.get("datasette", "") is None]
    print(f"worse than on Datasette: {', '.join(worse) or 'none'}")
    return 1 if worse else 0


def _tell(result: Mapping[str, Any]) -> None:
    print("passed" if result["passed"] else "FAILED", result["recipe"], flush=True)
    for key in ("vitrina", "datasette"):
        if result.get(key):
            print(f"    {key}: {result[key]}", flush=True)
    if result.get("without", "") is None:
        print("    passes without the plugin", flush=True)


def _previous(names: set[str]) -> dict[str, dict[str, Any]]:
    """The results of the last run, by recipe."""
    path = HERE / "results.json"
    results = json.loads(path.read_text()) if path.exists() else []
    return {each["recipe"]: each for each in results if each.get("recipe") in names}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

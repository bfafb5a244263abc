"""Report the largest files and functions; fail above the hard limits.

python scripts/sizes.py
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "scripts", "bench", "tests")
#: lines; the guidance is below: 400 and 50
FILE_LIMIT = 500
FUNCTION_LIMIT = 60


def python_files() -> list[Path]:
    """Every Python file of the project."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def functions(path: Path) -> Iterator[tuple[int, str]]:
    """Length in lines and place of each function, its decorators and docstring included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            yield (node.end_lineno or first) - first + 1, f"{path.relative_to(ROOT)}:{first} {node.name}"


def percentile(values: list[int], share: float) -> int:
    """The value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> int:
    """Print the report; 1 when a limit is exceeded."""
    files = [(len(path.read_text(encoding="utf-8").splitlines()), path) for path in python_files()]
    found = [item for _, path in files for item in functions(path)]
    too_long = [f"{path.relative_to(ROOT)}: {lines} lines" for lines, path in files if lines > FILE_LIMIT]
    too_long += [f"{place}: {lines} lines" for lines, place in found if lines > FUNCTION_LIMIT]
    for name, sizes in (("files", [lines for lines, _ in files]), ("functions", [lines for lines, _ in found])):
        print(
            f"{len(sizes)} {name}: median {int(statistics.median(sizes))}, "
            f"p90 {percentile(sizes, 0.9)}, p95 {percentile(sizes, 0.95)}, largest {max(sizes)} lines"
        )
    for line in too_long:
        print(f"too long: {line} (at most {FILE_LIMIT} a file, {FUNCTION_LIMIT} a function)", file=sys.stderr)
    return 1 if too_long else 0


if __name__ == "__main__":
    raise SystemExit(main())

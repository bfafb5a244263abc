"""Text of a configuration file → values that remember where they were written."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrina.errors import ConfigError

KeyPath = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed configuration or metadata file.

    ``source`` is how messages name it (a path, or "standard input"); ``text``
    what it was parsed from, kept so that a message can name the line.
    """

    data: Mapping[str, Any]
    source: str
    text: str = ""

    def place(self, path: KeyPath) -> str:
        """Where the value at ``path`` stands, as "FILE, line N", or just the file when that is not known."""
        line = _line_of(self.text, path)
        return self.source if line is None else f"{self.source}, line {line}"


def parse_document(text: str, source: str) -> Document:
    """Parse JSON or, where that fails, YAML, whatever the file is called.

    An empty text is an empty object. Mapping keys become text, dates ISO text.
    Raises ConfigError naming the line when it is neither, or not an object.
    """
    try:
        data = json.loads(text)
    except ValueError as json_error:
        data = _parse_yaml(text, source, json_error)
    if data is None:
        data = {}
    if not isinstance(data, Mapping):
        raise ConfigError(f"{source}: an object with keys is needed at the top, not {_kind(data)}")
    return Document(plain(data), source, text)


def plain(value: Any) -> Any:
    """The value with JSON's types only: YAML's dates become ISO text, keys that are not text become text."""
    if isinstance(value, Mapping):
        return {_key_text(key): plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(child) for child in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value


def _key_text(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, (datetime.date, datetime.time)):
        return key.isoformat()
    # true, false and null in the spelling that the file used
    return json.dumps(key) if key is None or isinstance(key, (bool, int, float)) else str(key)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    return {str: "text", list: "a list", type(None): "nothing"}.get(type(value), type(value).__name__)


def _parse_yaml(text: str, source: str, json_error: ValueError) -> Any:
    # PyYAML costs as much as the rest of start-up's imports; most configurations are JSON or absent.
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as yaml_error:
        raise ConfigError(_broken(text, source, json_error, yaml_error)) from yaml_error


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _broken(text: str, source: str, json_error: ValueError, yaml_error: Exception) -> str:
    """One sentence on a text that is neither: in terms of the format that it looks like."""
    if text.lstrip()[:1] in ("{", "[") and isinstance(json_error, json.JSONDecodeError):
        line, problem = json_error.lineno, json_error.msg
    else:
        mark = getattr(yaml_error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(yaml_error, "problem", None) or str(yaml_error)
    key = _key_near(text, line)
    return f"{source}, line {line}{key}: neither valid JSON nor valid YAML: {problem}"


def _key_near(text: str, line: int) -> str:
    """The last key written on or before a line, for the message; "" when there is none."""
    for candidate in reversed(text.splitlines()[:line]):
        found = re.findall(r'"([^"]+)"\s*:|^\s*([\w.$-]+)\s*:', candidate)
        if found:
            quoted, bare = found[-1]
            return f", near {quoted or bare}"
    return ""


def _line_of(text: str, path: KeyPath) -> int | None:
    """Line, from 1, of the value at ``path``; of its nearest parent where it is missing itself."""
    if not text:
        return None
    import yaml

    try:
        # JSON is close enough to YAML for its positions to be read the same way.
        node = yaml.compose(text, Loader=_loader())
    except yaml.YAMLError:
        return _line_of_last_key(text, path)
    line = None
    for part in path:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: Any, part: str | int) -> tuple[int, Any] | None:
    """Line and node of a key in a mapping node, or of a position in a list node."""
    if isinstance(node.value, list):
        for position, item in enumerate(node.value):
            if isinstance(item, tuple):
                if item[0].value == part:
                    return item[0].start_mark.line + 1, item[1]
            elif position == part:
                return item.start_mark.line + 1, item
    return None


def _line_of_last_key(text: str, path: KeyPath) -> int | None:
    """Line of the first ``"key"`` of the path's last part: for JSON that YAML cannot read, such as with tabs."""
    names = [part for part in path if isinstance(part, str)]
    for number, line in enumerate(text.splitlines(), 1):
        if names and json.dumps(names[-1]) in line:
            return number
    return None

"""Reading the SQL of a CREATE TABLE for what no PRAGMA tells: checks, collations, generated columns, options."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vitrina.dialect.quoting import escape_sqlite, quote_identifier

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<name>"(?:[^"]|"")*"|\[[^\]]*\]|`(?:[^`]|``)*`)
    | (?P<text>[xX]?'(?:[^']|'')*')
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UNIQUE_PART = re.compile(r'(?P<column>\w+|"[^"]+")(?:\s+collate\s+(?P<collation>\w+|"[^"]+"))?', re.IGNORECASE)
# Words that begin a constraint of a column.
_COLUMN_WORDS = "constraint primary not null unique check default collate references generated as deferrable"
_CONSTRAINTS = frozenset(_COLUMN_WORDS.split())
_TABLE_CONSTRAINTS = frozenset(("constraint", "primary", "unique", "check", "foreign"))

Token = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A UNIQUE or CHECK as SQL; ``names`` are all names in it in lower case, ``label`` what messages call it."""

    sql: str
    names: frozenset[str] = frozenset()
    label: str = ""
    is_check: bool = False


@dataclass(slots=True)
class ColumnParts:
    """What stands behind one column: its declared type, and constraints as SQL.

    ``needs`` are all names, in lower case, in the expression of a generated column.
    """

    declared: str = ""
    extra: list[str] = field(default_factory=list)
    checks: list[Constraint] = field(default_factory=list)
    deferrable: str = ""
    generated: str = ""
    needs: frozenset[str] = frozenset()


@dataclass(slots=True)
class TableParts:
    """Columns by name in lower case, constraints of the table but keys, and what stands behind the list."""

    columns: dict[str, ColumnParts] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    autoincrement: bool = False
    options: str = ""


def parse_table(sql: str) -> TableParts:
    """The parts of a CREATE TABLE statement that SQLite itself accepted."""
    tokens = [(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(sql)]
    start = next((at for at, token in enumerate(tokens) if token == ("other", "(")), len(tokens))
    items, end = _items(tokens, start + 1)
    parts = TableParts(options="".join([text for _, text in tokens[end + 1 :]]).strip())
    for item in items:
        _read_item(_trimmed(item), parts)
    return parts


def renamed_in_style(before: str, after: str) -> str:
    """``after``, what SQLite made of ``before`` when it renamed a column, with the name quoted as the old one was."""
    old, new = ([(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(sql)] for sql in (before, after))
    if len(old) != len(new):
        return after
    return "".join(
        [text if text == was else _as_was(was, bare_name(text)) for (_, was), (_, text) in zip(old, new, strict=True)]
    )


def _as_was(was: str, name: str) -> str:
    if was[:1] == "[" and "]" not in name:
        return f"[{name}]"
    return quote_identifier(name) if was[:1] in ('"', "`", "[") else escape_sqlite(name)


def select_of_view(sql: str) -> str:
    """The SELECT in a CREATE VIEW statement: what follows its first bare AS."""
    for match in _TOKEN.finditer(sql):
        if match.lastgroup == "word" and match.group().lower() == "as":
            return sql[match.end() :]
    return ""


def _items(tokens: list[Token], at: int) -> tuple[list[list[Token]], int]:
    """The tokens between commas up to the closing parenthesis, and where that is."""
    items: list[list[Token]] = [[]]
    depth = 0
    while at < len(tokens):
        token = tokens[at]
        if token == ("other", ")"):
            if not depth:
                break
            depth -= 1
        elif token == ("other", "("):
            depth += 1
        if token == ("other", ",") and not depth:
            items.append([])
        else:
            items[-1].append(token)
        at += 1
    return items, at


def _trimmed(item: list[Token]) -> list[Token]:
    """Without the spaces and comments around it."""
    solid = [at for at, token in enumerate(item) if token[0] != "space"]
    return item[solid[0] : solid[-1] + 1] if solid else []


def _read_item(item: list[Token], parts: TableParts) -> None:
    words = [text.lower() for kind, text in item if kind == "word"]
    if not item:
        return
    if item[0][0] == "word" and words[0] in _TABLE_CONSTRAINTS and _is_table_constraint(item):
        _read_table_constraint(_Cursor(item), parts)
        return
    column = parts.columns[bare_name(item[0][1]).lower()] = ColumnParts()
    parts.autoincrement |= "autoincrement" in words
    _read_column(_Cursor(item[1:]), column)


def _read_table_constraint(cursor: _Cursor, parts: TableParts) -> None:
    """Keep a UNIQUE or CHECK; keys of both kinds are known from PRAGMAs."""
    name = ""
    if cursor.word() == "constraint":
        cursor.take()
        name = f"CONSTRAINT {quote_identifier(bare_name(cursor.take()))} "
    word = cursor.word()
    cursor.take()
    if word == "check":
        parts.constraints.append(_check(cursor.take(), name))
    elif word == "unique":
        text = cursor.take()
        sql = " ".join([f"{name}UNIQUE {_unique_columns(text)}", *_on_conflict(cursor)])
        parts.constraints.insert(0, Constraint(sql, _names_in(text)))


def _check(text: str, name: str) -> Constraint:
    """A CHECK with the condition ``text`` in its parentheses; ``name`` is how it begins, or ""."""
    inner = text[1:-1].strip()
    label = bare_name(name.removeprefix("CONSTRAINT ").strip()) if name else inner
    return Constraint(f"{name}CHECK ({inner})", _names_in(inner), label, is_check=True)


def _names_in(text: str) -> frozenset[str]:
    found = [match.group() for match in _TOKEN.finditer(text) if match.lastgroup in ("name", "word")]
    return frozenset([bare_name(each).lower() for each in found])


def _unique_columns(text: str) -> str:
    """A list of column names, each with its collation at most, quoted; any other list as it is."""
    parts = [_UNIQUE_PART.fullmatch(part.strip()) for part in text[1:-1].split(",")]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return text
    return f"({', '.join([_unique_part(part['column'], part['collation']) for part in found])})"


def _unique_part(column: str, collation: str | None) -> str:
    quoted = quote_identifier(bare_name(column))
    return f"{quoted} COLLATE {quote_identifier(bare_name(collation))}" if collation else quoted


def _is_table_constraint(item: list[Token]) -> bool:
    """A column may be called ``check``; a constraint goes on with a parenthesis or another word of its kind."""
    following = [text.lower() for kind, text in item[1:] if kind != "space"]
    first = item[0][1].lower()
    if first in ("check", "unique"):
        return bool(following) and following[0] == "("
    if first in ("primary", "foreign"):
        return bool(following) and following[0] == "key"
    return True


class _Cursor:
    """The tokens of one column's definition behind its name."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def word(self) -> str:
        """The word at this place in lower case, "" for anything else; spaces are passed."""
        self.skip()
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        return text.lower() if kind == "word" else ""

    def skip(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "space":
            self.at += 1

    def take(self) -> str:
        """The token at this place, or everything in the parentheses that begin here."""
        self.skip()
        if self.at >= len(self.tokens):
            return ""
        if self.tokens[self.at] != ("other", "("):
            self.at += 1
            return self.tokens[self.at - 1][1]
        depth, start = 0, self.at
        while self.at < len(self.tokens):
            depth += {"(": 1, ")": -1}.get(self.tokens[self.at][1], 0) if self.tokens[self.at][0] == "other" else 0
            self.at += 1
            if not depth:
                break
        return "".join([text for _, text in self.tokens[start : self.at]])

    def take_words(self, *words: str) -> list[str]:
        """Words that follow as long as they are among these."""
        taken = []
        while self.word() in words:
            taken.append(self.take())
        return taken


def _read_column(cursor: _Cursor, column: ColumnParts) -> None:
    declared = []
    while cursor.at < len(cursor.tokens) and cursor.word() not in _CONSTRAINTS:
        declared.append(cursor.take())
        cursor.skip()
    column.declared = re.sub(r" (?=\()", "", " ".join(declared))
    name = ""
    while word := cursor.word():
        cursor.take()
        if word == "constraint":
            name = f"CONSTRAINT {quote_identifier(bare_name(cursor.take()))} "
            continue
        _read_constraint(word, cursor, column, name)
        name = ""


def _read_constraint(word: str, cursor: _Cursor, column: ColumnParts, name: str) -> None:
    if word == "check":
        column.checks.append(_check(cursor.take(), name))
        column.extra.append(column.checks[-1].sql)
    elif word == "unique":
        column.extra.insert(0, " ".join([f"{name}UNIQUE", *_on_conflict(cursor)]))
    elif word == "collate":
        column.extra.append(f"COLLATE {cursor.take()}")
    elif word == "generated" or word == "as":
        cursor.take_words("always", "as")
        expression = cursor.take()
        column.needs = _names_in(expression)
        column.generated = " ".join(["GENERATED ALWAYS AS", expression, *cursor.take_words("stored", "virtual")])
    elif word == "default":
        if cursor.take() in ("+", "-"):
            cursor.take()
    elif word == "references":
        cursor.take()
        cursor.skip()
        if cursor.at < len(cursor.tokens) and cursor.tokens[cursor.at] == ("other", "("):
            cursor.take()
        cursor.take_words("on", "delete", "update", "set", "null", "cascade", "restrict", "no", "action", "default")
    elif word == "deferrable":
        column.deferrable = " ".join(["DEFERRABLE", *cursor.take_words("initially", "deferred", "immediate")])
    elif word in ("primary", "not", "null"):
        cursor.take_words("key", "asc", "desc", "autoincrement", "null")
        _on_conflict(cursor)


def _on_conflict(cursor: _Cursor) -> list[str]:
    return [
        each.upper() for each in cursor.take_words("on", "conflict", "rollback", "abort", "fail", "ignore", "replace")
    ]


def bare_name(text: str) -> str:
    """A name as SQL writes it, without its quotes."""
    if text[:1] in ('"', "`", "'") and len(text) > 1:
        return text[1:-1].replace(text[0] * 2, text[0])
    return text[1:-1] if text[:1] == "[" else text

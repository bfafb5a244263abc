"""Reading the SQL of a CREATE TABLE for what no PRAGMA tells: checks, collations, generated columns, options."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vitrina.dialect.quoting import quote_identifier

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
# Words that begin a constraint of a column.
_COLUMN_WORDS = "constraint primary not null unique check default collate references generated as deferrable"
_CONSTRAINTS = frozenset(_COLUMN_WORDS.split())
_TABLE_CONSTRAINTS = frozenset(("constraint", "primary", "unique", "check", "foreign"))

Token = tuple[str, str]


@dataclass(slots=True)
class ColumnParts:
    """What stands behind one column: its declared type, and constraints as SQL."""

    declared: str = ""
    extra: list[str] = field(default_factory=list)
    deferrable: str = ""
    generated: str = ""


@dataclass(slots=True)
class TableParts:
    """Columns by name in lower case, constraints of the table but keys, and what stands behind the list."""

    columns: dict[str, ColumnParts] = field(default_factory=dict)
    constraints: list[str] = field(default_factory=list)
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
        parts.constraints.append(f"{name}CHECK {cursor.take()}")
    elif word == "unique":
        columns = _unique_columns(cursor.take())
        parts.constraints.insert(0, " ".join([f"{name}UNIQUE {columns}", *_on_conflict(cursor)]))


def _unique_columns(text: str) -> str:
    """A list of plain column names, quoted; any other list as it is."""
    names = [part.strip() for part in text[1:-1].split(",")]
    if all(re.fullmatch(r'\w+|"[^"]+"', part) for part in names):
        return f"({', '.join([quote_identifier(bare_name(part)) for part in names])})"
    return text


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
        column.extra.append(f"{name}CHECK {cursor.take()}")
    elif word == "unique":
        column.extra.append(" ".join([f"{name}UNIQUE", *_on_conflict(cursor)]))
    elif word == "collate":
        column.extra.append(f"COLLATE {cursor.take()}")
    elif word == "generated" or word == "as":
        cursor.take_words("always", "as")
        column.generated = " ".join(["GENERATED ALWAYS AS", cursor.take(), *cursor.take_words("stored", "virtual")])
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

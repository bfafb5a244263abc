"""Rows of CSV, TSV, JSON and NDJSON files."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.errors import InvalidBody
from vitrina.execute.imports import portion
from vitrina.execute.imports.source import guess_format, open_source

# Surrogates have no UTF-8; a row of one empty cell is an empty line.
CELL = st.text(st.characters(blacklist_categories=("Cs",)), max_size=6)
JSON_VALUE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | CELL


def rows_of(content, name="", **options):
    source = open_source(io.BytesIO(content), name, **options)
    return source.headings, list(source.rows())


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=8), st.sampled_from([",", "\t", ";"]))
def test_csv_is_read_as_it_was_written(rows, delimiter):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    headings, found = rows_of(written.getvalue().encode(), "x.csv", delimiter=delimiter)
    assert headings == ["a", "b"]
    assert found == rows


@given(st.lists(st.dictionaries(CELL, JSON_VALUE, min_size=1, max_size=4), min_size=1, max_size=8), st.booleans())
def test_json_and_ndjson_are_read_as_they_were_written(records, as_lines):
    lines = "\n".join(json.dumps(record) for record in records)
    content = lines if as_lines else json.dumps(records, indent=1)
    headings, found = rows_of(content.encode(), "x.ndjson" if as_lines else "x.json")
    assert headings == list(dict.fromkeys(key for record in records for key in record))
    assert found == [[record.get(name) for name in headings] for record in records]


@given(st.binary(max_size=60), st.sampled_from(["x.csv", "x.tsv", "x.json", "x.ndjson", ""]))
def test_any_bytes_are_read_or_refused(content, name):
    try:
        source = open_source(io.BytesIO(content), name, format=None if name else "csv")
        list(source.rows())
        source.columns()
    except InvalidBody as error:
        assert error.message


def test_rows_behind_the_sample_are_read_too():
    content = b"id\n" + b"".join(b"%d\n" % number for number in range(30_000))
    source = open_source(io.BytesIO(content), "x.csv", sample_rows=10)
    assert not source.complete
    assert [row[0] for row in source.rows()] == [str(number) for number in range(30_000)]


def test_a_json_list_longer_than_its_buffer():
    records = [{"id": number, "text": "é" * 300} for number in range(3000)]
    _, found = rows_of(json.dumps(records, ensure_ascii=False).encode(), "x.json")
    assert found == [[record["id"], record["text"]] for record in records]


def test_a_row_longer_than_the_buffer():
    text = "x" * 1_000_000
    assert rows_of(json.dumps([{"a": text}, {"a": 1}]).encode(), "x.json")[1] == [[text], [1]]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b'[{"a": 1} {"a": 2}]', "x.json", "comma"),
        (b'[{"a": 1},', "x.json", "Row 2 is not JSON"),
        (b'[{"a": 1}] x', "x.json", "behind the end"),
        (b'{"a": 1}\n{"a":\n', "x.ndjson", "Line 2 is not JSON"),
        (b"[" * 100_000, "x.json", "nested too deeply"),
        (b"\t" * 40_000, "x.tsv", "There are 40,001 columns"),
        (json.dumps([dict.fromkeys(map(str, range(40_000)))]).encode(), "x.json", "There are 40,000 columns"),
        (b"PK\x03\x04 nothing", "x.xlsx", "not an Excel file"),
        (b"PAR1 nothing", "x.parquet", "not a Parquet file"),
    ],
)
def test_files_that_are_not_what_they_seem(content, name, message):
    with pytest.raises(InvalidBody, match=message):
        rows_of(content, name)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("é".encode("cp1252"), "cp1252"),
        ("é".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "é".encode("utf-16-be"), "utf-16"),
        ("é".encode("utf-32"), "utf-32"),
        ("é".encode("utf-8-sig"), "utf-8-sig"),
    ],
)
def test_encodings_are_told_apart(content, encoding):
    source = open_source(io.BytesIO(content), "x.csv")
    assert (source.encoding, source.headings) == (encoding, ["é"])


@pytest.mark.parametrize(
    ("name", "head", "format"),
    [
        ("a.CSV", b"{", "csv"),
        ("", b"a\tb\n1\t2", "tsv"),
        ("", b"  [1]", "json"),
        ("", b'\xef\xbb\xbf{"a":1}', "ndjson"),
        ("data", b"a,b", "csv"),
        ("x.jsonl", b"", "ndjson"),
    ],
)
def test_formats_are_told_apart(name, head, format):
    assert guess_format(name, head) == format


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.json", "x.ndjson", ""])
def test_marks_of_byte_order_belong_to_no_name(encoding, name):
    texts = {"x.tsv": "naam\tprijs\nthee\t1\n", "x.json": '[{"naam": "thee", "prijs": "1"}]'}
    texts["x.ndjson"] = '{"naam": "thee", "prijs": "1"}\n'
    content = texts.get(name, 'naam,prijs\n"thee",1\n').encode(encoding)
    assert rows_of(content, name) == (["naam", "prijs"], [["thee", "1"]])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\r1,2\r3,4\r", [["1", "2"], ["3", "4"]]),
        (b'a,b\r\n1,"x\r\ny"\r\n', [["1", "x\r\ny"]]),
        (b"a,b\n1\n1,2,3\n\n,\n", [["1"], ["1", "2", "3"], ["", ""]]),
        (b"a,b\n1,x\x00y\n", [["1", "x\x00y"]]),
        (b'a,b\n1,"never closed\n2,3\n', [["1", "never closed\n2,3\n"]]),
    ],
)
def test_ragged_and_odd_lines_are_read_as_they_are(content, rows):
    assert rows_of(content, "x.csv") == (["a", "b"], rows)


@pytest.mark.parametrize(("name", "row"), [("x.csv", b"1\n"), ("x.tsv", b"1\n"), ("x.ndjson", b'{"a": 1}\n')])
def test_a_line_without_end_is_not_kept_in_memory(monkeypatch, name, row):
    monkeypatch.setattr("vitrina.execute.imports.source.LARGEST_CELL", 200_000)
    read = []

    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, target):
            read.append(len(target))
            data = row * 10 if len(read) == 1 else b"x" * len(target)
            target[: len(data)] = data
            return len(data)

    with pytest.raises(InvalidBody, match="longer than 200,000 bytes"):
        list(open_source(Endless(), name).rows())
    assert sum(read) < 600_000


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "utf\x00", "idna", "\udc80", "undefined"])
def test_encodings_that_are_none(encoding):
    with pytest.raises(InvalidBody, match="Unknown encoding"):
        rows_of(b"a\n1\n", "x.csv", encoding=encoding)


@pytest.mark.parametrize("delimiter", ["ab", '"', "\n", "\r"])
def test_delimiters_that_are_none(delimiter):
    with pytest.raises(InvalidBody, match="one character"):
        rows_of(b"a\n1\n", "x.csv", delimiter=delimiter)


@pytest.mark.parametrize("name", ["x.csv", "x.ndjson", "x.json"])
def test_text_of_another_encoding_is_refused(name):
    with pytest.raises(InvalidBody, match="not UTF-8"):
        rows_of(b'[{"a": "' + b"x" * 70_000 + b'\xff"}]', name, encoding="utf-8")


def packed(sheet):
    """An Excel file whose only sheet is this XML."""
    openpyxl = pytest.importorskip("openpyxl")
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    changed = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    return changed.getvalue()


SHEET = (
    '<?xml version="1.0"?>{}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}'
)
END = "</sheetData></worksheet>"
CELLS = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        (SHEET.format("", CELLS.format("a") + CELLS.format("x" * 100_000_000)) + END, "Unpacked, this file"),
        (SHEET.format('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', CELLS.format("&a;")) + END, "entity"),
        (SHEET.format(f'<!DOCTYPE x [<!ENTITY a "{"b" * 999}">]>', CELLS.format("&a;" * 99_999)) + END, "not an Excel"),
        (SHEET.format("", CELLS.format("a") * 3), "not an Excel file"),
    ],
    ids=["one cell", "a file of the server", "entities", "broken off"],
)
def test_excel_files_that_mean_harm(sheet, message):
    with pytest.raises(InvalidBody, match=message):
        rows_of(packed(sheet), "x.xlsx")


def test_a_text_that_stands_once_in_a_file_is_once_in_memory():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    text = "long" * 10_000
    table = pyarrow.table({"a": [text, None] * 50, "b": [b"x", b"y"] * 50, "c": [{"d": "e"}] * 100})
    file = io.BytesIO()
    parquet.write_table(table, file)
    source = open_source(file, "x.parquet")
    assert source.sample[:2] == [[text, b"x", '{"d": "e"}'], [None, b"y", '{"d": "e"}']]
    assert len(source.sample) == 100
    assert len({id(row[0]) for row in source.sample if row[0] is not None}) == 1


@pytest.mark.parametrize("name", ["x.csv", "x.ndjson", "x.json"])
@pytest.mark.parametrize("number", [3, 40])
def test_few_large_rows_are_held_at_a_time(monkeypatch, name, number):
    monkeypatch.setattr(portion, "MOST_HELD", 350_000)
    values = [f"{at}" + "x" * 100_000 for at in range(number)]
    if name == "x.csv":
        content = "\n".join(["a", *values])
    else:
        lines = [json.dumps({"a": value}) for value in values]
        content = "\n".join(lines) if name == "x.ndjson" else f"[{','.join(lines)}]"
    source = open_source(io.BytesIO(content.encode()), name)
    # Files are read a part at a time, of some rows.
    assert len(source.sample) == 3 if number == 3 else 3 <= len(source.sample) <= 12
    assert source.complete == (number == 3)
    assert [row[0] for row in source.rows()] == values

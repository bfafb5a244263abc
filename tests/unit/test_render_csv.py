"""CSV encoding of batches of rows."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from vitrina.render.csv import CsvEncoder

TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_reads_back(rows):
    encoded = CsvEncoder(("a", "b")).rows(rows).decode()
    assert list(csv.reader(io.StringIO(encoded, newline=""))) == [list(row) for row in rows]


def test_plain_values():
    encoder = CsvEncoder(("id", 'say "x"'))
    assert encoder.header() == b'id,"say ""x"""\r\n'
    assert encoder.rows([(1, None), (2, 0.5), (3, "a,b"), (4, "é")]) == '1,\r\n2,0.5\r\n3,"a,b"\r\n4,é\r\n'.encode()


def test_labels_follow_their_column():
    encoder = CsvEncoder(("id", "hall", "gone"), labels={"hall": {1: "Atrium"}}, labelled=("gone",))
    assert encoder.header() == b"id,hall,hall_label,gone,gone_label\r\n"
    assert encoder.rows([(1, 1, 5), (2, 9, None)]) == b"1,1,Atrium,5,\r\n2,9,,,\r\n"


def test_blob_becomes_its_url():
    encoder = CsvEncoder(("id", "data"), blob_url=lambda row, index, value: f"http://x/{row[0]}-{index}-{len(value)}")
    assert encoder.rows([(7, b"abc"), (8, None)]) == b"7,http://x/7-1-3\r\n8,\r\n"


def test_batches_are_independent():
    encoder = CsvEncoder(("a",))
    assert encoder.rows([("first and long",)]) == b"first and long\r\n"
    assert encoder.rows([("b",)]) == b"b\r\n"

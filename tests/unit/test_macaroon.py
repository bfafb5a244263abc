"""The macaroon engine: its formats both ways, against pymacaroons, and bytes that are no macaroon."""

import pymacaroons
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymacaroons.serializers import BinarySerializer

from vitrina.tokens.macaroon import binary, chain, packets, text
from vitrina.tokens.macaroon.model import Caveat, Macaroon, MacaroonError

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
# In version 1 pymacaroons counts characters where bytes are meant.
ASCII = st.text(st.characters(codec="ascii"), min_size=1, max_size=40)
CAVEATS = st.lists(WORDS, max_size=5)


def made(secret, identifier, caveats, location="vitrina"):
    macaroon = chain.create(secret.encode(), location=location, identifier=identifier.encode())
    return chain.narrow(macaroon, [caveat.encode() for caveat in caveats])


def test_the_published_example():
    macaroon = chain.create(b"ohsosecret", location="example.com", identifier=b"123foo")
    expected = "AgELZXhhbXBsZS5jb20CBjEyM2ZvbwAABiCK4TytWvy17_Up7TvhdVDhFx8cjU_ne_6wtOqxPUZmxw"
    assert text.encode(binary.write(macaroon)) == expected


@given(WORDS, WORDS, CAVEATS)
def test_pymacaroons_reads_and_verifies_ours(secret, identifier, caveats):
    ours = made(secret, identifier, caveats)
    theirs = pymacaroons.Macaroon.deserialize(text.encode(binary.write(ours)))
    verifier = pymacaroons.Verifier()
    verifier.satisfy_general(lambda caveat: caveat in caveats)
    assert verifier.verify(theirs, secret)
    assert theirs.signature_bytes == ours.signature.hex().encode()


@pytest.mark.parametrize("version", [pymacaroons.MACAROON_V1, pymacaroons.MACAROON_V2])
@given(secret=WORDS, identifier=ASCII, caveats=st.lists(ASCII, max_size=5))
def test_we_read_and_verify_those_of_pymacaroons(version, secret, identifier, caveats):
    theirs = pymacaroons.Macaroon(location="there", identifier=identifier, key=secret, version=version)
    for caveat in caveats:
        theirs.add_first_party_caveat(caveat)
    data = text.decode_leniently(theirs.serialize(BinarySerializer()))
    ours = packets.read_packets(data) if version == pymacaroons.MACAROON_V1 else binary.read(data)
    assert ours.location == "there"
    assert [caveat.identifier.decode() for caveat in ours.caveats] == caveats
    assert chain.is_signed_by(ours, secret.encode())
    assert not chain.is_signed_by(ours, secret.encode() + b"x")
    write = packets.write_packets if version == pymacaroons.MACAROON_V1 else binary.write
    assert write(ours) == data


@given(st.binary(max_size=300), st.lists(st.binary(max_size=300), max_size=70))
def test_both_formats_read_back_what_they_wrote(identifier, caveats):
    macaroon = chain.narrow(chain.create(b"s", location="ü", identifier=identifier), caveats)
    assert binary.read(binary.write(macaroon)) == macaroon
    assert packets.read_packets(packets.write_packets(macaroon)) == macaroon


@given(st.binary(max_size=200))
def test_any_bytes_are_a_macaroon_or_refused(data):
    for read in (binary.read, packets.read_packets, lambda data: binary.read(b"\x02" + data)):
        try:
            read(data)
        except MacaroonError:
            continue


@given(st.text(max_size=60))
def test_base64_has_one_text_for_any_bytes(given_text):
    try:
        data = text.decode(given_text)
    except MacaroonError:
        return
    assert text.encode(data) == given_text


GOOD = binary.write(made("secret", "id", ["one", "two"]))


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_truncated_macaroon_is_refused(cut):
    with pytest.raises(MacaroonError):
        binary.read(GOOD[:cut])


@pytest.mark.parametrize("bit", range(len(GOOD) * 8))
def test_a_changed_bit_is_noticed(bit):
    damaged = bytearray(GOOD)
    damaged[bit // 8] ^= 1 << bit % 8
    try:
        macaroon = binary.read(bytes(damaged))
    except MacaroonError:
        return
    # Only the location is not signed.
    assert macaroon.location != "vitrina" or not chain.is_signed_by(macaroon, b"secret")


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "empty macaroon"),
        (b"\x03", "cannot determine data format"),
        (GOOD + b"\0", "bytes after the signature"),
        (b"\x02\x02\x01i\x00\x00\x06\x01s", "wrong length"),
        (b"\x02\x02\x01i\x01\x01l\x00\x00", "fields out of order"),
        (b"\x02\x01\x01l\x00\x00", "invalid macaroon header"),
        (b"\x02\x02\x01i\x00\x01\x01l\x00", "no identifier in caveat"),
        (b"\x02\x02\x01i\x00\x01\x01l\x02\x01c\x00", "location not allowed in first party caveat"),
        (b"\x02\x02\x01i\x00\x02\x01c\x05\x01v\x00", "invalid field found in caveat"),
        (b"\x02\x02\x01i\x00\x02\x01c\x04\x01v\x05\x01x\x00", "extra fields found in caveat"),
        (b"\x02\x02\x01i\x00\x00\x05\x01s", "unexpected field found instead of signature"),
        (b"\x02\x02" + b"\xff" * 11, "cannot read uvarint from buffer"),
        (b"\x02\x02\xff\x01i", "field data extends past end of buffer"),
        (b"\x02\x02\x01i", "section extends past end of buffer"),
    ],
)
def test_what_is_wrong_is_said(data, message):
    with pytest.raises(MacaroonError, match=message):
        binary.read(data)


def test_more_caveats_than_wanted_are_not_even_read():
    many = binary.write(chain.narrow(chain.create(b"s", location="", identifier=b"i"), [b"x"] * 10_000))
    with pytest.raises(MacaroonError, match="more than 64 caveats"):
        binary.read(many, max_caveats=64)


def test_caveats_of_third_parties_are_read_but_never_pass():
    macaroon = Macaroon("", b"i", (Caveat(b"c", "elsewhere", b"v"),), b"s" * 32)
    assert binary.read(binary.write(macaroon)) == macaroon
    with pytest.raises(MacaroonError, match="third-party caveats are not supported"):
        chain.is_signed_by(macaroon, b"s")


@pytest.mark.parametrize("reorder", [lambda each: each[::-1], lambda each: each[:1], lambda each: ()])
def test_caveats_cannot_be_taken_away_or_swapped(reorder):
    macaroon = made("secret", "id", ["one", "two"])
    other = Macaroon(macaroon.location, macaroon.identifier, reorder(macaroon.caveats), macaroon.signature)
    assert not chain.is_signed_by(other, b"secret")

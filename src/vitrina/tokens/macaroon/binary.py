"""Version 2 of the binary format of macaroons."""

from __future__ import annotations

from vitrina.tokens.macaroon.model import Caveat, Macaroon, MacaroonError

_VERSION = 2
_END, _LOCATION, _IDENTIFIER, _VERIFICATION, _SIGNATURE = 0, 1, 2, 4, 6
SIGNATURE_BYTES = 32
# More would not fit into 64 bits.
_LONGEST_NUMBER = 10

_Fields = list[tuple[int, bytes]]


def write(macaroon: Macaroon) -> bytes:
    """The macaroon as bytes."""
    parts = [
        bytes((_VERSION,)),
        _field(_LOCATION, macaroon.location.encode()),
        _field(_IDENTIFIER, macaroon.identifier),
    ]
    parts.append(b"\0")
    for caveat in macaroon.caveats:
        if caveat.location is not None:
            parts.append(_field(_LOCATION, caveat.location.encode()))
        parts.append(_field(_IDENTIFIER, caveat.identifier))
        if caveat.verification_id is not None:
            parts.append(_field(_VERIFICATION, caveat.verification_id))
        parts.append(b"\0")
    parts.append(b"\0")
    parts.append(_field(_SIGNATURE, macaroon.signature))
    return b"".join(parts)


def _field(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + _number(len(data)) + data


def _number(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def read(data: bytes, *, strict: bool = True, max_caveats: int | None = None) -> Macaroon:
    """The macaroon that the bytes hold.

    ``strict`` refuses a signature that is not 32 bytes long and anything
    after it. Raises MacaroonError, whose text is libmacaroons' own where it
    has one.
    """
    if not data:
        raise MacaroonError("empty macaroon")
    if data[0] != _VERSION:
        raise MacaroonError("cannot determine data format of binary-encoded macaroon")
    fields, at = _read_section(data, 1)
    location, identifier = _header(fields)
    caveats: list[Caveat] = []
    while True:
        caveat, at = _read_plain_caveat(data, at)
        if caveat is None:
            fields, at = _read_section(data, at)
            if not fields:
                break
            caveat = _caveat(fields)
        if max_caveats is not None and len(caveats) >= max_caveats:
            raise MacaroonError(f"more than {max_caveats} caveats")
        caveats.append(caveat)
    kind, signature, at = _read_field(data, at)
    if kind != _SIGNATURE:
        raise MacaroonError("unexpected field found instead of signature")
    if strict:
        if len(signature) != SIGNATURE_BYTES:
            raise MacaroonError("signature has the wrong length")
        if at != len(data):
            raise MacaroonError("bytes after the signature")
    return Macaroon(location, identifier, tuple(caveats), signature)


def _header(fields: _Fields) -> tuple[str, bytes]:
    location = ""
    if fields and fields[0][0] == _LOCATION:
        location = _text(fields[0][1])
        fields = fields[1:]
    if len(fields) != 1 or fields[0][0] != _IDENTIFIER:
        raise MacaroonError("invalid macaroon header")
    return location, fields[0][1]


def _read_plain_caveat(data: bytes, at: int) -> tuple[Caveat | None, int]:
    """A caveat that is a single short identifier, as almost all are; None for any other, which is read slowly."""
    head = data[at : at + 2]
    if len(head) == 2 and head[0] == _IDENTIFIER and head[1] < 0x80:
        end = at + 2 + head[1]
        if data[end : end + 1] == b"\0":
            return Caveat(data[at + 2 : end]), end + 1
    return None, at


def _caveat(fields: _Fields) -> Caveat:
    location: str | None = None
    if fields[0][0] == _LOCATION:
        location = _text(fields[0][1])
        fields = fields[1:]
    if not fields or fields[0][0] != _IDENTIFIER:
        raise MacaroonError("no identifier in caveat")
    identifier = fields[0][1]
    if len(fields) == 1:
        if location is not None:
            raise MacaroonError("location not allowed in first party caveat")
        return Caveat(identifier)
    if len(fields) > 2:
        raise MacaroonError("extra fields found in caveat")
    if fields[1][0] != _VERIFICATION:
        raise MacaroonError("invalid field found in caveat")
    return Caveat(identifier, location, fields[1][1])


def _read_section(data: bytes, at: int) -> tuple[_Fields, int]:
    fields: _Fields = []
    last = -1
    while True:
        if at >= len(data):
            raise MacaroonError("section extends past end of buffer")
        if data[at] == _END:
            return fields, at + 1
        kind, value, at = _read_field(data, at)
        if kind <= last:
            raise MacaroonError("fields out of order")
        last = kind
        fields.append((kind, value))


def _read_field(data: bytes, at: int) -> tuple[int, bytes, int]:
    kind, at = _read_number(data, at)
    if kind == _END:
        return kind, b"", at
    length, at = _read_number(data, at)
    end = at + length
    if end > len(data):
        raise MacaroonError("field data extends past end of buffer")
    return kind, data[at:end], end


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    if at < len(data) and data[at] < 0x80:
        return data[at], at + 1
    value = 0
    for count, digit in enumerate(data[at : at + _LONGEST_NUMBER]):
        value |= (digit & 0x7F) << (7 * count)
        if digit < 0x80:
            return value, at + count + 1
    raise MacaroonError("cannot read uvarint from buffer")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MacaroonError("location is not UTF-8 text") from error

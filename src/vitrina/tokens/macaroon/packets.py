"""Version 1 of the format of macaroons: packets of text."""

from __future__ import annotations

from vitrina.tokens.macaroon.model import Caveat, Macaroon, MacaroonError

_HEADER = 4
_LONGEST_PACKET = 0xFFFF
_HEX = frozenset(b"0123456789abcdefABCDEF")


def is_packets(data: bytes) -> bool:
    """Whether the bytes begin as version 1 does: with hexadecimal digits."""
    return bool(data) and data[0] in _HEX


def write_packets(macaroon: Macaroon) -> bytes:
    """The macaroon as packets. Raises MacaroonError where a packet gets longer than its length can say."""
    parts = [_written(b"location", macaroon.location.encode()), _written(b"identifier", macaroon.identifier)]
    for caveat in macaroon.caveats:
        parts.append(_written(b"cid", caveat.identifier))
        if caveat.verification_id is not None:
            parts.append(_written(b"vid", caveat.verification_id))
        if caveat.location is not None:
            parts.append(_written(b"cl", caveat.location.encode()))
    parts.append(_written(b"signature", macaroon.signature))
    return b"".join(parts)


def _written(key: bytes, value: bytes) -> bytes:
    length = _HEADER + len(key) + len(value) + 2
    if length > _LONGEST_PACKET:
        raise MacaroonError(f"a packet can be {_LONGEST_PACKET} bytes long, not {length}")
    return b"%04x%s %s\n" % (length, key, value)


def read_packets(data: bytes) -> Macaroon:
    """The macaroon that the packets hold. Raises MacaroonError."""
    location = ""
    identifier: bytes | None = None
    signature: bytes | None = None
    caveats: list[Caveat] = []
    at = 0
    while signature is None:
        key, value, at = _packet(data, at)
        if key == b"location":
            location = _text(value)
        elif key == b"identifier":
            identifier = value
        elif key == b"cid":
            caveats.append(Caveat(value))
        elif key == b"vid" and caveats:
            caveats[-1] = caveats[-1]._replace(verification_id=value)
        elif key == b"cl" and caveats:
            caveats[-1] = caveats[-1]._replace(location=_text(value))
        elif key == b"signature":
            signature = value
        else:
            raise MacaroonError("unexpected packet")
    if identifier is None:
        raise MacaroonError("invalid macaroon header")
    return Macaroon(location, identifier, tuple(caveats), signature)


def _packet(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    header = data[at : at + _HEADER]
    if len(header) != _HEADER or not all(digit in _HEX for digit in header):
        raise MacaroonError("invalid packet header")
    end = at + int(header, 16)
    if end > len(data) or end < at + _HEADER + 2:
        raise MacaroonError("packet extends past end of buffer")
    key, space, value = data[at + _HEADER : end].partition(b" ")
    if not space or not value.endswith(b"\n"):
        raise MacaroonError("invalid packet")
    return key, value[:-1], end


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MacaroonError("location is not UTF-8 text") from error

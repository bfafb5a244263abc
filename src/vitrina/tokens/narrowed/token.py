"""The text of a token: its prefix, its limits, who it is for, and what the holder adds."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from vitrina.errors import BadRequest, TokenInvalid
from vitrina.tokens.macaroon import binary
from vitrina.tokens.macaroon.chain import create, narrow
from vitrina.tokens.macaroon.model import Macaroon, MacaroonError
from vitrina.tokens.macaroon.text import decode, encode
from vitrina.tokens.narrowed.conditions import LONGEST_CAVEAT, Condition, write_condition

PREFIX = "vtk_"
LOCATION = "vitrina"
#: characters of a whole token, and conditions in one
LONGEST_TEXT = 8192
MOST_CAVEATS = 64

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TOKEN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}\Z")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What the server signed: number of the key, id of the token, id of the actor, time in Unix seconds."""

    key: int
    token_id: str
    actor: str
    issued: int

    def write(self) -> bytes:
        said = {"v": 1, "k": self.key, "i": self.token_id, "a": self.actor, "t": self.issued}
        return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def new_token_id() -> str:
    """A new id: 26 characters that sort by the time they were made."""
    number = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_token_id(text: str) -> bool:
    """Whether the text has the form of a token's id."""
    return _TOKEN_ID.match(text) is not None


def parse_identifier(data: bytes) -> Identifier:
    """Undo :meth:`Identifier.write`. Raises TokenInvalid."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TokenInvalid("Invalid token") from error
    if not isinstance(said, dict) or said.get("v") != 1:
        raise TokenInvalid("Invalid token")
    key, token_id, actor, issued = (said.get(name) for name in "kiat")
    if type(key) is not int or type(issued) is not int or not isinstance(token_id, str) or not isinstance(actor, str):
        raise TokenInvalid("Invalid token")
    return Identifier(key, token_id, actor, issued)


def parse_token(text: str) -> Macaroon:
    """The macaroon inside a token, its signature not checked. Raises TokenInvalid."""
    if not text.startswith(PREFIX) or len(text) > LONGEST_TEXT:
        raise TokenInvalid("Invalid token")
    try:
        macaroon = binary.read(decode(text[len(PREFIX) :]), max_caveats=MOST_CAVEATS)
    except MacaroonError as error:
        raise TokenInvalid("Invalid token") from error
    for caveat in macaroon.caveats:
        if caveat.verification_id is not None:
            raise TokenInvalid("Token has a third-party caveat, which is not supported")
        if len(caveat.identifier) > LONGEST_CAVEAT:
            raise TokenInvalid("Invalid token")
    return macaroon


def write_token(macaroon: Macaroon) -> str:
    """The token's text. Raises BadRequest where it gets longer than a server accepts."""
    if len(macaroon.caveats) > MOST_CAVEATS:
        raise BadRequest(f"A token can have {MOST_CAVEATS} restrictions, not {len(macaroon.caveats)}")
    text = PREFIX + encode(binary.write(macaroon))
    if len(text) > LONGEST_TEXT:
        raise BadRequest(f"A token can have {LONGEST_TEXT:,} characters, not {len(text):,}")
    return text


def make_token(secret: bytes, identifier: Identifier, conditions: Iterable[Condition] = ()) -> str:
    """A new token; ``secret`` is the one of this token's id. Raises BadRequest."""
    macaroon = create(secret, location=LOCATION, identifier=identifier.write())
    return write_token(narrow(macaroon, map(write_condition, conditions)))


def restrict_token(text: str, conditions: Iterable[Condition]) -> str:
    """A token that may do less; no secret is needed. Raises TokenInvalid, BadRequest."""
    return write_token(narrow(parse_token(text), map(write_condition, conditions)))

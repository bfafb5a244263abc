"""Password hashes and the file that holds them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from vitrina.errors import ConfigError

# 16 MB and about 50 ms for one check: dear for somebody who guesses, cheap enough for signing in.
_COST, _BLOCK, _LANES = 2**14, 8, 1
_SALT_BYTES = 16
_MOST_MEMORY = 256 * 1024 * 1024
#: characters of a password that is looked at
LONGEST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A scrypt hash with what it was made with."""

    cost: int
    block: int
    lanes: int
    salt: bytes
    digest: bytes

    def matches(self, password: str) -> bool:
        """Whether it is the hash of this password; constant time. Slow on purpose: not for the event loop."""
        made = _scrypt(password, self.salt, self.cost, self.block, self.lanes, len(self.digest))
        return hmac.compare_digest(made, self.digest)

    def write(self) -> str:
        """The hash as it stands in the file."""
        salt, digest = (b64encode(part).decode("ascii") for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.block}${self.lanes}${salt}${digest}"


def hash_password(password: str) -> PasswordHash:
    """A new hash with a salt of its own."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return PasswordHash(_COST, _BLOCK, _LANES, salt, _scrypt(password, salt, _COST, _BLOCK, _LANES, 32))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int, length: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost,
        r=block,
        p=lanes,
        maxmem=_MOST_MEMORY,
        dklen=length,
    )


def parse_hash(text: str) -> PasswordHash:
    """Undo :meth:`PasswordHash.write`. Raises ValueError."""
    kind, cost, block, lanes, salt, digest = text.split("$")
    found = PasswordHash(
        int(cost), int(block), int(lanes), b64decode(salt, validate=True), b64decode(digest, validate=True)
    )
    good = kind == "scrypt" and found.cost > 1 and found.cost & (found.cost - 1) == 0
    if not good or min(found.block, found.lanes) < 1 or len(found.digest) < 16 or len(found.salt) < 8:
        raise ValueError("no scrypt hash")
    if found.cost * found.block * 128 * found.lanes > _MOST_MEMORY // 2:
        raise ValueError("a scrypt hash that takes too much memory")
    return found


def parse_password_file(text: str) -> dict[str, PasswordHash]:
    """Names and hashes of a file with one ``name:hash`` a line; # begins a comment.

    Raises ConfigError that names the line, and nothing of what is in it.
    """
    found: dict[str, PasswordHash] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"Password file, line {number}"
        name, _, written = line.strip().rpartition(":")
        try:
            parsed = parse_hash(written)
        except ValueError as error:
            raise ConfigError(f"{place}: name:hash is needed; vitrina set-password writes it") from error
        if not name or name in found:
            raise ConfigError(f"{place}: {'the name is given twice' if name else 'a name is needed'}")
        found[name] = parsed
    return found


@lru_cache(maxsize=1)
def _nobody() -> PasswordHash:
    """A password that nobody has; made when it is first needed, since hashing takes its time."""
    return hash_password(secrets.token_hex())


def find_user(users: Mapping[str, PasswordHash], name: str, password: str) -> str | None:
    """The name of who signs in so, or None; takes as long for a name that does not exist."""
    known = users.get(name)
    matches = (known or _nobody()).matches(password[:LONGEST_PASSWORD])
    return name if matches and known is not None else None

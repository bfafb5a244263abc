"""A PyPI token: a prefix and a macaroon whose caveats are restrictions."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from vitrina.tokens.macaroon import binary, chain, packets
from vitrina.tokens.macaroon.model import Macaroon, MacaroonError
from vitrina.tokens.macaroon.text import decode_leniently, encode
from vitrina.tokens.pypi.exceptions import LoaderError, ValidationError
from vitrina.tokens.pypi.restrictions import Context, Restriction

PREFIX = "pypi"
Moment = int | datetime.datetime


class Token:
    """Made with :meth:`load` or :meth:`create`; :meth:`restrict` changes it in place."""

    def __init__(self, prefix: str, macaroon: Macaroon, *, version: int = 2) -> None:
        self.prefix = prefix
        self._macaroon = macaroon
        # A token is written in the format it was read in.
        self._version = version

    @classmethod
    def load(cls, raw: str) -> Token:
        """The token, good or not. Raises LoaderError for text that is none."""
        prefix, dash, text = raw.partition("-")
        if not dash:
            raise LoaderError("Token is missing a prefix")
        try:
            data = decode_leniently(text)
            if packets.is_packets(data):
                return cls(prefix, packets.read_packets(data), version=1)
            return cls(prefix, binary.read(data, strict=False))
        except ValueError as error:
            raise LoaderError(f"Deserialization error: {error}") from error

    @classmethod
    def create(cls, domain: str, identifier: str, key: str | bytes, prefix: str = PREFIX, version: int = 2) -> Token:
        """A new token without restrictions; ``key`` is the index's secret."""
        macaroon = chain.create(_bytes(key), location=domain, identifier=identifier.encode())
        return cls(prefix, macaroon, version=version)

    @property
    def domain(self) -> str:
        """The index that the token is for; not signed."""
        return self._macaroon.location

    @property
    def identifier(self) -> str:
        """The index's name for the token. Raises UnicodeDecodeError where it is no text."""
        return self._macaroon.identifier.decode()

    @property
    def restrictions(self) -> list[Restriction]:
        """All of them, in their order. Raises LoaderError for a caveat that is none."""
        return [Restriction.load_json(caveat=_text(caveat.identifier)) for caveat in self._macaroon.caveats]

    def restrict(
        self,
        not_before: Moment | None = None,
        not_after: Moment | None = None,
        project_names: Iterable[str] | None = None,
        project_ids: Iterable[str] | None = None,
        user_id: str | None = None,
        legacy_project_names: Iterable[str] | None = None,
        legacy_not_before: Moment | None = None,
        legacy_not_after: Moment | None = None,
        legacy_noop: bool | None = None,
    ) -> Token:
        """Narrow this token, without any secret; returns it. Raises InvalidRestriction."""
        added = Restriction.restrictions_from_parameters(
            not_before=not_before,
            not_after=not_after,
            project_names=project_names,
            project_ids=project_ids,
            user_id=user_id,
            legacy_project_names=legacy_project_names,
            legacy_not_before=legacy_not_before,
            legacy_not_after=legacy_not_after,
            legacy_noop=legacy_noop,
        )
        self._macaroon = chain.narrow(self._macaroon, [restriction.dump_json().encode() for restriction in added])
        return self

    def dump(self) -> str:
        """The token as text."""
        write = packets.write_packets if self._version == 1 else binary.write
        return f"{self.prefix}-{encode(write(self._macaroon))}"

    def check(
        self,
        key: str | bytes,
        project_name: str | None = None,
        project_id: str | None = None,
        user_id: str | None = None,
        now: Moment | None = None,
    ) -> None:
        """Raises ValidationError unless the token was made with ``key`` and may be used so.

        Of several reasons the first restriction's is told, before a wrong
        signature.
        """
        context = Context(project_name, project_id, user_id, now)
        for caveat in self._macaroon.caveats:
            try:
                Restriction.load_json(caveat=_text(caveat.identifier)).check(context=context)
            except (LoaderError, ValidationError) as error:
                raise ValidationError(f"Error while validating token: {error}") from error
        try:
            signed = chain.is_signed_by(self._macaroon, _bytes(key))
        except MacaroonError as error:
            raise ValidationError(f"Error while validating token: {error}") from error
        if not signed:
            raise ValidationError("Error while validating token: Signatures do not match")


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _text(caveat: bytes) -> str:
    try:
        return caveat.decode()
    except UnicodeDecodeError as error:
        raise LoaderError(f"Error while loading caveat: {error}") from error

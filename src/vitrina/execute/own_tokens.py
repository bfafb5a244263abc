"""The built-in token handlers of an instance, and what they share: keys, revoked tokens, trust in addresses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from vitrina.access.actions import Action
from vitrina.config.identity import TokenConfig
from vitrina.errors import EngineError, Unavailable
from vitrina.execute.internal import InternalDatabase
from vitrina.execute.revocations import Revocations
from vitrina.tokens.handlers import SignedTokenHandler, TokenHandler
from vitrina.tokens.narrowed.handler import MacaroonTokenHandler
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.verify import Verifier

log = logging.getLogger("vitrina.tokens")

#: seconds after which revocations written by another process count at the latest
REFRESH_SECONDS = 2.0


class OwnTokens:
    """Made once for each instance; without a block ``vitrina.tokens`` there are only signed tokens."""

    def __init__(
        self, config: TokenConfig, secret: str, internal: InternalDatabase, actions: Mapping[str, Action]
    ) -> None:
        self.config = config
        self.revocations = Revocations(internal) if config.is_configured else None
        self.macaroon: MacaroonTokenHandler | None = None
        if config.macaroon and self.revocations is not None:
            keys = KeyRing(secret, current=config.key_id, previous=config.previous_secrets)
            self.macaroon = MacaroonTokenHandler(keys, Verifier(keys, self.revocations), actions)

    def handlers(self) -> list[TokenHandler]:
        """In the order in which they are asked; the first one makes tokens where none is named."""
        signed = SignedTokenHandler(self.revocations)
        if self.macaroon is None:
            return [signed]
        return [self.macaroon, signed] if self.config.handler == "macaroon" else [signed, self.macaroon]

    async def start(self, datasette: Any) -> None:
        """Read the revoked tokens, and keep on reading them where other processes can write them."""
        if self.revocations is None:
            return
        if self.revocations.is_persistent:
            await self.revocations.load()
            datasette.add_background_task(self._watch, "vitrina-token-revocations")
        else:
            log.warning("Revocations of tokens last until this server stops; --internal FILE keeps them")

    async def _watch(self, datasette: Any) -> None:
        while self.revocations is not None:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.revocations.load()
            except (EngineError, Unavailable) as error:
                log.warning("Revocations of tokens could not be read: %s", error.message)

"""From where a token is used: the address of the client whose request is being authenticated."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from contextvars import ContextVar

#: The address as text; None where it is not known, or where the server was not told that it can be trusted.
client_address: ContextVar[str | None] = ContextVar("vitrina_client_address", default=None)


def is_in_networks(networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether the client's address is known and in one of the networks."""
    text = client_address.get()
    if text is None:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    found = mapped or address
    return any(found.version == network.version and found in network for network in networks)

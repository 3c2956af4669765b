"""Whose address a request comes from: what a proxy says of it is believed where the settings trust that proxy."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from fastapi import Request

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

SUBSCRIBER_BITS = 64
"""Of an IPv6 address: whoever has one has all that begin so."""
LONGEST_NAME = 64


def client_address(request: Request, trusted: Sequence[Network]) -> str:
    """The client's own address, an IPv6 one as the network that is its own.

    Each proxy adds to X-Forwarded-For whom it heard it from: read from the end, the first address that is no trusted
    proxy's is the client's. What stands before it anybody may have written.
    """
    peer = request.client.host if request.client else ""
    address = _read(peer)
    if address is None:
        return peer[:LONGEST_NAME]
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    while forwarded and _is_among(address, trusted):
        earlier = _read(forwarded.pop().strip())
        if earlier is None:
            break
        address = earlier
    return _as_counted(address)


def _read(text: str) -> Address | None:
    """The address, also one with a port behind it; one of IPv4 that was written as IPv6 is one of IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _as_counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, SUBSCRIBER_BITS), strict=False))

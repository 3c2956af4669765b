"""Whose address a request comes from: the client's own, as far as a trusted proxy vouches for it (B9)."""

from ipaddress import ip_network

import pytest
from fastapi import Request

from alertnet.web.auth import client_address

TRUSTED = tuple(ip_network(text) for text in ("10.1.0.0/16", "2001:db8:1::/48"))


def address(peer: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    return client_address(Request({"type": "http", "client": (peer, 1), "headers": headers}), TRUSTED)


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.5", (), "203.0.113.5"),
        ("203.0.113.5", ("198.51.100.1",), "203.0.113.5"),
        ("10.1.0.7", ("198.51.100.1",), "198.51.100.1"),
        ("10.1.0.7", ("192.0.2.1, 198.51.100.1",), "198.51.100.1"),
        ("10.1.0.7", ("192.0.2.1", "198.51.100.1"), "198.51.100.1"),
        ("10.1.0.7", ("192.0.2.1, 198.51.100.1, 10.1.0.8",), "198.51.100.1"),
        ("10.1.0.7", ("192.0.2.1, 203.0.113.5, 198.51.100.1",), "198.51.100.1"),
        ("10.1.0.7", ("198.51.100.1:5060",), "198.51.100.1"),
        ("10.1.0.7", ("unknown",), "10.1.0.7"),
        ("10.1.0.7", ("198.51.100.1, x",), "10.1.0.7"),
        ("10.1.0.7", ("10.1.0.9",), "10.1.0.9"),
        ("10.1.0.7", (), "10.1.0.7"),
        ("::ffff:10.1.0.7", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8:1::7", ("[2001:db8:2:3:4::5]:443",), "2001:db8:2:3::/64"),
        ("2001:db8:2:3:4::5", (), "2001:db8:2:3::/64"),
        ("a-socket", ("198.51.100.1",), "a-socket"),
    ],
)
def test_a_proxy_is_believed_where_it_is_trusted_and_nobody_before_it(
    peer: str, forwarded: tuple[str, ...], counted: str
) -> None:
    """Who has one IPv6 address has all of its network, and is counted so."""
    assert address(peer, *forwarded) == counted

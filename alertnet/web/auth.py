"""Who is asking: the API key of the Authorization header, and the address. A revoked key stops working at once.

For reads, the key is looked up for each request. For acts, it is looked up once; from then on the transaction itself
checks that it is still in force (`door.Door`).
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from alertnet.core.codec import value
from alertnet.core.limits import FIRST_IN_TURN, UNUSED, Usage
from alertnet.runtime.settings.settings import Settings
from alertnet.runtime.wiring import Runtime
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.web.throttle import Throttle

MOST_KNOWN = 1000
"""The most known keys; beyond that the one learned first is looked up anew."""

REPORTS = "raise"
"""The scope of whoever reports what happens, and is on the road."""
COORDINATE = "coordinate"
"""Without this scope a key sees no texts, and duress as a true PIN: the team may have the key with it (B4)."""

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

SUBSCRIBER_BITS = 64
"""Bits of an IPv6 address that identify a subscriber, who has all addresses that begin with them."""
LONGEST_NAME = 64

NOT_TRUSTED, NAMES_NOBODY = "the front is not trusted", "the front does not say who asks"
SEEN_BY = {
    NOT_TRUSTED: "ALERTNET_TRUSTED_PROXIES: whence the front asks, and each before it; until then all count as one",
    NAMES_NOBODY: "X-Forwarded-For, which the front must send; until then all are counted as one",
}
"""What to look at, by why clients can't be told apart; for the log."""


@value
class KnownKeys:
    """Keys by the hash of their text; the text itself is kept nowhere. Safe for any thread."""

    _keys: OrderedDict[bytes, ApiKey] = field(default_factory=OrderedDict)
    _raised: dict[str, Usage] = field(default_factory=dict)
    """By the key's id, how many incidents were raised with it lately."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, text: str) -> ApiKey | None:
        return self._keys.get(hash_of(text))

    def learn(self, text: str, key: ApiKey) -> None:
        with self._lock:
            self._keys[hash_of(text)] = key
            if len(self._keys) > MOST_KNOWN:
                self._keys.popitem(last=False)

    def is_ahead_of_its_turn(self, key: ApiKey, now: datetime) -> bool:
        """Count an incident that is raised with the key; whether it has raised so many that others go first."""
        with self._lock:
            before = self._raised.get(key.id, UNUSED)
            after = self._raised[key.id] = FIRST_IN_TURN.use(before, now)
        return after.dropped > before.dropped

    def forget(self, key: ApiKey) -> None:
        """Forget the key, so that it is looked up the next time."""
        with self._lock:
            for hash in [hash for hash, known in self._keys.items() if known.id == key.id]:
                del self._keys[hash]


def hash_of(text: str) -> bytes:
    """What stands for a text that is kept nowhere."""
    return hashlib.sha256(text.encode()).digest()


def runtime_of(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def throttle_of(request: Request) -> Throttle:
    throttle: Throttle = request.app.state.throttle
    return throttle


def known_keys_of(request: Request) -> KnownKeys:
    known: KnownKeys = request.app.state.known_keys
    return known


async def in_force(request: Request) -> Runtime:
    """The runtime as a dependency; one that is not async would cost a change of threads."""
    return runtime_of(request)


def text_of_key(request: Request) -> str | None:
    """The text of the request's key, valid or not."""
    scheme, text = get_authorization_scheme_param(request.headers.get("Authorization"))
    return text if text and scheme.lower() == "bearer" else None


class ByKey(SecurityBase):
    """A dependency that lets a request in by its key, if that has the scope or may do everything.

    Raises (the dependency):
        HTTPException: 401 without a key in force, 403 for one without the scope, 429 for too many requests.
    """

    model = HTTPBearer(description="From `alertnet keys create`.")
    scheme_name = "api_key"

    def __init__(self, scope: str) -> None:
        self._scope = scope

    def scope(self, _: Request) -> str:
        return self._scope


class KeyWith(ByKey):
    """Gives the key for a read."""

    def __call__(self, request: Request) -> ApiKey:
        return _permit(request, _find(request), self.scope(request))


async def key_to_act(request: Request, scope: str) -> ApiKey:
    """The key for an act, as it is known or looked up: a known one needs no change of threads, and may be revoked."""
    text, known = text_of_key(request), known_keys_of(request)
    key = known.get(text) if text else None
    if key is None:
        key = await run_in_threadpool(_find, request)
        if text and not key.is_dated:
            known.learn(text, key)
    return _permit(request, key, scope)


def _find(request: Request) -> ApiKey:
    """The request's key as stored; a newer secret authenticates it from now on."""
    text = text_of_key(request)
    if text is None:
        raise _unauthenticated("an API key is needed: Authorization: Bearer alertnet_…", "")
    runtime = runtime_of(request)
    key = runtime.read(lambda tx: api_keys.find(tx.session, text))
    if key is None:
        throttle_of(request).refuse(address_of(request), runtime.now())
        raise not_in_force()
    if key.is_dated:
        runtime.transact(api_keys.renew, text)
    return key


def _permit(request: Request, key: ApiKey, scope: str) -> ApiKey:
    if not is_report(request.scope):
        throttle_of(request).admit(key.id, runtime_of(request).now())
    if not key.may(scope):
        challenge = f'Bearer realm="alertnet", error="insufficient_scope", scope="{quote(scope, safe=":")}"'
        detail = f"API key {key.id} has no scope {scope!r} (it has: {', '.join(sorted(key.scopes))})"
        raise HTTPException(403, detail, {"WWW-Authenticate": challenge})
    return key


def is_report(scope: Scope) -> bool:
    """Whether the request raises an alarm. None is limited: somebody who sends many may have that much to report."""
    path: str = scope["path"]
    return scope["method"] == "POST" and (path == "/v1/incidents" or path.startswith("/v1/devices/"))


def not_in_force() -> HTTPException:
    return _unauthenticated("no such API key is in force", ', error="invalid_token"')


def _unauthenticated(detail: str, error: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": f'Bearer realm="alertnet"{error}'})


def address_of(request: Request) -> str:
    """The client's address by which it is counted (`client_address`); a front that hides it is named in the log."""
    runtime = runtime_of(request)
    reason = _hidden_by(request, runtime.settings)
    if reason is not None:
        throttle_of(request).warn("client_address_hidden", runtime.now(), reason=reason, mend=SEEN_BY[reason])
    return client_address(request, runtime.settings.trusted_proxies)


def _hidden_by(request: Request, settings: Settings) -> str | None:
    """Why all who come by a front at a private address are counted as one; None where they are not."""
    trusted = settings.trusted_proxies
    address, before = _seen(request, trusted)
    if address is None or not address.is_private:
        return None
    if before:
        return NOT_TRUSTED
    if "X-Forwarded-For" in request.headers:
        return None
    is_behind_tls = (settings.public_url or "").startswith("https:") and address.is_loopback
    return NAMES_NOBODY if is_behind_tls or any(address in network for network in trusted) else None


def client_address(request: Request, trusted: Sequence[Network]) -> str:
    """The client's own address; an IPv6 one as its subscriber's network."""
    address, _ = _seen(request, trusted)
    if address is None:
        return request.client.host[:LONGEST_NAME] if request.client else ""
    return _as_counted(address)


def _seen(request: Request, trusted: Sequence[Network]) -> tuple[Address | None, list[str]]:
    """The client's address, and what X-Forwarded-For says before it, which anybody may have written.

    Each proxy adds the address it was called from. Read from the end, the first that is no trusted proxy counts.
    """
    address = _read(request.client.host) if request.client else None
    said = ",".join(request.headers.getlist("X-Forwarded-For"))
    forwarded = said.split(",") if said else []
    while address and forwarded and any(address in network for network in trusted):
        earlier = _read(forwarded.pop().strip())
        if earlier is None:
            break
        address = earlier
    return address, forwarded


def _read(text: str) -> Address | None:
    """The address, also from a text with a port; an IPv4 address written as IPv6 becomes IPv4."""
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


def _as_counted(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, SUBSCRIBER_BITS), strict=False))


# The runtime's lookup is not async, so it runs on a thread and nothing here blocks the event loop.
Reader = Annotated[ApiKey, Depends(KeyWith("read"))]
Coordinator = Annotated[ApiKey, Depends(KeyWith(COORDINATE))]
InForce = Annotated[Runtime, Depends(in_force)]

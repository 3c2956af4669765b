"""The door of the API: what a key in force asks for is carried out once, and has one answer (A1)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import AlertnetError, WrongState
from alertnet.core.incident import as_ref
from alertnet.flows.unit.idempotent_request import Act, accept
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.editions import Edition
from alertnet.store.records.idempotency import ApiAnswer, Once
from alertnet.web.auth import COORDINATE, REPORTS, ByKey, KnownKeys, hash_of, key_to_act, not_in_force

T = TypeVar("T")

_NOWHERE: Any = None
"""Stands for a session where what is shown needs none."""

IDEMPOTENCY_KEY = "Idempotency-Key"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        description="The same key with the same body has one effect and the same answer. An empty one is none.",
    ),
]


class _Revoked(Exception):
    """The key is no longer in force."""


@value
class InFlight:
    """The keys whose requests this process is working on; against other processes the database's primary key guards."""

    _keys: set[bytes] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def alone(self, once: Once) -> Iterator[None]:
        """Raises `WrongState` where a request under the same key has no answer yet."""
        with self._lock:
            if once.key in self._keys:
                raise WrongState("a request with this Idempotency-Key", "in flight", "wait for its answer")
            self._keys.add(once.key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(once.key)


@value
class Door:
    """A request that changes something, and its key: it is carried out once, and only while the key is in force."""

    runtime: Runtime
    in_flight: InFlight
    known_keys: KnownKeys
    key: ApiKey
    idempotency_key: str | None
    route: str

    @property
    def edition(self) -> Edition:
        """The trees and templates in force. The first call stores them, so it must not be inside a transaction."""
        return self.runtime.edition

    @property
    def network(self) -> Network:
        return self.edition.network

    @property
    def by(self) -> str:
        """How the history names this key."""
        return f"key {self.key.id}"

    def carry_out(self, body: BaseModel | None, act: Act) -> Response:
        """Carry out the request in one transaction, and answer; 401 where the key was revoked meanwhile.

        Without an Idempotency-Key the answer is read after the commit, when the senders are already at work.
        """
        once = self._once(body)
        with self._alone(once), self._by_key_in_force():
            accepted = self.runtime.transact(_by_key, self.key, partial(accept, act=act, once=once))
        return respond(accepted.answer or self.runtime.read(lambda tx: accepted.show(tx.session)))

    async def carry_out_soon(self, body: BaseModel | None, act: Act) -> Response:
        """Carry out the request on the event loop, where the answer needs no second look at the database."""
        once = self._once(body)
        with self._alone(once), self._by_key_in_force():
            accepted = await self.runtime.transact_soon(_by_key, self.key, partial(accept, act=act, once=once))
        return respond(accepted.answer or accepted.show(_NOWHERE))

    def look(self, query: Callable[[Tx], T]) -> T:
        """What the query finds, for a request that changes nothing; 401 where the key was revoked meanwhile."""
        with self._by_key_in_force():
            return self.runtime.read(_by_key, self.key, query)

    def _alone(self, once: Once | None) -> AbstractContextManager[None]:
        return self.in_flight.alone(once) if once else nullcontext()

    @contextmanager
    def _by_key_in_force(self) -> Iterator[None]:
        try:
            yield
        except _Revoked:
            self.known_keys.forget(self.key)
            raise not_in_force() from None

    def _once(self, body: BaseModel | None) -> Once | None:
        if not self.idempotency_key:
            return None
        asked = "\n".join([self.key.id, self.route, self.idempotency_key])
        return Once(hash_of(asked), hash_of(body.model_dump_json() if body else ""))


def _by_key(tx: Tx, key: ApiKey, do: Callable[[Tx], T]) -> T:
    """What `do` returns, if the key is in force; else nothing is done, and `_Revoked` overrules what `do` refuses."""
    is_in_force = api_keys.ask_if_in_force(tx.session, key)
    try:
        done = do(tx)
    except AlertnetError:
        if is_in_force():
            raise
    else:
        if is_in_force():
            return done
    raise _Revoked


class DoorWith(ByKey):
    """Gives the door for a request by a key with that scope."""

    async def __call__(self, request: Request, idempotency_key: IdempotencyKey = None) -> Door:
        """The door, with the key as it is known or looked up."""
        key = await key_to_act(request, self.scope(request))
        path, ref, state = request.scope["path"], request.path_params.get("ref"), request.app.state
        # However its reference is typed, it is the same request.
        route = f"{request.method} {path.replace(ref, as_ref(ref)) if ref else path}"
        return Door(state.runtime, state.in_flight, state.known_keys, key, idempotency_key, route)


ReportersDoor = Annotated[Door, Depends(DoorWith(REPORTS))]
CoordinatorsDoor = Annotated[Door, Depends(DoorWith(COORDINATE))]


def respond(answer: ApiAnswer) -> Response:
    headers = {"Location": answer.location} if answer.location else None
    return Response(to_json(answer.body), answer.status, headers, "application/json")

"""Idempotency-Key, per API key and route: the same request twice has one effect and the same answer (A1)."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.responses import Response

from alertnet.core.codec import value
from alertnet.core.errors import AlertnetError, WrongState
from alertnet.flows.unit.idempotent_request import Accepted, Act, accept
from alertnet.runtime.wiring import Runtime
from alertnet.store.db.tx import Tx
from alertnet.store.records.credentials import api_keys
from alertnet.store.records.credentials.api_keys import ApiKey
from alertnet.store.records.idempotency import ApiAnswer, Once
from alertnet.web.auth import KnownKeys, known_keys_of, not_in_force, runtime_of

_NOWHERE: Any = None
"""Stands for a session where what is shown needs none."""

IDEMPOTENCY_KEY = "Idempotency-Key"
IDEMPOTENCY_FORM = re.compile(r"^[\x21-\x7e]{1,255}$")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=IDEMPOTENCY_KEY,
        pattern=IDEMPOTENCY_FORM.pattern,
        description="The same key with the same body has one effect and the same answer.",
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
    """Carries out a request that changes something."""

    runtime: Runtime
    in_flight: InFlight
    known_keys: KnownKeys
    idempotency_key: str | None
    route: str

    def carry_out(self, key: ApiKey, body: BaseModel | None, act: Act) -> Response:
        """Carry out a request in one transaction, by a key that is in force, and answer.

        Without an Idempotency-Key the answer is read after the commit, when the senders are already at work.

        Raises:
            HTTPException: 401 where the key was revoked meanwhile.
        """
        once = self._once(key, body)
        with self._alone(once):
            try:
                accepted = self.runtime.transact(_accept_by, key, act, once)
            except _Revoked:
                raise self._forgotten(key) from None
        return respond(accepted.answer or self.runtime.read(lambda tx: accepted.show(tx.session)))

    async def carry_out_soon(self, key: ApiKey, body: BaseModel | None, act: Act) -> Response:
        """Carry out a request on the event loop, where the answer needs no second look at the database."""
        once = self._once(key, body)
        with self._alone(once):
            try:
                accepted = await self.runtime.transact_soon(_accept_by, key, act, once)
            except _Revoked:
                raise self._forgotten(key) from None
        return respond(accepted.answer or accepted.show(_NOWHERE))

    def _alone(self, once: Once | None) -> AbstractContextManager[None]:
        return self.in_flight.alone(once) if once else nullcontext()

    def _forgotten(self, key: ApiKey) -> HTTPException:
        """Forget a key that was revoked; gives the answer."""
        self.known_keys.forget(key)
        return not_in_force()

    def _once(self, key: ApiKey, body: BaseModel | None) -> Once | None:
        if self.idempotency_key is None:
            return None
        asked = "\n".join([key.id, self.route, self.idempotency_key])
        return Once(_hash(asked), _hash(body.model_dump_json() if body else ""))


def _accept_by(tx: Tx, key: ApiKey, act: Act, once: Once | None) -> Accepted:
    """Accept the request.

    Whether the key is in force is asked together with the first question of the act, whose refusal it overrules.

    Raises:
        _Revoked: it is not; then nothing of the request is done.
    """
    is_in_force = api_keys.ask_if_in_force(tx.session, key)
    try:
        accepted = accept(tx, act, once)
    except AlertnetError:
        if is_in_force():
            raise
    else:
        if is_in_force():
            return accepted
    raise _Revoked


async def door_of(request: Request, idempotency_key: IdempotencyKey = None) -> Door:
    """The door for one request."""
    route = f"{request.method} {request.scope['path']}"
    return Door(runtime_of(request), request.app.state.in_flight, known_keys_of(request), idempotency_key, route)


ByDoor = Annotated[Door, Depends(door_of)]


def respond(answer: ApiAnswer) -> Response:
    headers = {"Location": answer.location} if answer.location else None
    return Response(to_json(answer.body), answer.status, headers, "application/json")


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

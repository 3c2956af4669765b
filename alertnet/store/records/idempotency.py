"""Answers given under an Idempotency-Key, stored as long as their incident, if any (A1)."""

import hashlib
import json
from typing import Any

from sqlalchemy import bindparam, select

from alertnet.core.codec import value
from alertnet.store.db.engine import insert_once
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import idempotency

_UNDER_KEY = Prepared(select(idempotency).where(idempotency.c.key_hash == bindparam("key")))


@value
class ApiAnswer:
    """An answer over HTTP: its status, its JSON, and where the thing it made is found."""

    status: int
    body: Any
    location: str | None = None


@value
class Once:
    """A request that counts once: SHA-256 of who asked where under which key, and of the body."""

    key: bytes
    body: bytes


def find(session: Session, key: bytes) -> tuple[bytes, ApiAnswer] | None:
    """The body's hash and the answer of the request accepted under that key."""
    row = _UNDER_KEY.first(session, {"key": key})
    if row is None:
        return None
    return row.body_hash, ApiAnswer(row.status, json.loads(row.answer["body"]), row.answer["location"])


def use_up(tx: Tx, text: str) -> bool:
    """Use up something that is good once; False if it was used before."""
    once = Once(hashlib.sha256(text.encode()).digest(), hashlib.sha256(b"").digest())
    return keep(tx, once, None, ApiAnswer(204, None))


def keep(tx: Tx, once: Once, incident_id: str | None, answer: ApiAnswer) -> bool:
    """Store the answer; False if another request was accepted under the same key at the same moment."""
    values = {
        "key_hash": once.key,
        "body_hash": once.body,
        "incident_id": incident_id,
        "status": answer.status,
        # As text: earlier versions sorted the keys of what they kept sealed, and the same answer has the same order.
        "answer": {"body": json.dumps(answer.body), "location": answer.location},
        "at": tx.now,
    }
    return insert_once(tx.session, idempotency, values)

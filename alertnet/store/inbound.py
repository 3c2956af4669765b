"""Texts that came in and what was answered: the same message again finds the same answer (A1)."""

import json
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alertnet.core.codec import from_plain, to_plain
from alertnet.core.disclosure import Said
from alertnet.core.notification import Kind
from alertnet.store.engine import insert_once
from alertnet.store.tables import inbound
from alertnet.store.tx import Tx

LONGEST_BODY = 1600
"""Characters kept; Twilio joins no more parts than that."""


@dataclass(frozen=True)
class InboundSms:
    """A text as the provider brought it. `sender` and `to` are E.164; `to` is one of our numbers."""

    provider_id: str
    sender: str
    to: str
    body: str


@dataclass(frozen=True)
class Reply:
    """The one answer to a text, rendered when it leaves; `templates` is the hash of those to use.

    `hang_ups`: calls (the provider's ids) that the text has made pointless.
    """

    kind: Kind
    language: str
    said: Said
    templates: str
    hang_ups: tuple[str, ...] = ()


def take(tx: Tx, sms: InboundSms) -> bool:
    """Keep the text, as of an unknown sender so far; False when it came before, also at this very moment."""
    row = {
        "provider_id": sms.provider_id,
        "kind": "sms",
        "sender_index": tx.vault.index(sms.sender),
        "sender": sms.sender,
        "body": sms.body[:LONGEST_BODY],
        "received_at": tx.now,
        "known": False,
    }
    return insert_once(tx.session, inbound, row)


def settle(tx: Tx, provider_id: str, *, known: bool, reply: Reply | None) -> None:
    """Keep whether the sender is known, and what it is answered."""
    plain = json.dumps(to_plain(reply)) if reply else None
    change = update(inbound).where(inbound.c.provider_id == provider_id)
    tx.session.execute(change.values(known=known, reply=plain))


def reply_to(session: Session, provider_id: str) -> Reply | None:
    """What that text was answered; None for silence."""
    plain = session.scalar(select(inbound.c.reply).where(inbound.c.provider_id == provider_id))
    return from_plain(Reply, json.loads(plain)) if plain else None

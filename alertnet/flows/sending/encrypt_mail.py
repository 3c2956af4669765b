"""Mail to contacts with a key: what they may read goes inside, and never outside (A9)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import structlog

from alertnet.channels.base import Outgoing
from alertnet.core.directory.contact import Disclosure, MethodKind
from alertnet.core.disclosure import details_of
from alertnet.core.notification import Kind
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.store.db.tx import Tx
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import editions
from alertnet.store.views.timeline_view import texts_of

WITH_DETAILS = frozenset({Kind.ALERT, Kind.REMINDER})
WITH_TEXTS = frozenset({Kind.ALARM, Kind.NOTICE, Kind.DECISION})
"""What coordinators alone get: with what people wrote, for those who may read everything."""

log = structlog.get_logger(__name__)


class CannotEncrypt(Exception):
    """The key can't be used; the text says why, and nothing of the key or the mail."""


def encrypt(text: str, key: str, at: datetime) -> str:
    """The text as a MIME entity, encrypted to that key (ASCII armor) as it stands at that instant.

    Raises:
        CannotEncrypt: the key is damaged, revoked, expired by then, or not made for it.
    """
    # Most installations have no key, and do without the library.
    from pysequoia import Cert
    from pysequoia import encrypt as encrypt_to

    entity = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    entity.set_content(text)
    del entity["MIME-Version"]
    try:
        certificate = Cert.from_bytes(key.encode())
        # The library itself encrypts to keys that are past using.
        if certificate.is_revoked:
            raise CannotEncrypt("revoked")
        if certificate.expiration is not None and certificate.expiration <= at:
            raise CannotEncrypt("expired")
        return encrypt_to(entity.as_bytes(), [certificate]).decode("ascii")
    except CannotEncrypt:
        raise
    # The library tells everything else by a bare RuntimeError.
    except Exception as error:
        raise CannotEncrypt("unusable") from error


@dataclass(frozen=True)
class Seal:
    """The key of a contact, from the tree that its incident is pinned to (A8), and what it alone may read."""

    key: str
    details: tuple[str, ...]


def seal_for(tx: Tx, due: DueAttempt) -> Seal | None:
    """What that attempt is encrypted with; None where it is sent as it is."""
    if due.method is not MethodKind.EMAIL or due.facts is None or due.tree is None or due.tree not in due.trees:
        return None
    contact = editions.tree(tx.session, due.trees[due.tree]).contacts.get(due.contact)
    if contact is None or contact.pgp is None:
        return None
    details = details_of(due.facts, contact.disclosure).lines if due.kind in WITH_DETAILS | WITH_TEXTS else ()
    if due.incident_id is None or due.kind not in WITH_TEXTS or contact.disclosure is not Disclosure.FULL:
        return Seal(contact.pgp, details)
    return Seal(contact.pgp, (*details, *_texts(tx, due.incident_id, contact.timezone)))


def _texts(tx: Tx, incident: str, timezone: str) -> Iterator[str]:
    """What people wrote, each with when, who and from which number."""
    for text in texts_of(tx.session, incident):
        at = f"{text.at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
        who = (at, text.by or text.contact, text.number, *text.understood, text.action)
        yield "\n".join((" ".join(each for each in who if each), text.words)).strip()


def sealed(mail: Outgoing, seal: Seal, heading: str, at: datetime) -> Outgoing:
    """The mail with its words inside; without encryption the mail as it is, which says why it is so."""
    inside = "\n".join([mail.text, heading, "", *seal.details]) if seal.details else mail.text
    try:
        return replace(mail, text="", html="", encrypted=encrypt(inside, seal.key, at))
    except CannotEncrypt as error:
        log.warning("mail_not_encrypted", attempt=mail.attempt, why=str(error))
        return replace(mail, unsealed=str(error))


def record_unsealed(tx: Tx, attempt_id: str, why: str) -> None:
    """Put on record that a mail leaves as everybody else's does, although its contact has a key."""
    locked = lock_attempt(tx, attempt_id)
    if locked is not None:
        locked.record("mail_not_encrypted", why=why)
        locked.finish()

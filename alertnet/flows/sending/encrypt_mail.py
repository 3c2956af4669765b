"""Encrypts mail to contacts with a key: what they may read goes inside, never outside (A9)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

import structlog

from alertnet.channels.base import Outgoing
from alertnet.core.codec import value
from alertnet.core.directory.contact import Disclosure, MethodKind
from alertnet.core.disclosure import CALL_COORDINATOR, NO_DETAILS, Details, ReceivedText, details_of
from alertnet.core.incident import ASKS
from alertnet.core.notification import ALERTS, Kind
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.messages.reported import details_in_words, text_in_words
from alertnet.messages.words import Words
from alertnet.store.db.tx import Tx
from alertnet.store.queues.due_attempts import DueAttempt
from alertnet.store.records import editions
from alertnet.store.views.timeline_view import texts_of

WITH_TEXTS = frozenset({Kind.ALARM, Kind.NOTICE, Kind.DECISION})
"""Kinds that only coordinators get: with what people wrote, for those who may read everything."""

log = structlog.get_logger(__name__)


class CannotEncrypt(Exception):
    """The key can't be used. The text says why, and nothing about the key or the mail."""


def encrypt(text: str, key: str, at: datetime) -> str:
    """The text as a MIME entity, encrypted to that key (ASCII armor) as valid at that instant.

    Raises `CannotEncrypt` where that is damaged, revoked, expired by then, or not made for encryption.
    """
    # Most installations have no key and don't need the library.
    from pysequoia import Cert

    from alertnet.flows.sending.openpgp import encrypt_to

    entity = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    entity.set_content(text)
    del entity["MIME-Version"]
    try:
        certificate = Cert.from_bytes(key.encode())
        # The library itself would encrypt to expired keys.
        if certificate.is_revoked:
            raise CannotEncrypt("revoked")
        if certificate.expiration is not None and certificate.expiration <= at:
            raise CannotEncrypt("expired")
        return encrypt_to(entity.as_bytes(), certificate)
    except CannotEncrypt:
        raise
    # The library reports everything else by a bare RuntimeError.
    except Exception as error:
        raise CannotEncrypt("unusable") from error


@value
class Seal:
    """The key of a contact, from the tree that its incident is pinned to (A8), and what only it may read."""

    key: str
    timezone: str
    ask: str = ""
    """What the incident's report asks in words of its own; the mail itself then asks to call a coordinator."""
    details: Details = NO_DETAILS
    texts: tuple[ReceivedText, ...] = ()

    def in_words(self, labels: Mapping[str, str], words: Words) -> Iterator[str]:
        """What is asked and known, then what people wrote, each worded as on the page (see `web/pages`)."""
        if self.ask:
            yield f"{labels['we_ask']} {self.ask}"
        yield from details_in_words(self.details, labels)
        for text in self.texts:
            head, _, number, written = text_in_words(text, labels, words, self.timezone, self.details.people)
            yield "\n".join(filter(None, (f"{head} {number}".strip(), written)))


def seal_for(tx: Tx, due: DueAttempt) -> Seal | None:
    """What that attempt is encrypted with; None where it is sent unencrypted."""
    if due.method is not MethodKind.EMAIL or due.facts is None or due.tree is None or due.tree not in due.trees:
        return None
    contact = editions.tree(tx.session, due.trees[due.tree]).contacts.get(due.contact)
    if contact is None or contact.pgp is None:
        return None
    seal = Seal(contact.pgp, contact.timezone)
    if due.kind in ALERTS | WITH_TEXTS:
        seal = replace(seal, details=details_of(due.facts, contact.disclosure))
    if due.kind in ALERTS and contact.disclosure is not Disclosure.MINIMAL and due.facts.ask not in ASKS:
        is_asked_else = any(each != CALL_COORDINATOR for each in due.said.ask.values())
        seal = seal if is_asked_else else replace(seal, ask=due.facts.ask or "")
    if due.incident_id is None or due.kind not in WITH_TEXTS or contact.disclosure is not Disclosure.FULL:
        return seal
    return replace(seal, texts=tuple(texts_of(tx.session, due.incident_id)))


def sealed(mail: Outgoing, seal: Seal, labels: Mapping[str, str], words: Words, at: datetime) -> Outgoing:
    """The mail with its words inside. If encryption fails, the plain mail, which says why it is not encrypted."""
    known = list(seal.in_words(labels, words))
    # Mail programs quote all of a mail in an answer to it, which nobody can encrypt to us.
    warning = [warned, ""] if (warned := words.by_mail.get("sealed")) else []
    inside = "\n".join([mail.text, *warning, labels["details"], "", *known]) if known else mail.text
    try:
        return replace(mail, text="", html="", encrypted=encrypt(inside, seal.key, at))
    except CannotEncrypt as error:
        log.warning("mail_not_encrypted", attempt=mail.attempt, why=str(error))
        return replace(mail, unsealed=str(error))


def record_unsealed(tx: Tx, attempt_id: str, why: str) -> None:
    """Record that a mail leaves unencrypted although its contact has a key."""
    attempt = lock_attempt(tx, attempt_id)
    if attempt is not None:
        attempt.record("mail_not_encrypted", why=why)
        attempt.finish()

"""The step between two transactions: a claimed attempt is rendered, checked once more, and given to its channel."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import partial

import structlog

from alertnet.channels.base import (
    CannotTell,
    Channel,
    Handover,
    Leave,
    Ledger,
    Lookup,
    NotSent,
    Outgoing,
    Refused,
    Result,
    StatusQuery,
    Unsure,
)
from alertnet.core.codec import extended, value
from alertnet.core.delivery.sms_encoding import count
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.context import SHORTEST_VALIDITY
from alertnet.core.inbound.written_mail import BY_US
from alertnet.core.notification import URGENT, Failure
from alertnet.flows.credentials.page_links import with_page
from alertnet.flows.sending.encrypt_mail import Seal, sealed
from alertnet.messages.renderer import Renderer
from alertnet.store.db.tx import Tx
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues.due_attempts import DueAttempt

UNRENDERED = Refused(Failure.OUR_ACCOUNT, "template")
UNCONFIGURED = Refused(Failure.OUR_ACCOUNT, "settings")
FAULT = Unsure("fault")
OURS = (UNRENDERED, UNCONFIGURED, FAULT)
"""Our own faults, which say nothing about the provider."""
_BY_A_MACHINE, _WANTS_ANSWER = {"Auto-Submitted": "auto-generated"}, {BY_US: "yes"}
"""What keeps other machines from answering (RFC 3834), and what keeps our own kind from it alone.

Mails that want an answer go with the latter: mailboxes that see the former hold back who stands in for whoever is away,
and those that refuse mail (RFC 5429) drop it without a word.
"""

log = structlog.get_logger(__name__)


@value
class Claimed(DueAttempt):
    """A due attempt that is ours while its `lease` lasts, to leave by this provider and number."""

    lease: str
    sender: str
    provider: str
    started_at: datetime
    at: datetime
    """When it was claimed."""
    seal: Seal | None
    """What a mail is encrypted with, where its contact has a key."""
    units: int
    """The units of its sender's pace that it was claimed for."""
    may_go_over: bool
    """Whether another provider may have it at once if this one surely has not sent it."""


@value
class TurnedAway:
    """Surely not sent by this provider, and another can have it at once; `code` is the provider's reason."""

    code: str


def claimed_from(
    tx: Tx, due: DueAttempt, by: tuple[str, str], *, seal: Seal | None = None, units: int = 1, may_go_over: bool = False
) -> Claimed:
    """The attempt under a lease of its own; `by`: the provider and number that it leaves by, or has left by."""
    return extended(
        Claimed,
        due,
        lease=tx.entropy.id(),
        provider=by[0],
        sender=by[1],
        started_at=due.started_at or tx.now,
        at=tx.now,
        seal=seal,
        units=units,
        may_go_over=may_go_over,
    )


def render(claimed: Claimed, renderer: Renderer, public_url: str, *, reads_mail: bool = False) -> Outgoing:
    """The message as it leaves. A call has no words; they are fetched when it is answered.

    `reads_mail`: whether answers by mail are read.
    """
    outgoing = partial(
        Outgoing,
        attempt=claimed.id,
        notification=claimed.notification_id,
        method=claimed.method,
        to=claimed.address,
        sender=claimed.sender,
        validity=max(claimed.expires_at - claimed.at, SHORTEST_VALIDITY) if claimed.expires_at else None,
        extension=claimed.extension,
    )
    if claimed.method is MethodKind.CALL:
        return outgoing()
    words = with_page(claimed.kind, claimed.said, public_url)
    message = renderer.render(claimed.kind, claimed.method, claimed.language, words, reads_mail=reads_mail)
    if claimed.method is MethodKind.SMS:
        return outgoing(text=message.text)
    mail = outgoing(
        text=message.text,
        subject=message.subject,
        html=message.html,
        headers={"Date": format_datetime(claimed.at)} | (_WANTS_ANSWER if claimed.kind in URGENT else _BY_A_MACHINE),
        sender_name=words.sender,
    )
    if claimed.seal is None:
        return mail
    labels, spoken = renderer.page_words(message.language), renderer.words(message.language)
    return sealed(mail, claimed.seal, labels, spoken, claimed.at)


def units(outgoing: Outgoing) -> int:
    """How much of its sender's pace it uses: the segments of an SMS, else 1."""
    return count(outgoing.text).segments if outgoing.method is MethodKind.SMS else 1


def still_ours(tx: Tx, claimed: Sequence[Claimed]) -> set[str]:
    """The ids of the attempts that may still leave; asked right before the first byte leaves (A4)."""
    return attempt_store.leased(tx, {each.id: each.lease for each in claimed})


def hand_over(channel: Channel, outgoing: Outgoing, leave: Leave) -> Result | None:
    """Send by the channel; None where `leave` did not let it go.

    A fault in our own code leaves us unsure, like a lost answer.
    """
    try:
        return channel.send(outgoing, leave)
    except Exception:
        log.exception("channel_failed", attempt=outgoing.attempt, method=outgoing.method)
        return FAULT


def hear(handover: Handover, claimed: Claimed) -> Result | None:
    """The result of what has left; None until it is known. A fault in our own code leaves us unsure here, too."""
    try:
        return handover.result()
    except Exception:
        log.exception("channel_failed", attempt=claimed.id, method=claimed.method)
        return FAULT


def outcome_of(claimed: Claimed, result: Result | None) -> Result | TurnedAway | None:
    """The result, given that another provider may be at hand: a fault of the recipient is one by any provider."""
    match result:
        case NotSent(code) | Refused(Failure.OUR_ACCOUNT, code) if claimed.may_go_over:
            return TurnedAway(code)
    return result


def look_up(channel: Channel, query: StatusQuery) -> Lookup:
    """Ask the provider what became of it."""
    outgoing = query.outgoing
    try:
        return channel.lookup(outgoing, query.since, query.provider_id)
    except Exception:
        log.exception("channel_failed", attempt=outgoing.attempt, method=outgoing.method)
        return CannotTell()


def look_up_many(ledger: Ledger, queries: Sequence[StatusQuery]) -> list[Lookup]:
    """Ask the provider's records what became of them."""
    try:
        return ledger.look_up(queries)
    except Exception:
        log.exception("ledger_failed", method=queries[0].outgoing.method)
        return [CannotTell() for _ in queries]

"""Incoming texts and calls, and the answers to them; a repeated one finds the same answer (A1)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select, tuple_, update

from alertnet.core.codec import from_plain, to_plain, value
from alertnet.core.disclosure import Said
from alertnet.core.errors import Inconsistent, Unknown, WrongState, must_hold
from alertnet.core.escalation.quorum import Via
from alertnet.core.inbound.auto_replies import OFTEN, Earlier
from alertnet.core.limits import WrongKeys
from alertnet.core.notification import Kind
from alertnet.store.db.engine import insert_once
from alertnet.store.db.session import PutApart, Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.tables import inbound

LONGEST_BODY = 1600
"""Characters that are stored; Twilio joins no more parts than that."""

MOST_AT_ONCE = 1000
"""The most ids in one query."""


@value
class InboundText:
    """A text that came in: by SMS, as the provider delivered it, from a number in E.164, or by mail.

    `heard_at`: when it reached the provider, for a text that we fetched there because it was not delivered in time.
    """

    provider_id: str
    sender: str
    body: str
    heard_at: datetime | None = None
    attached: int = 0
    """How many pictures or recordings (MMS) came with it; they stay with the provider."""
    via: Via = Via.SMS
    """`EMAIL` for the words of a mail; `sender` is then an address, and `provider_id` ours."""
    is_forced: bool = False
    """Whether a PIN for duress of whoever writes from there stood in it, where dots stand now."""

    @property
    def attachments(self) -> dict[str, object]:
        """For the history, how many of them came, if any, so that people know there is more than the words."""
        return {"attached": self.attached} if self.attached else {}

    @property
    def circumstances(self) -> dict[str, object]:
        """For the history, when the provider had a text that reaches us late, and what came with it."""
        return ({"heard_at": self.heard_at.isoformat()} if self.heard_at else {}) | self.attachments


@dataclass(frozen=True, slots=True)
class QuarantinedText:
    """A text from an unknown number (E.164), as written, with the provider's id."""

    id: str
    at: datetime
    number: str
    text: str


@value
class InboundCall:
    """An incoming call, with the provider's id, from that number (E.164, or whatever the network showed)."""

    provider_id: str
    sender: str
    heard_at: datetime | None = None
    """When the provider had it, for a call that it could not deliver to us."""


@value
class Addressee:
    """Whom a reply goes to: a contact's id or `team/member`, its tree, and the incident that it is about, if any."""

    contact: str
    tree: str | None = None
    incident: str | None = None


@value
class Reply:
    """The one reply to a text, rendered when it leaves; `templates`: the hash of the templates to use.

    `to`: None if only the answer to the webhook itself may reach the phone, and nothing later.
    """

    kind: Kind
    language: str
    said: Said
    templates: str
    to: Addressee | None = None


_OUTCOME = Prepared(select(inbound.c.reply).where(inbound.c.provider_id == bindparam("call")))
_BEFORE = Prepared(
    select(*inbound.c["body", "received_at", "reply"])
    .where(
        inbound.c.sender_index.in_(bindparam("indexes")),
        inbound.c.kind == bindparam("kind"),
        inbound.c.provider_id != bindparam("besides"),
    )
    .order_by(inbound.c.received_at.desc())
    .limit(OFTEN)
)
_ANSWERED = Prepared(
    update(inbound)
    .where(inbound.c.provider_id == bindparam("key"))
    .values(known=bindparam("known"), reply=bindparam("reply"))
)


# Where several write at once, what a phone has opened is not there to be joined before the transaction ends.
_ONE_BY_ONE = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("sender"), 0)).label("held")))


def await_others(tx: Tx, sender: str) -> None:
    """Wait until nothing else of that phone, device, backup or erasure is under way; what comes next waits for this.

    It is the first lock of a transaction.
    """
    if tx.session.dialect.name == "postgresql":
        _ONE_BY_ONE.ahead(tx.session, {"sender": tx.vault.index(sender).hex()})


def receive(tx: Tx, text: InboundText) -> bool:
    """Store the text, an SMS as from an unknown sender for now; False if it came before, even at this very moment."""
    return _receive(tx, text.via, text, text.body[:LONGEST_BODY], known=text.via is not Via.SMS)


def receive_call(tx: Tx, call: InboundCall, *, known: bool) -> bool:
    """Store the call, and whether its sender is known; False if it is stored already."""
    return _receive(tx, "call", call, "", known=known)


def _receive(tx: Tx, kind: str, came: InboundText | InboundCall, body: str, *, known: bool) -> bool:
    await_others(tx, came.sender)
    row = {
        "provider_id": came.provider_id,
        "kind": kind,
        "sender_index": tx.vault.index(came.sender),
        "sender": came.sender,
        "body": body,
        "received_at": came.heard_at or tx.now,
        "known": known,
    }
    return insert_once(tx.session, inbound, row)


def texts_before(tx: Tx, text: InboundText) -> list[Earlier]:
    """The number's last texts without this one, latest first: as many as show whether a machine writes them."""
    its = {"indexes": [*tx.vault.indexes(text.sender)], "kind": text.via.value, "besides": text.provider_id}
    return [Earlier(row.body, row.received_at, row.reply is not None) for row in _BEFORE.all(tx.session, its)]


def record_reply(tx: Tx, provider_id: str, *, known: bool, reply: Reply | None) -> None:
    if reply is not None:
        _check_reply(provider_id, reply)
    plain = json.dumps(to_plain(reply)) if reply else None
    _ANSWERED.each(tx.session, [{"key": provider_id, "known": known, "reply": plain}])


def put_off(tx: Tx, provider_id: str) -> None:
    """Postpone the other work for a text, so that its sender is answered first."""
    tx.session.execute(update(inbound).where(inbound.c.provider_id == provider_id).values(due_at=tx.now))
    tx.leaves_due()


def take_due(tx: Tx, provider_id: str) -> InboundText | None:
    """Take over the postponed work of a text; None if somebody else was faster."""
    mine = (inbound.c.provider_id == provider_id, inbound.c.due_at.is_not(None))
    taken = update(inbound).where(*mine).values(due_at=None).returning(inbound.c.sender, inbound.c.body)
    row = tx.session.execute(taken).first()
    if row is None:
        return None
    await_others(tx, row.sender)
    return InboundText(provider_id, row.sender, row.body)


def reply_to(session: Session, provider_id: str) -> Reply | None:
    """The reply to that text; None for silence. `Inconsistent` where what is stored is no reply."""
    plain = session.scalar(select(inbound.c.reply).where(inbound.c.provider_id == provider_id))
    if not plain:
        return None
    try:
        reply = from_plain(Reply, json.loads(plain))
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise Inconsistent("inbound", provider_id, "reply", type(fault).__name__, "what was answered") from fault
    _check_reply(provider_id, reply)
    return reply


def _check_reply(provider_id: str, reply: Reply) -> None:
    must_hold(
        "inbound",
        (provider_id, "reply"),
        (
            isinstance(reply.kind, Kind) or ("kind", reply.kind, "a kind of message"),
            reply.language != "" or ("language", reply.language, "a language"),
            reply.templates != "" or ("templates", reply.templates, "the hash of templates"),
            reply.to is None or reply.to.contact != "" or ("to", "nobody", "a contact, or none"),
        ),
    )


PUT_THROUGH, RECORDED, MISSED, CHECKED_IN = _NOTHING_RAISED = ("put through", "recorded", "missed", "checked in")
_SPOKEN = "; number spoken"
"""Suffix of the stored outcome of a call whose number was spoken."""


@value
class CallOutcome:
    """What became of a call so far: one of those above, or the reference of the incident that it raised.

    `is_spoken`: it was not put through, because its number had been put through often enough; the number to call was
    spoken instead.
    """

    what: str
    is_spoken: bool = False


def outcome_of(tx: Tx, call: InboundCall) -> CallOutcome | None:
    [stored] = _OUTCOME.scalars(tx.session, {"call": call.provider_id}) or [None]
    return None if stored is None else CallOutcome(stored.removesuffix(_SPOKEN), stored.endswith(_SPOKEN))


def raised_by(tx: Tx, call: InboundCall) -> str | None:
    """The reference of the incident that this call raised; None where it raised none."""
    outcome = outcome_of(tx, call)
    return None if outcome is None or outcome.what in _NOTHING_RAISED else outcome.what


def record_outcome(tx: Tx, call: InboundCall, what: str, *, is_spoken: bool = False) -> None:
    stored = what + (_SPOKEN if is_spoken else "")
    tx.session.execute(update(inbound).where(inbound.c.provider_id == call.provider_id).values(reply=stored))


def received_at(session: Session, call: str) -> datetime:
    """When that call came."""
    at: datetime = session.execute(select(inbound.c.received_at).where(inbound.c.provider_id == call)).scalar_one()
    return at


def wrong_keys_in(session: Session, call: str) -> WrongKeys:
    """The wrong codes that were pressed in that call."""
    row = session.execute(select(inbound.c.wrong_keys, inbound.c.keyed).where(inbound.c.provider_id == call)).one()
    return WrongKeys(row.wrong_keys or 0, tuple(row.keyed or ()))


def record_wrong_keys(session: Session, call: str, keys: WrongKeys) -> None:
    """Record the wrong codes pressed in that call so far."""
    values = {"wrong_keys": keys.tries, "keyed": list(keys.keyed)}
    session.execute(update(inbound).where(inbound.c.provider_id == call).values(values))


def unseen(tx: Tx, provider_ids: Iterable[str]) -> set[str]:
    """Those of these texts and calls that never came."""
    asked = sorted(set(provider_ids))
    seen: set[str] = set()
    for start in range(0, len(asked), MOST_AT_ONCE):
        some = asked[start : start + MOST_AT_ONCE]
        seen |= set(tx.session.scalars(select(inbound.c.provider_id).where(inbound.c.provider_id.in_(some))))
    return set(asked) - seen


def unkeyed_calls(tx: Tx, before: datetime, since: datetime) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """(provider's id, sender) of calls of known numbers between those moments that have no outcome yet.

    They are few, and read one by one: one that can't be read is given apart, with its fault.
    """
    query: Select[Any] = select(inbound.c.provider_id, inbound.c.sender).where(
        inbound.c.kind == "call",
        inbound.c.reply.is_(None),
        inbound.c.known,
        inbound.c.received_at > since,
        inbound.c.received_at <= before,
    )
    sound, faults = list[tuple[str, str]](), dict[str, str]()
    for id in tx.session.scalars(query.with_only_columns(inbound.c.provider_id)).all():
        with PutApart(faults, id):
            sound.append(_call(tx.session.execute(query.where(inbound.c.provider_id == id)).one()))
    return sound, faults


def _call(row: Row[Any]) -> tuple[str, str]:
    must_hold("inbound", (row.provider_id,), (bool(row.sender) or ("sender", row.sender, "who called"),))
    return row.provider_id, row.sender


def set_aside(tx: Tx, provider_id: str) -> None:
    """Store a text or call as from an unknown sender, so that nothing more is done with it automatically."""
    tx.session.execute(update(inbound).where(inbound.c.provider_id == provider_id).values(known=False))


NOBODY = "nobody"
"""Used as the member of a quarantined text that was read and is not to be shown again."""

_TEXT = inbound.c["provider_id", "received_at", "sender", "body"]
_QUARANTINED = (
    select(*_TEXT)
    .where(inbound.c.kind == "sms", inbound.c.known.is_(False), inbound.c.bound_to.is_(None))
    .order_by(inbound.c.received_at.desc(), inbound.c.provider_id.desc())
)


def quarantined(tx: Tx, before: tuple[datetime, str] | None, limit: int) -> Sequence[QuarantinedText]:
    """A page of quarantined texts, newest first; `before`: when the last one seen came, and its id."""
    query: Select[Any] = _QUARANTINED.limit(limit)
    if before is not None:
        query = query.where(tuple_(inbound.c.received_at, inbound.c.provider_id) < before)
    return [QuarantinedText(*tuple(row)) for row in tx.session.execute(query)]


def count_quarantined(tx: Tx) -> int:
    """How many quarantined texts wait for somebody to read them."""
    return tx.session.scalar(select(func.count()).select_from(_QUARANTINED.order_by(None).subquery())) or 0


def take_out(tx: Tx, id: str, owner: str | None) -> QuarantinedText:
    """Take a text out of quarantine as that member's, or as nobody's; only one of two simultaneous calls succeeds."""
    values = {"bound_to": owner, "known": True} if owner else {"bound_to": NOBODY}
    mine = (inbound.c.provider_id == id, inbound.c.kind == "sms")
    taken = update(inbound).where(*mine, inbound.c.known.is_(False), inbound.c.bound_to.is_(None))
    row = tx.session.execute(taken.values(values).returning(*_TEXT)).first()
    if row is not None:
        await_others(tx, row.sender)
        return QuarantinedText(*row)
    before = tx.session.scalar(select(inbound.c.bound_to).where(*mine))
    if before is None:
        raise Unknown("text in quarantine", id)
    raise WrongState(f"text {id}", f"bound to {before}", "it can be bound once")


def newest(session: Session) -> datetime | None:
    """When the latest text or call came in; None if none ever did."""
    latest: datetime | None = session.scalar(select(func.max(inbound.c.received_at)))
    return latest

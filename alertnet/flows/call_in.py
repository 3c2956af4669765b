"""A call to our number: those we know are put through to a human, a code keyed in it counts, others learn nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from alertnet.core.acknowledgement import AnswerKind, Via
from alertnet.core.contact_tree import ContactTree
from alertnet.core.disclosure import Said, Subject
from alertnet.core.notification import Kind
from alertnet.flows.case import take_up
from alertnet.flows.coordinators import tell_coordinators
from alertnet.flows.held_codes import HeldCode, open_codes
from alertnet.flows.known_numbers import contacts_at, member_at, open_incident_of
from alertnet.flows.respond import respond
from alertnet.flows.unclear_sms import may_answer, ring_once
from alertnet.store import incidents as incident_store
from alertnet.store import pinned
from alertnet.store.engine import insert_once
from alertnet.store.pinned import Edition
from alertnet.store.tables import inbound
from alertnet.store.tx import Tx

DEFAULT_LANGUAGE = "en"
NO_REF = "TEL"
"""Stands where a reference would, in an alarm about no incident."""
PUT_THROUGH, RECORDED, MISSED = "put through", "recorded", "missed"


@dataclass(frozen=True)
class CallIn:
    """A call that comes in, by the provider's id of it, from that number (E.164, or whatever the network showed)."""

    provider_id: str
    sender: str
    heard_at: datetime | None = None
    """When the provider had it, of a call that it could not bring us."""


class Asks(StrEnum):
    """What may be keyed before a call is put through."""

    CODE = "code"
    PIN = "pin"
    TYPE = "type"


@dataclass(frozen=True)
class Reception:
    """How it is received. `callback` None: a stranger, who hears one neutral sentence.

    `raised`: the reference of what the caller has just reported. `recorded`: what was recorded of a code, in words,
    with the hash of the incident's templates. `hang_ups`: calls that this has made pointless.
    """

    language: str
    callback: str | None = None
    asks: Asks | None = None
    raised: str | None = None
    recorded: Said | None = None
    templates: str | None = None
    hang_ups: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Caller:
    """Somebody known; `incident`: the latest open one that concerns them; `trees`: whose coordinators hear without."""

    id: str
    """A contact's, or a team's."""
    language: str
    callback: str
    incident: str | None = None
    codes: tuple[HeldCode, ...] = ()
    trees: tuple[ContactTree, ...] = ()
    is_coordinator: bool = False
    is_member: bool = False

    @property
    def asked(self) -> Asks | None:
        """What it may prove itself with."""
        return Asks.CODE if self.codes else Asks.PIN if self.is_member else None


def receive_call(tx: Tx, edition: Edition, call: CallIn) -> Reception:
    """Whom the call is put through to, and what is asked for before. The same call again hears the same.

    The coordinators hear of a member's call at once: it may be cut off before anything is keyed.
    """
    caller = _find(tx, edition, call.sender)
    _note(tx, call, known=caller is not None)
    if caller is None:
        languages = [tree.language for _, tree in sorted(edition.network.trees.items())]
        return Reception(languages[0] if languages else DEFAULT_LANGUAGE)
    if not caller.codes:
        _let_pass(tx, call, caller)
    return Reception(caller.language, caller.callback, caller.asked)


def miss_call(tx: Tx, edition: Edition, call: CallIn) -> None:
    """A call that nobody received, since we were away: whoever is known and called in vain is heard of all the same."""
    caller = _find(tx, edition, call.sender)
    if _note(tx, call, known=caller is not None) and caller is not None:
        keep_reply(tx, call, MISSED)
        _alarm(tx, call, caller, Subject.MISSED_CALL)


def hear_unkeyed_call(tx: Tx, edition: Edition, call: CallIn) -> None:
    """A call that ended while a code was waited for: nobody brings us its silence, and the coordinators hear of it."""
    caller = _find(tx, edition, call.sender)
    if caller is None:
        keep_reply(tx, call, MISSED)
    else:
        _let_pass(tx, call, caller)


def key_written_code(tx: Tx, edition: Edition, call: CallIn, digits: str) -> Reception:
    """A right code acknowledges. Whoever keys nothing, or another, is put through, and the coordinators are alarmed."""
    caller = _find(tx, edition, call.sender)
    if caller is None or not caller.codes:
        return receive_call(tx, edition, call)
    _note(tx, call, known=True)
    code = next((code for code in caller.codes if code.text == digits), None)
    recorded = _acknowledge(tx, call, caller, code) if code is not None else None
    if recorded is not None:
        return recorded
    _let_pass(tx, call, caller)
    return Reception(caller.language, caller.callback)


def _acknowledge(tx: Tx, call: CallIn, caller: _Caller, code: HeldCode) -> Reception | None:
    case = take_up(tx, code.incident)
    if not case.is_open or not may_answer(case, code):
        return None
    recorded = respond(case, code.tree, code.contact, AnswerKind.ACKNOWLEDGED, Via.CALL, address=call.sender)
    case.finish()
    keep_reply(tx, call, RECORDED)
    language, templates = case.contact(code.tree, code.contact).language, case.incident.templates
    return Reception(language, caller.callback, None, None, recorded.words, templates, tuple(case.hang_ups))


def _find(tx: Tx, edition: Edition, number: str) -> _Caller | None:
    """A contact that holds open codes at this number, one of the trees in force, or a member of the field."""
    held = tuple(code for code in open_codes(tx, number) if code.alarm is None)
    if held:
        latest = held[-1]
        tree = pinned.tree(tx.session, incident_store.get(tx.session, latest.incident).trees[latest.tree])
        contact = tree.contacts[latest.contact]
        return _Caller(
            contact.id, contact.language, tree.callback, latest.incident, held, is_coordinator=contact.is_coordinator
        )
    listed = contacts_at(edition.network, number)
    is_coordinator = any(contact.is_coordinator for _, contact in listed)
    # Whoever is both may have something to report.
    if field := member_at(edition.network, number):
        incident = open_incident_of(tx, number, team=field.team.id)
        owner, callback = field.team.id, field.tree.callback
        return _Caller(
            owner, field.member.language, callback, incident, (), field.trees, is_coordinator, is_member=True
        )
    for tree, contact in listed:
        trees = tuple(each for each, _ in listed)
        return _Caller(contact.id, contact.language, tree.callback, trees=trees, is_coordinator=is_coordinator)
    return None


def _let_pass(tx: Tx, call: CallIn, caller: _Caller) -> None:
    """Nothing was keyed: the coordinators are alarmed, whether an incident is open or not, unless one of them calls."""
    unheard = update(inbound).where(inbound.c.provider_id == call.provider_id, inbound.c.reply.is_(None))
    if not tx.session.execute(unheard.values(reply=PUT_THROUGH).returning(inbound.c.provider_id)).first():
        return
    if not caller.is_coordinator:
        _alarm(tx, call, caller, Subject.INBOUND_CALL)


def _alarm(tx: Tx, call: CallIn, caller: _Caller, subject: Subject) -> None:
    if caller.incident is None:
        tell_coordinators(tx, caller.trees, Kind.ALARM, subject, ref=NO_REF, about=caller.id, besides=call.sender)
        return
    case = take_up(tx, caller.incident)
    ring_once(case, subject, caller.id)
    case.finish()


def reply_to(tx: Tx, call: CallIn) -> str | None:
    """What came of the call so far."""
    return tx.session.scalar(select(inbound.c.reply).where(inbound.c.provider_id == call.provider_id))


def _note(tx: Tx, call: CallIn, *, known: bool) -> bool:
    """Put the call on the record; False when it is there already."""
    row = {
        "provider_id": call.provider_id,
        "kind": "call",
        "sender_index": tx.vault.index(call.sender),
        "sender": call.sender,
        "body": "",
        "received_at": call.heard_at or tx.now,
        "known": known,
    }
    return insert_once(tx.session, inbound, row)


def keep_reply(tx: Tx, call: CallIn, reply: str) -> None:
    """Remember what came of the call."""
    tx.session.execute(update(inbound).where(inbound.c.provider_id == call.provider_id).values(reply=reply))

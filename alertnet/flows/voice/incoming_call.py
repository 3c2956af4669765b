"""Calls to our number: known callers are put through to a human, and a code keyed in the call counts.

Strangers hear one neutral sentence.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.disclosure import NoRef, Said, Subject
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.inbound.code_formats import is_written_code
from alertnet.core.limits import PUT_THROUGHS, TEXTS_TOLD, WrongKeys
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField, contacts_at, member_at, member_listed
from alertnet.flows.credentials.written_codes import about_what_is_real, readable_codes
from alertnet.flows.escalation.record_response import Response, respond
from alertnet.flows.journeys.check_in import check_in_by_call, may_check_in_by_call
from alertnet.flows.notifications.contact_pins import needs_pin, try_contacts_pin
from alertnet.flows.notifications.floods import ring_once, rings_now, tell_drop
from alertnet.flows.notifications.number_tests import CALL, answer_by_code, is_awaited
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.notifications.wrong_codes import judge_wrong, tell_number
from alertnet.flows.unit.locked_incident import Recipient, look_at, look_closely, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, limits
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.credentials.codes import HeldCode, find_sent, open_codes, told_codes
from alertnet.store.records.editions import Edition
from alertnet.store.records.escalations import ReadEscalations
from alertnet.store.records.inbound import CHECKED_IN, MISSED, PUT_THROUGH, RECORDED, CallOutcome, InboundCall

DEFAULT_LANGUAGE = "en"
CALL_COUNTS = timedelta(minutes=15)
"""What is keyed in a call counts for so long after it came: its webhooks, brought again later, prove nothing."""


class Asks(StrEnum):
    """What a caller may be asked to key before being put through."""

    CODE = "code"
    PROOF = "proof"
    """A contact's PIN, after its code."""
    PIN = "pin"
    TYPE = "type"


@value
class KeyedIn:
    """What a caller keyed after a question.

    `try_number`: which try at a code it is, so that a webhook delivered twice counts once; None counts as a try of its
    own. `code`: the id of the code for which a PIN was asked.
    """

    digits: str
    try_number: int | None = None
    code: str = ""


@value
class Reception:
    """How to answer a call. `callback` None: a stranger, who hears one neutral sentence.

    `is_spoken`: the number to call is spoken, and the call is not put through. `try_number`: the number of the try at a
    code; from the second on the one before was wrong. `code`: the id of the code for which a PIN is asked. `raised`:
    the reference of what the caller has just reported. `recorded`: what was recorded for a code, with the hash of the
    incident's templates. `thanked`: what to say about a test that the caller has answered; the call then ends.
    """

    language: str
    callback: str | None = None
    asks: Asks | None = None
    is_spoken: bool = False
    try_number: int = 1
    code: str | None = None
    raised: str | None = None
    recorded: Said | None = None
    templates: str | None = None
    thanked: Said | None = None
    may_tell: bool = False
    """Something was raised, so the caller may tell more after a tone, where calls are recorded."""
    rings_first: bool = False
    """The call is answered only after a while, so that a missed call costs nothing."""
    takes_pin: bool = False
    """The caller may key a PIN, and so report, whatever is asked: a member may hold codes as well."""


@value
class _Caller:
    """A known caller. `incident`: the latest open one that concerns them.

    `trees`: whose coordinators are told if there is none.
    """

    id: str
    """The id of a contact, or of a team."""
    hears: Reception
    """What the caller hears, with nothing asked."""
    incident: str | None = None
    codes: tuple[HeldCode, ...] = ()
    trees: tuple[ContactTree, ...] = ()
    is_coordinator: bool = False
    field: InTheField | None = None
    """Set for a member."""
    may_be_ok: bool = False
    """A call without words may be the check-in that is awaited."""
    is_tested: bool = False
    """The code of a test of this number is awaited."""

    @property
    def asked(self) -> Asks | None:
        """What the caller may key to prove itself."""
        return Asks.CODE if self.codes or self.is_tested else Asks.PIN if self.field else None


def receive_call(tx: Tx, edition: Edition, call: InboundCall, *, is_silent: bool = False) -> Reception:
    """Answer a call: whom it is put through to, and what to ask before. The same call gets the same answer again.

    Coordinators are told of a member's call at once, because it may be cut off before anything is keyed. The exception
    is a member whose missed call may be an OK: then only once the caller `is_silent` to the end of the question.
    """
    caller = _find(tx, edition, call.sender)
    inbound.receive_call(tx, call, known=caller is not None)
    if caller is None:
        return _strangers(edition.network)
    # Nobody reports the silence of these callers to us; `hear_unkeyed_call` looks for it.
    is_waited_for = caller.asked is Asks.CODE or (caller.may_be_ok and not is_silent)
    is_spoken = False if is_waited_for else _let_pass(tx, edition, call, caller)
    return replace(caller.hears, asks=caller.asked, is_spoken=is_spoken, rings_first=caller.may_be_ok)


def pass_through(network: Network, number: str) -> Reception:
    """How to answer while the database is away: whoever the trees know is put through to a human, and proves nothing.

    Once it is back the call is found on the provider's list, and coordinators hear of it.
    """
    if field := member_listed(network, number):
        return Reception(field.member.language, field.words.callback)
    if listed := contacts_at(network, number):
        tree, contact = listed[0]
        return Reception(contact.language, tree.callback_for(contact))
    return _strangers(network)


def _strangers(network: Network) -> Reception:
    return Reception(next((tree.language for tree in network.in_order), DEFAULT_LANGUAGE))


def miss_call(tx: Tx, edition: Edition, call: InboundCall) -> None:
    """Tell the coordinators that a known caller was not answered while we were away.

    It is no check-in, since nobody knows whether the caller hung up at once or stayed on the line for help.
    """
    caller = _find(tx, edition, call.sender)
    if not inbound.receive_call(tx, call, known=caller is not None) or caller is None:
        return
    inbound.record_outcome(tx, call, MISSED)
    _prompt(tx, call, caller, Subject.MISSED_CALL)


def hear_unkeyed_call(tx: Tx, edition: Edition, call: InboundCall) -> None:
    """Tell the coordinators of a call that ended while a code was awaited; no webhook reports its silence."""
    # Every worker finds it, and its keys may come after all.
    inbound.await_others(tx, call.sender)
    if inbound.outcome_of(tx, call) is not None:
        return
    caller = _find(tx, edition, call.sender)
    if caller is None:
        inbound.record_outcome(tx, call, MISSED)
    elif caller.field is not None and check_in_by_call(tx, caller.field, tx.now).counts:
        inbound.record_outcome(tx, call, CHECKED_IN)
    else:
        _let_pass(tx, edition, call, caller, has_ended=True)


def key_written_code(tx: Tx, edition: Edition, call: InboundCall, keyed: KeyedIn) -> Reception:
    """Handle a keyed code: a right one acknowledges, a wrong one may be tried again, silence is put through."""
    caller, digits = _find(tx, edition, call.sender), keyed.digits
    if caller is None or (caller.asked is not Asks.CODE and inbound.outcome_of(tx, call) != CallOutcome(RECORDED)):
        return receive_call(tx, edition, call)
    inbound.receive_call(tx, call, known=True)
    # Take this lock before any incident's, as for callers who are put through without a code.
    limits.hold(tx, PUT_THROUGHS, call.sender)
    if digits and not inbound.wrong_keys_in(tx.session, call.provider_id).are_too_many:
        if (answered := answer_by_code(tx, call.sender, [digits], CALL)) is not None:
            inbound.record_outcome(tx, call, RECORDED)
            return replace(caller.hears, thanked=answered[1])
        code = {held.text: held for held in caller.codes}.get(digits)
        if code is not None and (recipient := _answering(tx, call, code)) is not None:
            # The number of a caller is easily forged, and a code may be read over a shoulder (A6).
            if needs_pin(recipient):
                return replace(caller.hears, asks=Asks.PROOF, code=code.id)
            return _acknowledge(call, caller, recipient)
        wrong = _count_wrong_key(tx, call, keyed, find_sent(tx, call.sender, [digits]).get(digits))
        may_try = caller.is_tested or any(held.prompt is None for held in open_codes(tx, call.sender))
        if may_try and not wrong.are_too_many:
            return replace(caller.hears, asks=Asks.CODE, try_number=wrong.tries + 1)
    return replace(caller.hears, is_spoken=_let_pass(tx, edition, call, caller))


def key_contacts_pin(tx: Tx, edition: Edition, call: InboundCall, keyed: KeyedIn) -> Reception:
    """Handle the PIN after a right code; with it the code acknowledges. After one wrong try the call is put through."""
    caller = _find(tx, edition, call.sender)
    code = next((code for code in caller.codes if code.id == keyed.code), None) if caller else None
    if caller is None or code is None:
        return receive_call(tx, edition, call)
    inbound.receive_call(tx, call, known=True)
    limits.hold(tx, PUT_THROUGHS, call.sender)
    outcome = inbound.outcome_of(tx, call)
    is_recorded = outcome is not None and outcome.what == RECORDED
    recipient = _answering(tx, call, code) if is_recorded or (keyed.digits and outcome is None) else None
    if recipient is not None:
        if is_recorded or try_contacts_pin(recipient, MethodKind.CALL.value, keyed.digits).check:
            return _acknowledge(call, caller, recipient)
        recipient.locked.finish()
    return replace(caller.hears, is_spoken=_let_pass(tx, edition, call, caller))


def _answering(tx: Tx, call: InboundCall, code: HeldCode) -> Recipient | None:
    """The contact of a code keyed in that call, its incident locked; None where the code does not count."""
    if came_long_ago(tx, call):
        return None
    locked = take_up(tx, code.incident)
    # Look again under the incident's lock, where wrong tries are counted.
    again = find_sent(tx, call.sender, [code.text]).get(code.text)
    if again is None or not again.counts or again.id != code.id:
        return None
    if again.incident != locked.incident.id:
        return _answering(tx, call, again)
    recipient = locked.recipient(code.tree, code.contact)
    return recipient if recipient.may_answer() else None


def _acknowledge(call: InboundCall, caller: _Caller, recipient: Recipient) -> Reception:
    """Record that the contact takes charge; returns what the caller hears."""
    locked = recipient.locked
    recorded = respond(recipient, Response(AnswerKind.ACKNOWLEDGED, Via.CALL, call.sender))
    locked.finish()
    return replace(
        caller.hears,
        language=recipient.contact.language,
        is_spoken=_pass(locked.tx, call, RECORDED),
        recorded=recorded.words,
        templates=locked.incident.templates,
    )


def _count_wrong_key(tx: Tx, call: InboundCall, keyed: KeyedIn, code: HeldCode | None) -> WrongKeys:
    """The wrong tries of the call so far. A code that this number was never sent counts against the number (B9)."""
    before = inbound.wrong_keys_in(tx.session, call.provider_id)
    after = before.wrong(tx.vault.code_hash(keyed.digits).hex(), keyed.try_number)
    if after != before:
        inbound.record_wrong_keys(tx.session, call.provider_id, after)
        if code is None and is_written_code(keyed.digits):
            tell_number(call.sender, judge_wrong(tx, call.sender, [keyed.digits], told_codes(tx, call.sender)))
    return after


def _find(tx: Tx, edition: Edition, number: str) -> _Caller | None:
    """Who calls: a contact with open codes at this number, a member of the field, or a contact of the trees."""
    inbound.await_others(tx, number)  # Before the journeys of a member, as for a text.
    field = member_at(tx, edition.network, number)
    if told := readable_codes(tx, number):
        return _holder_of(tx, told, field, is_tested=is_awaited(tx, number))
    listed = contacts_at(edition.network, number)
    is_coordinator = any(contact.is_coordinator for _, contact in listed)
    # A caller who is contact and member may have something to report.
    if field:
        incident = incident_store.open_of_phone(tx, number, held_by=field.team.id, team=field.team.id)
        barred = look_at(tx, incident).not_to_be_called if incident else ()
        return _Caller(
            field.team.id,
            Reception(field.member.language, field.callback(barred), takes_pin=True),
            incident,
            trees=field.trees,
            is_coordinator=is_coordinator,
            field=field,
            may_be_ok=may_check_in_by_call(tx, field),
        )
    if not listed:
        return None
    tree, contact = listed[0]
    return _Caller(
        contact.id,
        Reception(contact.language, tree.callback_for(contact)),
        trees=tuple(each for each, _ in listed),
        is_coordinator=is_coordinator,
        is_tested=is_awaited(tx, number),
    )


def _holder_of(tx: Tx, told: Sequence[HeldCode], field: InTheField | None, *, is_tested: bool) -> _Caller:
    """The contact whose number was sent those codes; it may be a member as well."""
    held = tuple(code for code in told if code.counts and code.prompt is None)
    # A call without a code during a drill is about what is real (A12).
    real = about_what_is_real(tx, told)
    about = real or told
    # A caller who is locked out, or only ever had an alarm's code, still belongs to its incident.
    own = [code for code in about if code in held] or [code for code in about if code.prompt is None]
    latest = (own or about)[-1]
    locked = look_closely(tx, incident_store.get(tx.session, latest.incident), ReadEscalations())
    tree, contact = locked.tree(latest.tree), locked.contact(latest.tree, latest.contact)
    callback = tree.callback_for(contact, locked.not_to_be_called)
    return _Caller(
        contact.id,
        Reception(contact.language, callback, takes_pin=field is not None),
        latest.incident if real else None,
        held,
        trees=(tree,),
        is_coordinator=contact.is_coordinator,
        field=field,
        is_tested=is_tested,
    )


def _let_pass(tx: Tx, edition: Edition, call: InboundCall, caller: _Caller, *, has_ended: bool = False) -> bool:
    """Let a caller pass who keyed nothing. Coordinators are alarmed, unless one of them is calling.

    Until the call `has_ended`, the telephone that it will be put through to is left free.

    True where the number to call is spoken instead of putting the call through.
    """
    is_new = inbound.outcome_of(tx, call) is None
    is_spoken = _pass(tx, call, PUT_THROUGH)
    if is_new and not caller.is_coordinator:
        _prompt(tx, call, caller, Subject.INBOUND_CALL, engaged=None if has_ended else caller.hears.callback)
    if is_new and is_spoken:
        tell_drop(tx, edition.network, PUT_THROUGHS)
    return is_spoken


def _pass(tx: Tx, call: InboundCall, what: str) -> bool:
    """Record the outcome and count the put-through.

    True where the limit is reached and the number is spoken instead.
    """
    before = inbound.outcome_of(tx, call)
    if before is not None:
        return before.is_spoken
    is_spoken = not limits.use(tx, PUT_THROUGHS, call.sender)
    inbound.record_outcome(tx, call, what, is_spoken=is_spoken)
    return is_spoken


def _prompt(tx: Tx, call: InboundCall, caller: _Caller, subject: Subject, *, engaged: str | None = None) -> None:
    """Alarm the coordinators of the caller's incident; without one a phone's first call rings, others wait a while."""
    locked = take_up(tx, caller.incident) if caller.incident else None
    if locked is not None and locked.is_open:
        ring_once(locked, subject, caller.id)
        locked.finish()
    elif (told_at := limits.tell_at(tx, TEXTS_TOLD, call.sender)) is not None:
        kind = Kind.ALARM if rings_now(tx, told_at, is_contact=caller.field is None) else Kind.NOTICE
        announced = Announcement(kind, subject, NoRef.CALL, caller.id)
        tell_coordinators(tx, caller.trees, announced, besides=call.sender, engaged=engaged, leaves_at=told_at)


def came_long_ago(tx: Tx, call: InboundCall) -> bool:
    """Whether a call that is stored came so long ago that nothing keyed in it counts any more."""
    return inbound.received_at(tx.session, call.provider_id) + CALL_COUNTS < tx.now

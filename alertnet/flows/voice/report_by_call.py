"""Reports by call: a member's PIN raises the alarm at once, and the type keyed after it says of what (B4).

The PIN alone is enough, since a call may be cut off at any moment. It decides whether the report counts as verified,
not what the caller hears.
"""

from dataclasses import replace
from datetime import timedelta

from alertnet.core.disclosure import Subject
from alertnet.core.inbound.code_formats import is_pin
from alertnet.core.inbound.field_report import UNKNOWN_TYPE, add_to
from alertnet.core.inbound.sms_grammar import Report
from alertnet.core.incident import IN_CUSTODY, TYPES_BY_NUMBER, IncidentType, Severity
from alertnet.core.notification import PromptAnswer, PromptKind
from alertnet.flows.credentials.known_numbers import member_at
from alertnet.flows.escalation.escalate import apply_facts
from alertnet.flows.incidents.merged_reports import mark_anew
from alertnet.flows.notifications import prompts
from alertnet.flows.notifications.floods import ring_once
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.report_by_sms import raise_alarm
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.voice.incoming_call import Asks, KeyedIn, Reception, came_long_ago, key_written_code, receive_call
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, incidents
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundCall, InboundText

TO_KEY_TYPE = timedelta(minutes=1)
"""A caller who has neither keyed the type nor been put through by then has hung up, or was cut off."""


def key_code_or_pin(tx: Tx, edition: Edition, call: InboundCall, keyed: KeyedIn) -> Reception:
    """Handle keys where a code was asked for: a PIN reports, because a member may also hold codes, as when on duty."""
    if is_pin(keyed.digits) and member_at(tx, edition.network, call.sender) is not None:
        return key_pin(tx, edition, call, keyed)
    return key_written_code(tx, edition, call, keyed)


def key_pin(tx: Tx, edition: Edition, call: InboundCall, keyed: KeyedIn) -> Reception:
    """Raise the alarm whatever is keyed; only a true PIN verifies it. Silence is put through."""
    received = replace(receive_call(tx, edition, call, is_silent=not keyed.digits), rings_first=False)
    sender = member_at(tx, edition.network, call.sender)
    if sender is None or not received.takes_pin:
        return received
    if not keyed.digits:
        return replace(received, asks=None)
    if raised := inbound.raised_by(tx, call):
        return replace(received, asks=Asks.TYPE, raised=raised)
    if came_long_ago(tx, call):
        return replace(received, asks=None)
    without_words = FieldText(tx, edition, sender, InboundText(call.provider_id, call.sender, body=""))
    locked, _ = raise_alarm(without_words, Report(panic=False, pin=keyed.digits))
    ref = locked.ref_raised_from(call.sender)
    inbound.record_outcome(tx, call, ref, is_spoken=received.is_spoken)
    _await_type(locked, sender.team.id)
    return replace(received, asks=Asks.TYPE, raised=ref)


def key_type(tx: Tx, edition: Edition, call: InboundCall, keyed: KeyedIn) -> Reception:
    """Handle the two digits of the type; then the call is put through, whatever was keyed."""
    received = receive_call(tx, edition, call)
    raised, type = inbound.raised_by(tx, call), _type(keyed.digits)
    if not received.takes_pin or raised is None:
        return replace(received, asks=None, may_tell=raised is not None)
    locked = take_up(tx, incidents.id_of(tx, raised, own=True))
    if locked.is_open:
        # Whoever stayed on the line, as the question says, was not cut off: a person hears what it is.
        prompts.answer_each(locked, lambda prompt: prompt.is_call_cut, PromptAnswer.OVERTAKEN)
        if type is not None:
            _make_known(locked, type)
    locked.finish()
    return replace(received, asks=None, may_tell=True)


def end_telling(tx: Tx, edition: Edition, call: InboundCall, _: KeyedIn) -> Reception:
    """Put the call through after the member has told what there was to tell."""
    return replace(receive_call(tx, edition, call, is_silent=True), asks=None, rings_first=False)


def _await_type(locked: LockedIncident, team: str) -> None:
    """Ring in a minute, and take it for an SOS, if the call ends before it is known what has happened (B4)."""
    is_unknown = locked.facts.type == UNKNOWN_TYPE and locked.facts.severity is not Severity.CRITICAL
    is_awaited = any(prompt.is_call_cut for prompt in prompts.open_prompts(locked))
    if locked.is_open and is_unknown and not is_awaited:
        at = locked.tx.now + TO_KEY_TYPE
        prompts.raise_prompt(locked, PromptKind.ALARM, Subject.INBOUND_CALL, about=team, rings_at=at, automatic_at=at)
    locked.finish()


def _type(digits: str) -> IncidentType | None:
    return TYPES_BY_NUMBER.get(int(digits)) if len(digits) == 2 and digits.isascii() and digits.isdigit() else None


def _make_known(locked: LockedIncident, type: IncidentType) -> None:
    """Record the type. The first one stands, and severity only rises."""
    mark_anew(locked, field_silent=type.code in IN_CUSTODY)
    known = add_to(locked.facts, replace(locked.facts, type=type.code, severity=type.severity, details=None), None)
    if known == locked.facts:
        return
    locked.record("type_keyed", type=type.code)
    apply_facts(locked, known)
    ring_once(locked, Subject.TYPE_KNOWN, known.team or locked.incident.ref)

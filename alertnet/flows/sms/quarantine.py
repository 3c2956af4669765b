"""Texts of unknown numbers: coordinators are told of them and say whose they are; the sender learns nothing.

Once bound to a member such a text does what it would have done from that member's own phone; its reply is not sent.
"""

from collections.abc import Iterable
from dataclasses import replace

import phonenumbers

from alertnet.core.directory.contact_tree import ContactTree, Network
from alertnet.core.disclosure import NoRef, Subject
from alertnet.core.errors import BadInput
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.sms_grammar import parse_report
from alertnet.core.limits import ALL_STRANGER_ALARMS, ALL_STRANGERS_TOLD, STRANGER_ALARMS, STRANGERS_TOLD, Limit
from alertnet.core.notification import Kind
from alertnet.flows.credentials.known_numbers import InTheField, in_own_language, member_of
from alertnet.flows.credentials.pins import shown, without_numbers
from alertnet.flows.notifications.floods import EVERYBODY
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.sms.coerced_text import hear_duress, is_coerced
from alertnet.flows.sms.field_text import FieldText
from alertnet.flows.sms.member_texts import hear_report, read_member
from alertnet.flows.sms.unclear_sms import pass_on_from_member
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.records import inbound, incidents, limits, timeline
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import InboundText, QuarantinedText

BOUND = "message_bound"
DROPPED = "message_dropped"


def tell_of_stranger(tx: Tx, network: Network, sms: InboundText) -> Limit | None:
    """Tell the coordinators that an unknown number wrote; it rings where that may be a member on a borrowed phone.

    Returns the limit that has no room for such an alarm, or None; then one alarm rings later for all of them.
    """
    report = parse_report(sms.body)
    trees = _serving(network, sms.sender)
    if report is not None and report.verb is FieldVerb.RAISE:
        return _alarm(tx, trees, sms.sender)
    if limits.use(tx, STRANGERS_TOLD, sms.sender) and limits.use(tx, ALL_STRANGERS_TOLD, EVERYBODY):
        tell_coordinators(tx, trees, Announcement(Kind.NOTICE, Subject.UNKNOWN_NUMBER, NoRef.TEXT))
    return None


def to_show(texts: Iterable[QuarantinedText]) -> list[QuarantinedText]:
    """The texts as people may read them: with dots in place of every number that could be a PIN.

    Nobody knows yet whose a text is; once bound, it shows every number that is no PIN of its sender.
    """
    return [replace(each, text=without_numbers(each.text)) for each in texts]


def bind_text(tx: Tx, edition: Edition, id: str, team: str, member: str, *, by: str) -> LockedIncident:
    """Bind a text in quarantine to a member: it reports, joins what the team has open, or is put before people.

    Returns the incident, or text, in which it is now. Refused once it was bound.
    """
    sender = in_own_language(tx, _member(edition.network, team, member))
    text = inbound.take_out(tx, id, sender.owner)
    # The report keeps the phone that it was written on, so that a call back does not ring at another.
    sender = replace(sender, member=replace(sender.member, phone=text.number), is_borrowed=True)
    hidden = shown(tx, [sender.owner], text.text, text.number)
    sms = InboundText(id, text.number, hidden.text, heard_at=text.at)
    from_member = FieldText(tx, edition, sender, sms, is_forced=bool(hidden.forced))
    _hear(from_member, text.text)
    last = incidents.open_of_phone(tx, text.number, team=team)
    if last is None:
        # It had its effect, but nothing is open, so people read it all the same.
        pass_on_from_member(from_member, Subject.NOT_UNDERSTOOD)
        last = incidents.open_of_phone(tx, text.number, team=team)
    assert last is not None
    locked = take_up(tx, last)
    locked.record(BOUND, message=id, to=sender.owner, by=by)
    return locked


def drop_text(tx: Tx, id: str, *, by: str) -> None:
    """Drop a text in quarantine that somebody has read; it is not shown any more.

    Refused once it was bound or dropped.
    """
    inbound.take_out(tx, id, None)
    timeline.note(tx, DROPPED, message=id, by=by)


def _hear(text: FieldText, written: str) -> None:
    """Do what the text would have done from the member's own phone; no reply is sent."""
    report = read_member(text, written)
    if report is not None and hear_report(text, report)[0]:
        return
    is_forced = is_coerced(text, report)
    pass_on_from_member(text, Subject.NOT_UNDERSTOOD)
    if is_forced:
        hear_duress(text, report)


def _alarm(tx: Tx, trees: tuple[ContactTree, ...], number: str) -> Limit | None:
    """Ring the coordinators of these trees once there is room; returns the limit for all numbers if it has none now.

    That one number writes twice within minutes is no flood.
    """
    own_at = limits.tell_at(tx, STRANGER_ALARMS, number)
    if own_at is None:
        return None
    at = limits.tell_at(tx, ALL_STRANGER_ALARMS, " ".join(tree.id for tree in trees))
    if at is None:
        return ALL_STRANGER_ALARMS
    announced = Announcement(Kind.ALARM, Subject.UNKNOWN_NUMBER, NoRef.TEXT)
    tell_coordinators(tx, trees, announced, leaves_at=max(own_at, at))
    return ALL_STRANGER_ALARMS if at > tx.now else None


def _member(network: Network, team: str, member: str) -> InTheField:
    if team not in network.teams:
        raise BadInput("team", team, sorted(network.teams) or "nothing: teams.yaml has no team")
    found = member_of(network, team, member)
    if not found:
        raise BadInput("member", member, sorted(network.teams[team].members))
    return found[0]


def _serving(network: Network, number: str) -> tuple[ContactTree, ...]:
    """The trees that serve the country of the number; all trees where none does."""
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        country = None
    return network.serving_or_all(country) if country else network.in_order

"""The all-clear: tells everybody who may have been told of the incident that it is over, or goes on after all.

Those who certainly heard nothing get none, and a phone in two trees gets one. What is on its way at the close is
settled by its sender.
"""

from dataclasses import replace
from datetime import datetime

from alertnet.core.directory.contact import WRITTEN, Contact, Method, MethodKind
from alertnet.core.disclosure import Said, Subject
from alertnet.core.incident import CloseReason
from alertnet.core.notification import ALERTS, URGENT, AttemptStatus, Kind
from alertnet.flows.notifications.cancel_messages import cancel
from alertnet.flows.notifications.compose import drafts, said
from alertnet.flows.unit.locked_incident import LockedIncident, Recipient
from alertnet.store.queues import incident_attempts
from alertnet.store.records import answers

BY_ANY = WRITTEN | {MethodKind.CALL}

RUNG = URGENT | {Kind.NOTICE}
"""The kinds whose recipients get the all-clear; coordinators may have had only an alarm, a decision or a notice."""

HowTold = dict[tuple[str, str], set[tuple[str, str]]]
"""By (tree, contact), the (method, address) by which somebody was told."""


def stand_down(locked: LockedIncident) -> None:
    """Tell everybody who may have been told or called that it is over, or was a false alarm."""
    _tell(locked, _all_clear(locked.incident.close_reason), _told(locked, RUNG))


def who_hears_close(locked: LockedIncident) -> list[tuple[str, str]]:
    """(tree, contact) of those who would be told that it is over."""
    return sorted(_told(locked, RUNG))


def who_hears_news(locked: LockedIncident) -> list[tuple[str, str]]:
    """(tree, contact) of those who would be told that there is news."""
    return sorted(_hear_news(locked))


def words_of_close(recipient: Recipient, reason: CloseReason) -> tuple[Kind, Said]:
    """What that contact would be told if the incident were closed for that reason now."""
    return _all_clear(reason), _words(recipient, reason)


def tell_late(locked: LockedIncident, notification: str) -> None:
    """Tell a contact whose alert is found to have left, or perhaps to have, after the incident was closed."""
    closed_at = locked.incident.closed_at
    if locked.is_open or closed_at is None:
        return
    all_clears = incident_attempts.all_clears(locked.tx.session, locked.incident.id, closed_at)
    heard = {name for each in all_clears for name in locked.recipient(each.tree, each.contact).names}
    told = {who: used for who, used in _told(locked, ALERTS, notification).items() if who not in heard}
    _tell(locked, _all_clear(locked.incident.close_reason), told)


def tell_of_news(locked: LockedIncident) -> None:
    """Tell each contact that was told of the incident, and nobody else, that there is news.

    It uses the number or address by which the contact was reached; a contact without a written method is called.
    """
    _tell(locked, Kind.UPDATE, _hear_news(locked))


def undo_stand_down(locked: LockedIncident, closed_at: datetime) -> None:
    """Undo the all-clear: cancel what was not sent yet, and tell those who may have had it by the same method."""
    heard: HowTold = {}
    for each in incident_attempts.all_clears(locked.tx.session, locked.incident.id, closed_at):
        if each.status == AttemptStatus.QUEUED:
            cancel(locked, each, each.contact)
        elif each.may_have_been_heard:
            heard.setdefault((each.tree, each.contact), set()).add((each.method, each.address))
    for name, used in sorted(heard.items()):
        recipient = locked.recipient(*name)
        words = replace(said(recipient), subject=Subject.REOPENED, at=locked.tx.now)
        by_the_same = replace(recipient, contact=_by_the_same(recipient.contact, used))
        locked.work.post_once(drafts(by_the_same, Kind.CORRECTION, words, BY_ANY))


def _hear_news(locked: LockedIncident) -> HowTold:
    """Those who were told of the incident and are still contacts."""
    return {name: used for name, used in _told(locked, ALERTS).items() if not locked.contact(*name).former}


def _all_clear(reason: CloseReason | None) -> Kind:
    return Kind.CORRECTION if reason is CloseReason.FALSE_ALARM else Kind.STAND_DOWN


def _tell(locked: LockedIncident, kind: Kind, told: HowTold) -> None:
    for name, used in sorted(told.items()):
        recipient = locked.recipient(*name)
        as_told = replace(recipient, contact=_contact_as_told(recipient.contact, used))
        locked.work.post_once(drafts(as_told, kind, _words(recipient, locked.incident.close_reason), BY_ANY))


def _words(recipient: Recipient, reason: CloseReason | None) -> Said:
    return replace(said(recipient), reason=reason, subject=Subject.NEWS, at=recipient.locked.tx.now)


def _contact_as_told(contact: Contact, used: set[tuple[str, str]]) -> Contact:
    """The contact with the written methods it was told by; with all written ones where it was only called.

    A number or address that it no longer has, or that was erased, is left out.
    """
    chosen = [each for each in _as_used(contact, used) if each.kind in WRITTEN and each.address not in contact.left]
    written = [method for method in contact.methods if method.kind in WRITTEN]
    calls = [method for method in contact.methods if method.kind is MethodKind.CALL][:1]
    return replace(contact, methods=tuple(chosen or written or calls), when_closed=())


def _by_the_same(contact: Contact, used: set[tuple[str, str]]) -> Contact:
    """The contact with only the methods that were used; where that was erased, with those of the same kind."""
    there = _as_used(contact, used)
    erased = {kind for kind, address in used if not address} - {method.kind.value for method in there}
    there += [method for method in contact.methods if method.kind.value in erased]
    return replace(contact, methods=tuple(there), when_closed=())


def _as_used(contact: Contact, used: set[tuple[str, str]]) -> list[Method]:
    """The methods that were used and not erased, as the contact has them: not every number takes a link."""
    known = {(method.kind.value, method.address): method for method in contact.at_hand}
    return [known.get(each, Method(MethodKind(each[0]), each[1])) for each in sorted(used) if each[1]]


def _told(locked: LockedIncident, kinds: frozenset[Kind], notification: str | None = None) -> HowTold:
    told: HowTold = {}
    strangers = locked.strangers
    for each in incident_attempts.heard(locked.tx.session, locked.incident.every_id, kinds, notification):
        if each.address not in strangers:
            name = locked.recipient(each.tree, each.contact).as_known_now.name
            told.setdefault(name, set()).add((each.method, each.address))
    if notification is None:
        _add_vouched(locked, told)
    return told


def _add_vouched(locked: LockedIncident, told: HowTold) -> None:
    """Add those whom a coordinator reached before any alert did: they have answered, by no method of ours."""
    for answer in answers.current_answers(locked.tx.session, locked.incident.every_id):
        recipient = locked.recipient(answer.tree, answer.contact).as_known_now
        if told.keys().isdisjoint(recipient.names):
            told[recipient.name] = set()

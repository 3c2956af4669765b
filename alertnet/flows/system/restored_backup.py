"""After a restored backup: what would be done a second time is held, looked up, and reported (A5, A12, B7).

Incidents lost with the database are reconstructed from what the provider sent for them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alertnet.core.codec import replace, value
from alertnet.core.delivery.provider_routes import PROVIDERS, Route
from alertnet.core.directory.contact import WRITTEN
from alertnet.core.disclosure import NoRef, Subject
from alertnet.core.inbound.code_formats import refs_and_codes_in
from alertnet.core.notification import AttemptStatus, Kind, PromptKind
from alertnet.flows.credentials.known_numbers import contacts_at, member_at, said_by
from alertnet.flows.notifications.prompts import open_prompts, raise_prompt
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.sending.locked_attempt import lock_attempt
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, inbound_polls, last_activity
from alertnet.store.monitoring.last_activity import Declaration
from alertnet.store.records import inbound, timeline
from alertnet.store.records.credentials import lost_codes
from alertnet.store.records.credentials.codes import find_sent
from alertnet.store.records.credentials.lost_codes import LostCode
from alertnet.store.records.editions import Edition
from alertnet.store.records.inbound import Addressee, InboundText, Reply

CODE = "restored"

MOST_NAMED = 10
"""The most lost incidents for which a message of its own says who was told."""

LostIncidents = Mapping[str, Sequence[str]]
"""Lost incidents by reference, with those who were told: ids of contacts, or the end of a number."""


@value
class SentText:
    """A message that left our number since the backup."""

    to: str
    text: str


def hold_back(tx: Tx, taken_at: datetime | None, by: str, inbound_routes: Sequence[Route]) -> Declaration:
    """Keep old messages from leaving at once, and record that, unless it was already done.

    `taken_at` None: as was said before, else the newest moment in the database. `inbound_routes`: those by which texts
    and calls may have come in since, to be looked for.
    """
    # Every worker that begins on it finds out by itself.
    inbound.await_others(tx, CODE)
    declared = last_activity.declared(tx.session, taken_at)
    if declared is None or taken_at not in (None, declared.taken_at):
        declared = _declare(tx, taken_at or last_activity.newest(tx.session) or tx.now, by)
    if declared.is_over:
        return declared
    last_activity.hold_queues(tx, tx.now + heartbeats.HELD_FOR, sends_from_before=declared.at)
    inbound_polls.rewind(tx, inbound_routes, declared.taken_at)
    return declared


def mark_unknown(tx: Tx, attempt_id: str, taken_at: datetime) -> None:
    """Mark an attempt that was queued in the backup and has probably left since: the provider is asked first (A5).

    If a clock that was ahead has queued it, it is looked for since the backup was taken.
    """
    attempt = lock_attempt(tx, attempt_id)
    if attempt is None or attempt.status is not AttemptStatus.QUEUED:
        return
    queued_at, turned_away_by = attempt.found.created_at, attempt.found.provider
    # It went to another then, from whatever number.
    other = next((each for each in PROVIDERS if each != turned_away_by), None) if turned_away_by else None
    attempt.change(started_at=queued_at if queued_at <= tx.now else taken_at, provider=other, sender=None)
    attempt.unsure(CODE)
    attempt.finish()


def alarm_about(tx: Tx, incident_id: str, taken_at: datetime) -> None:
    """Alarm the coordinators of an incident that goes on: answers by call, page or API can't be fetched again."""
    locked = take_up(tx, incident_id)
    if all(prompt.subject != Subject.RESTORED.value for prompt in open_prompts(locked)):
        raise_prompt(locked, PromptKind.ALARM, Subject.RESTORED, about=_moment(taken_at))
    locked.finish()


def remember(tx: Tx, edition: Edition, sent: Sequence[SentText]) -> dict[str, tuple[str, ...]]:
    """Store codes unknown here, so that none is taken for another's; returns the unknown incidents.

    Calling it again changes nothing.
    """
    found = [(each.to, *refs_and_codes_in(each.text)) for each in sent]
    unknown = lost_codes.unknown_refs(tx.session, {ref for _, refs, _ in found for ref in refs})
    told: dict[str, dict[str, None]] = {}
    for to, refs, codes in found:
        known = find_sent(tx, to, codes) if codes else {}
        for ref in refs[:1]:
            lost_codes.keep(tx, ref, to, [code for code in codes if code not in known])
        for ref in refs:
            if ref in unknown:
                told.setdefault(ref, {})[_who(tx, edition, to)] = None
    return {ref: tuple(names) for ref, names in sorted(told.items())}


def tell_everybody(tx: Tx, edition: Edition, taken_at: datetime, told: LostIncidents) -> None:
    """Tell all coordinators that incidents raised since the backup are lost. This is the last step, done once.

    `told`: those named by the provider's records; of each it is said who had been told.
    """
    inbound.await_others(tx, CODE)
    declared = last_activity.declared(tx.session)
    if declared is None or declared.is_over:
        return
    trees, subject = tuple(edition.network.trees.values()), Subject.LOST_REPORTS if told else Subject.RESTORED
    tell_coordinators(tx, trees, Announcement(Kind.ALARM, subject, NoRef.BACKUP, _moment(taken_at), tuple(told)))
    for ref in list(told)[:MOST_NAMED]:
        named = Announcement(Kind.ALARM, Subject.LOST_INCIDENT, ref, names=tuple(told[ref]))
        # What has just rung says that there are some.
        tell_coordinators(tx, trees, named, by=WRITTEN)
    lost = {ref: list(names) for ref, names in told.items()}
    timeline.note(tx, last_activity.MADE_KNOWN, taken_at=taken_at.isoformat(), lost=lost)


def pass_on_answer(tx: Tx, edition: Edition, sms: InboundText, found: Mapping[str, LostCode]) -> Reply | None:
    """Handle a text with a code of a lost incident: the first alarms the coordinators, and each is recorded."""
    ref, is_new = next((each.ref, each.is_new) for each in found.values())
    listed, who = contacts_at(edition.network, sms.sender), _who(tx, edition, sms.sender)
    trees = [tree for tree, _ in listed] or list(edition.network.trees.values())
    timeline.note(tx, "lost_incident_answered", ref=ref, by=who, text=sms.body, at=(sms.heard_at or tx.now).isoformat())
    kind = Kind.ALARM if is_new else Kind.NOTICE
    tell_coordinators(tx, trees, Announcement(kind, Subject.LOST_ANSWER, ref, who), besides=sms.sender)
    for each in {code.ref for code in found.values()}:
        lost_codes.note_answer(tx, sms.sender, each)
    if not listed:
        return None
    tree, contact = listed[0]
    words = replace(said_by(tree, contact), ref=ref)
    return Reply(Kind.NOT_UNDERSTOOD, contact.language, words, edition.templates, to=Addressee(contact.id, tree.id))


def _declare(tx: Tx, taken_at: datetime, by: str) -> Declaration:
    queued = len(last_activity.queued(tx, before=tx.now))
    timeline.note(tx, last_activity.RESTORED, taken_at=taken_at.isoformat(), queued=queued, by=by)
    heartbeats.note(tx, heartbeats.RESTORED)
    return Declaration(taken_at, tx.now, queued, is_over=False)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _who(tx: Tx, edition: Edition, number: str) -> str:
    """Whose number it is, or its end."""
    if listed := contacts_at(edition.network, number):
        return listed[0][1].id
    sender = member_at(tx, edition.network, number)
    return sender.owner if sender else f"..{number[-2:]}"

"""Missed check-ins: the team is reminded, coordinators are asked to call, an incident is opened, and escalates (B4).

While nothing can be received, nothing counts as missed: that time is a gap in the journey, and the coordinators are
told why.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.disclosure import NoRef, Subject
from alertnet.core.inbound.on_the_road.journey import Journey, JourneyStep, deafened, take_steps
from alertnet.core.incident import TYPES, Affected, Certainty, Facts, Severity
from alertnet.core.limits import TEXTS_TOLD
from alertnet.core.notification import Kind, PromptKind
from alertnet.flows.credentials.known_numbers import InTheField, in_own_language, member_at, member_of
from alertnet.flows.escalation.escalate import apply_news, tell_more
from alertnet.flows.incidents.open_incident import open_incident
from alertnet.flows.journeys.check_in import open_incident_of
from alertnet.flows.notifications.field_reassurance import must_be_left_alone
from alertnet.flows.notifications.prompts import raise_prompt
from alertnet.flows.notifications.system_notices import RANKS, Announcement, tell_coordinators
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import troubles
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.records import inbound, incidents, limits, timeline
from alertnet.store.records.editions import Edition
from alertnet.store.records.notifications import NotificationDraft

TYPE = "missed_check_in"
BY = "journey"
"""Who raised the incident, for its history."""
LOOK_AGAIN = timedelta(minutes=1)
"""How often to look while nothing can be received."""


def miss_check_in(tx: Tx, edition: Edition, id: str) -> None:
    """Take the steps of a journey that are due, unless nothing can be received just now."""
    _await_phone(tx, edition.network, id)
    stored = journeys.hold(tx, id)
    if stored.due_at is None or stored.due_at > tx.now:
        return
    deaf_since = troubles.deaf_since(tx.session)
    if deaf_since is not None:
        # If no process ran when the step fell due, nothing that came until then was received.
        _wait(tx, edition, stored, min(deaf_since, stored.due_at))
        return
    steps, after = take_steps(_without_deaf_time(tx, stored.journey), tx.now)
    for step in steps:
        timeline.note(tx, "check_in_missed", of=stored.journey.owner, step=step.value)
        stored = _STEPS[step](tx, edition, stored)
    journeys.save(tx, id, after, incident=stored.incident)


def _await_phone(tx: Tx, network: Network, id: str) -> None:
    """Wait until nothing of its phone is being heard: what that raises at this moment is rung in, and no second."""
    awaited = journeys.find(tx.session, id)
    phone = _phone_of(tx, network, awaited.journey) if awaited else None
    if phone is not None:
        inbound.await_others(tx, phone)


def _tell_of(
    tx: Tx, edition: Edition, journey: Journey, subject: Subject, *, leaves_at: datetime | None = None
) -> None:
    """Alarm the coordinators of the journey's country about the people on it."""
    trees = edition.network.serving_or_all(journey.country)
    announced = Announcement(Kind.ALARM, subject, NoRef.TEXT, journey.owner)
    tell_coordinators(tx, trees, announced, leaves_at=leaves_at)


def is_left_alone(tx: Tx, member: InTheField) -> bool:
    """Whether nothing may be sent there: a silent phone, one that somebody else may hold, or a team under duress."""
    return member.member.silent or must_be_left_alone(tx, member.member.phone, member.team.id)


def write_to(tx: Tx, reader: InTheField, subject: Subject, awaited: str | None = None) -> None:
    """Send a text of our own to a phone of the field, unless it is to be left alone."""
    if is_left_alone(tx, reader):
        return
    reader = in_own_language(tx, reader)
    work = UnitOfWork(tx)
    work.post(
        NotificationDraft(
            kind=Kind.FIELD_STATUS,
            contact=reader.owner,
            method=MethodKind.SMS,
            address=reader.member.phone,
            language=reader.member.language,
            said=replace(reader.words, subject=subject, awaited=awaited),
            planned_at=tx.now,
            rank=RANKS[Kind.ALARM],
            tree=reader.tree.id,
        )
    )
    work.flush()


def _without_deaf_time(tx: Tx, journey: Journey) -> Journey:
    """The journey without the time when nothing could be received, though that is over by now."""
    expected_at = journey.awaited.expected_at
    for began_at, over_at in troubles.deaf_times(tx.session, expected_at):
        journey = deafened(journey, max(began_at, expected_at), over_at)
    return journey


def _wait(tx: Tx, edition: Edition, stored: StoredJourney, since: datetime) -> None:
    """Count nothing as missed for another while; the coordinators are told once whom to call instead."""
    journey = stored.journey
    begins_at = max(since, journey.awaited.expected_at)
    if not any(gap.begins_at <= begins_at <= gap.ends_at for gap in journey.gaps):
        told_at = limits.tell_at(tx, TEXTS_TOLD, f"{Subject.BLIND} {journey.country}")
        if told_at is not None:
            _tell_of(tx, edition, journey, Subject.BLIND, leaves_at=told_at)
    journeys.save(tx, stored.id, deafened(journey, begins_at, tx.now + LOOK_AGAIN))


def _remind(tx: Tx, edition: Edition, stored: StoredJourney) -> StoredJourney:
    """Ask the field once more; whoever has raised an alarm meanwhile is not asked whether all is well."""
    journey = stored.journey
    for each in member_of(edition.network, journey.team, journey.member):
        raised = incidents.open_of_phone(tx, each.member.phone, since=journey.silent_since)
        if raised is not None and not incidents.get(tx.session, raised).facts.lone_text:
            continue
        if journey.roll_call is not None:
            write_to(tx, each, Subject.ROLL_CALL)
        else:
            write_to(tx, each, Subject.CHECK_IN_DUE, journey.awaited.shown(tx.now, home=each.words.timezone))
    return stored


def _ask(tx: Tx, edition: Edition, stored: StoredJourney) -> StoredJourney:
    _tell_of(tx, edition, stored.journey, Subject.CHECK_IN_MISSED)
    return stored


def _raise(tx: Tx, edition: Edition, stored: StoredJourney) -> StoredJourney:
    """Open an incident, or ring in the one that the phone has raised since it set out or was heard of last.

    It waits for a coordinator before others are told. What is older may be taken care of, and tells others.
    """
    facts, since = _facts(tx, edition, stored.journey), stored.journey.silent_since
    known = incidents.open_of_phone(tx, facts.raised_from, since=since) if facts.raised_from else None
    locked = take_up(tx, known) if known else None
    if locked is not None and locked.is_open and not locked.facts.lone_text:
        _ring(locked, stored.journey)
    else:
        locked = open_incident(tx, edition, facts, by=BY)
        locked.record("check_in_missed", of=stored.journey.owner)
    locked.finish()
    return replace(stored, incident=locked.incident.id)


def _grow(tx: Tx, edition: Edition, stored: StoredJourney) -> StoredJourney:
    """Make the incident critical after twice the silence, unless it is closed or purged."""
    locked = open_incident_of(tx, stored)
    if locked is not None:
        apply_news(locked, replace(locked.facts, severity=Severity.CRITICAL), by=BY)
        _ring(locked, stored.journey)
        locked.finish()
    return stored


def _ring(locked: LockedIncident, journey: Journey) -> None:
    locked.record("check_in_missed", of=journey.owner)
    raise_prompt(locked, PromptKind.ALARM, Subject.CHECK_IN_MISSED, about=journey.owner)
    tell_more(locked)


def _phone_of(tx: Tx, network: Network, journey: Journey) -> str | None:
    """The phone of the one who is awaited; the one before of who was taken out of the teams, unless a member has it."""
    readers, left = member_of(network, journey.team, journey.member), journey.announced_by
    if readers:
        return readers[0].member.phone if journey.member else None
    return left.phone if left is not None and member_at(tx, network, left.phone) is None else None


def _facts(tx: Tx, edition: Edition, journey: Journey) -> Facts:
    """What is known of somebody who is not heard of: where they were last, and where they were going (codes).

    Who was taken out of the teams on the road is called at the number that it had, and nothing of ours goes there.
    """
    readers = member_of(edition.network, journey.team, journey.member)
    reader = in_own_language(tx, readers[0]) if readers else None
    left = journey.announced_by if reader is None else None
    return Facts(
        type=TYPE,
        severity=TYPES[TYPE].severity,
        country=journey.country,
        consent=journey.consent,
        people=tuple(Affected(code) for code in journey.people),
        verified=False,
        certainty=Certainty.POSSIBLE,
        occurred_at=journey.awaited.expected_at,
        place=journey.place or journey.awaited.to,
        details="\n".join([journey.owner, *(leg.shown(tx.now, in_full=True) for leg in journey.legs)]),
        raised_from=_phone_of(tx, edition.network, journey),
        team=journey.team,
        field_language=reader.member.language if reader else None,
        field_timezone=journey.awaited.timezone,
        field_silent=left is not None or (reader is not None and is_left_alone(tx, reader)),
    )


_STEPS: dict[JourneyStep, Callable[[Tx, Edition, StoredJourney], StoredJourney]] = {
    JourneyStep.REMIND: _remind,
    JourneyStep.ASK: _ask,
    JourneyStep.RAISE: _raise,
    JourneyStep.GROW: _grow,
}

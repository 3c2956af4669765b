"""The field sets out, is well, arrives or comes later: what is awaited of it changes, or an incident has news (B4)."""

from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.errors import WrongState
from alertnet.core.inbound.journey import TYPED, Gap, Journey, Kind, Leg, Status, believes, hear, later, meant
from alertnet.core.inbound.sms_grammar import FieldVerb, Report
from alertnet.flows.credentials.known_numbers import InTheField
from alertnet.flows.incidents.update import update_incident
from alertnet.flows.unit.locked_incident import take_up
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.records import timeline


@value
class Heard:
    """What somebody says of its journeys, and how it is known to be true.

    `pin`: the right one that came with it; `by_call`: a call without words. `delay`: of a WAIT. `duress`: nobody who
    was told of an incident hears that all is well.
    """

    said: FieldVerb
    at: datetime
    pin: str | None = None
    by_call: bool = False
    duress: bool = False
    delay: timedelta | datetime | None = None


@value
class CheckedIn:
    """What came of a check-in: whether it `counts`, what is awaited next, and whether an incident was open for it.

    `gaps`: the spans without coverage that a departure has named.
    """

    counts: bool
    awaited: Leg | None = None
    is_late: bool = False
    gaps: tuple[Gap, ...] = ()


def begin_journey(
    tx: Tx, sender: InTheField, legs: tuple[Leg, ...], gaps: tuple[Gap, ...], heard: Heard, report: Report
) -> CheckedIn:
    """Await a member at those legs from now on; one that it was on before is over, and its incident has news.

    Where a check-in would not count for that one, this does not either. `report`: what it said besides.
    """
    held = journeys.hold_of(tx, sender.team.id, sender.member.id)
    before = [each for each in held if each.journey.kind is Kind.JOURNEY and each.journey.member is not None]
    if not all(believes(each.journey, heard.pin, by_call=heard.by_call) for each in before):
        return CheckedIn(counts=False)
    is_late = False
    for stored in before:
        is_late |= _tell_late(tx, stored, heard)
        journeys.save(tx, stored.id, stored.journey, is_over=True)
    journey = Journey(
        kind=Kind.JOURNEY,
        team=sender.team.id,
        member=sender.member.id,
        country=sender.team.country,
        consent=report.consent or sender.team.consent,
        legs=legs,
        terms=sender.team.terms,
        began_at=heard.at,
        people=report.people,
        gaps=gaps,
        heard_at=heard.at,
        duress=heard.duress,
    )
    journeys.add(tx, journey)
    return CheckedIn(counts=True, awaited=legs[0], is_late=is_late, gaps=gaps)


def check_in(tx: Tx, team: str, member: str | None, heard: Heard) -> CheckedIn:
    """Hear a member, or a team, of whatever is awaited of it. After an incident that updates it, and closes nothing."""
    held = journeys.hold_of(tx, team, member)
    believed = [each for each in held if believes(each.journey, heard.pin, by_call=heard.by_call)]
    if not believed:
        return CheckedIn(counts=False)
    about = meant([each.journey for each in believed], heard.said, heard.at)
    is_late, left = False, []
    for each in held:
        after: Journey | None = each.journey
        if each.journey in about:
            is_late |= _tell_late(tx, each, heard)
            after = _hear(tx, each, heard)
        left += [after] if after else []
    awaited = min((each.awaited for each in left), key=lambda leg: leg.expected_at, default=None)
    return CheckedIn(counts=True, awaited=awaited, is_late=is_late)


def announce_journey(tx: Tx, journey: Journey, by: str) -> str:
    """Await a journey that was announced by the API, beside whatever else is awaited; its id."""
    timeline.append(tx, timeline.SYSTEM, ("journey_announced", {"by": by, "of": journey.owner}))
    return journeys.add(tx, journey)


def check_in_by_key(tx: Tx, id: str, heard: Heard, by: str) -> None:
    """Hear of one journey by the API. After an incident that updates it, and closes nothing.

    Raises:
        WrongState: it is over.
    """
    stored = _hold_ongoing(tx, id)
    _tell_late(tx, stored, heard)
    _hear(tx, stored, heard)
    entry = {"by": by, "of": stored.journey.owner, "said": heard.said.value, "at": heard.at.isoformat()}
    timeline.append(tx, timeline.SYSTEM, ("checked_in", entry))


def cancel_journey(tx: Tx, id: str, by: str) -> None:
    """Await nothing more of a journey; an incident that its silence has opened stays open.

    Raises:
        WrongState: it is over, or a routine.
    """
    stored = _hold_ongoing(tx, id)
    if stored.journey.routine is not None:
        raise WrongState(f"journey {id}", "a routine", "teams.yaml ends it")
    journeys.save(tx, id, stored.journey, is_over=True)
    timeline.append(tx, timeline.SYSTEM, ("journey_cancelled", {"by": by, "of": stored.journey.owner}))


def zone_ahead(tx: Tx, sender: InTheField, at: datetime) -> str:
    """By whose clocks somebody on the road writes until when: those of where it is awaited next, else the team's."""
    held = journeys.hold_of(tx, sender.team.id, sender.member.id)
    ahead = meant([each.journey for each in held], FieldVerb.EXTEND, at)
    return ahead[0].awaited.timezone if ahead else sender.words.timezone


def may_check_in_by_call(tx: Tx, sender: InTheField) -> bool:
    """Whether a call without words from that phone would count."""
    held = journeys.hold_of(tx, sender.team.id, sender.member.id)
    return any(believes(each.journey, None, by_call=True) for each in held)


def check_in_by_call(tx: Tx, sender: InTheField, at: datetime) -> CheckedIn:
    """Hear a member who has called and hung up before anything was keyed."""
    came_of_it = check_in(tx, sender.team.id, sender.member.id, Heard(FieldVerb.CHECK_IN, at, by_call=True))
    if came_of_it.counts:
        entry = {"by": sender.owner, "said": FieldVerb.CHECK_IN.value, "at": at.isoformat(), "pin": "call"}
        timeline.append(tx, timeline.SYSTEM, ("checked_in", entry))
    return came_of_it


def _hold_ongoing(tx: Tx, id: str) -> StoredJourney:
    stored = journeys.hold(tx, id)
    if stored.status is Status.OVER:
        raise WrongState(f"journey {id}", stored.status.value, "announce another")
    return stored


def _hear(tx: Tx, stored: StoredJourney, heard: Heard) -> Journey | None:
    """The journey after that was heard, as it is kept; None: it is over."""
    journey = replace(stored.journey, duress=heard.duress)
    after = hear(journey, heard.said, heard.at, _until(journey, heard))
    journeys.save(tx, stored.id, after or replace(journey, heard_at=heard.at), is_over=after is None)
    return after


def _until(journey: Journey, heard: Heard) -> datetime | None:
    return later(journey, heard.delay, heard.at) if isinstance(heard.delay, timedelta) else heard.delay


def _tell_late(tx: Tx, stored: StoredJourney, heard: Heard) -> bool:
    """Put a check-in into the incident that its absence has opened, and tell those who were told; whether it is open.

    Only a coordinator who has spoken with the team closes it.
    """
    if stored.incident is None:
        return False
    locked = take_up(tx, stored.incident)
    if not locked.is_open:
        return False
    locked.record("checked_in", by=stored.journey.owner, said=heard.said.value)
    if not heard.duress:
        shown = replace(stored.journey.awaited, to=None, expected_at=heard.at).shown(heard.at)
        update_incident(locked, f"{TYPED[heard.said]} {shown}", locked.facts, by=stored.journey.owner)
    locked.finish()
    return True

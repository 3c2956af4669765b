"""Check-ins: the field sets out, is well, arrives or comes later. Its journey changes, or an incident has news (B4)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.errors import Purged, WrongState
from alertnet.core.inbound.field_report import consent_within
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.journey import (
    TYPED,
    Gap,
    Journey,
    JourneyKind,
    Leg,
    Status,
    believes,
    hear,
    later,
    meant,
)
from alertnet.core.inbound.sms_grammar import Report
from alertnet.flows.credentials.known_numbers import InTheField
from alertnet.flows.incidents.update import update_incident
from alertnet.flows.unit.locked_incident import LockedIncident, take_up
from alertnet.store.db.tx import Tx
from alertnet.store.queues import journeys
from alertnet.store.queues.journeys import StoredJourney
from alertnet.store.records import timeline

DONE_FOR = timedelta(hours=1)
"""For so long after the last check-in that was awaited another one tells people nothing."""


@value
class RoadNews:
    """What somebody reports about their journeys, and how it is proven.

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
    """The result of a check-in: whether it `counts`, what is expected then, and whether an incident was open for it.

    `awaited`: what is expected next and, after it, where the journey that was spoken of is. `gaps`: the spans without
    coverage that a departure named. `is_needless`: nothing was expected at all; with `is_again` since a check-in
    shortly before was the last that was.
    """

    counts: bool
    awaited: tuple[Leg, ...] = ()
    is_late: bool = False
    gaps: tuple[Gap, ...] = ()
    is_needless: bool = False
    is_again: bool = False


def begin_journey(
    tx: Tx, sender: InTheField, legs: tuple[Leg, ...], gaps: tuple[Gap, ...], heard: RoadNews, report: Report
) -> CheckedIn:
    """Expect a member at those legs from now on. Its earlier journey ends, and that one's incident has news.

    It is refused where a check-in would not count for the earlier journey. The same departure again, once the silence
    after it has opened an incident, is only news of that; once it is over and its time has passed, it is nothing.
    `report`: what it said besides.
    """
    held = _held(tx, sender)
    before = [each for each in held if each.journey.kind is JourneyKind.JOURNEY and each.journey.member is not None]
    if not all(believes(each.journey, heard.pin, by_call=heard.by_call) for each in before):
        return CheckedIn(counts=False)
    journey = Journey(
        kind=JourneyKind.JOURNEY,
        team=sender.team.id,
        member=sender.member.id,
        country=sender.team.country,
        consent=consent_within(report, sender.team.consent),
        legs=legs,
        terms=sender.team.terms,
        began_at=heard.at,
        people=report.people,
        gaps=gaps,
        heard_at=heard.at,
        duress=heard.duress,
        announced_by=sender.member,
    )
    over = journeys.last_over(tx, sender.team.id, sender.member.id) if legs[-1].expected_at <= heard.at else None
    if over is not None and not before and _is_again(journey, over.journey):
        return CheckedIn(counts=True, is_late=_tell_late(tx, over, heard))
    late = [each for each in before if _tell_late(tx, each, heard)]
    if not any(_is_again(journey, each.journey) for each in late):
        for stored in before:
            journeys.save(tx, stored.id, stored.journey, is_over=True)
        journeys.add(tx, journey)
    others = [each.journey for each in held if each not in before]
    return CheckedIn(counts=True, awaited=_ahead(others, legs[0]), is_late=bool(late), gaps=gaps)


def check_in(tx: Tx, sender: InTheField, heard: RoadNews) -> CheckedIn:
    """Record that a member is well, for all its journeys. After an incident this is news, and closes nothing."""
    held = _held(tx, sender)
    believed = [each for each in held if believes(each.journey, heard.pin, by_call=heard.by_call)]
    if not believed:
        # A departure gets here only if its time was not understood.
        is_needless = not held and heard.said is not FieldVerb.DEPART
        is_again = is_needless and _is_done(tx, sender, heard)
        return CheckedIn(counts=False, is_needless=is_needless, is_again=is_again)
    about = meant([each.journey for each in believed], heard.said, heard.at)
    is_late, left = False, []
    spoken_of: Leg | None = None
    for each in held:
        after: Journey | None = each.journey
        if each.journey in about:
            is_late |= _tell_late(tx, each, heard)
            after = _hear(tx, each, heard)
            if after and heard.said is not FieldVerb.CHECK_IN and each.journey is about[0]:
                spoken_of = after.awaited
        left += [after] if after else []
    return CheckedIn(counts=True, awaited=_ahead(left, spoken_of), is_late=is_late)


def _ahead(left: Iterable[Journey], spoken_of: Leg | None) -> tuple[Leg, ...]:
    """What is expected first and, if that is another, the leg that was spoken of."""
    legs = [*([spoken_of] if spoken_of else []), *(each.awaited for each in left)]
    first = min(legs, key=lambda leg: leg.expected_at, default=None)
    return tuple(dict.fromkeys(leg for leg in (first, spoken_of) if leg))


def _held(tx: Tx, sender: InTheField) -> list[StoredJourney]:
    """The journeys of a member and of its team as a whole that are not over, locked."""
    return journeys.hold_of(tx, sender.team.id, sender.member.id)


def _is_done(tx: Tx, sender: InTheField, heard: RoadNews) -> bool:
    """Whether it only says once more that all is well, as a handset without receipt does, or ARR after an OK."""
    if heard.said not in (FieldVerb.CHECK_IN, FieldVerb.ARRIVE):
        return False
    kinds = (JourneyKind.JOURNEY, JourneyKind.ROLL_CALL)
    over = journeys.last_over(tx, sender.team.id, sender.member.id, kinds)
    before = over.journey.heard_at if over else None
    return before is not None and heard.at - before <= DONE_FOR


def announce_journey(tx: Tx, journey: Journey, by: str) -> str:
    """Begin a journey announced by the API, besides whatever else is expected; returns its id."""
    timeline.note(tx, "journey_announced", by=by, of=journey.owner)
    return journeys.add(tx, journey)


def check_in_by_key(tx: Tx, id: str, heard: RoadNews, by: str) -> None:
    """Record a check-in for one journey by the API. After an incident this is news, and closes nothing."""
    stored = _hold_ongoing(tx, id)
    _tell_late(tx, stored, heard)
    _hear(tx, stored, heard)
    timeline.note(tx, "checked_in", by=by, of=stored.journey.owner, said=heard.said.value, at=heard.at.isoformat())


def cancel_journey(tx: Tx, id: str, by: str) -> None:
    """Cancel a journey; an incident that its silence has opened stays open. Refused for a routine."""
    stored = _hold_ongoing(tx, id)
    if stored.journey.routine is not None:
        raise WrongState(f"journey {id}", "a routine", "teams.yaml ends it")
    journeys.save(tx, id, stored.journey, is_over=True)
    timeline.note(tx, "journey_cancelled", by=by, of=stored.journey.owner)


def awaited_next(tx: Tx, sender: InTheField, at: datetime) -> Leg | None:
    """Where somebody on the road is expected next, in whose time zone they write times; None where nothing is."""
    ahead = meant([each.journey for each in _held(tx, sender)], FieldVerb.EXTEND, at)
    return ahead[0].awaited if ahead else None


def may_check_in_by_call(tx: Tx, sender: InTheField) -> bool:
    """Whether a call without words from that phone would count."""
    return any(believes(each.journey, None, by_call=True) for each in _held(tx, sender))


def check_in_by_call(tx: Tx, sender: InTheField, at: datetime) -> CheckedIn:
    """Record that a member called and hung up before a key was pressed."""
    came_of_it = check_in(tx, sender, RoadNews(FieldVerb.CHECK_IN, at, by_call=True))
    if came_of_it.counts:
        timeline.note(tx, "checked_in", by=sender.owner, said=FieldVerb.CHECK_IN.value, at=at.isoformat(), pin="call")
    return came_of_it


def open_incident_of(tx: Tx, stored: StoredJourney) -> LockedIncident | None:
    """The incident that its silence has opened, locked; None where that is closed, or being erased."""
    try:
        locked = take_up(tx, stored.incident) if stored.incident is not None else None
    except Purged:
        return None
    return locked if locked is not None and locked.is_open else None


def _is_again(departure: Journey, before: Journey) -> bool:
    """Whether it says nothing but what was said before, as when a handset that got no receipt sends again."""
    is_known = set(departure.gaps) <= set(before.gaps)
    names = ("legs", "people", "consent", "duress")
    return is_known and all(getattr(departure, name) == getattr(before, name) for name in names)


def _hold_ongoing(tx: Tx, id: str) -> StoredJourney:
    stored = journeys.hold(tx, id)
    if stored.status is Status.OVER:
        raise WrongState(f"journey {id}", stored.status.value, "announce another")
    return stored


def _hear(tx: Tx, stored: StoredJourney, heard: RoadNews) -> Journey | None:
    """The journey after the check-in, as stored; None where it is over."""
    journey = replace(stored.journey, duress=heard.duress)
    until = later(journey, heard.delay, heard.at) if isinstance(heard.delay, timedelta) else heard.delay
    after = hear(journey, heard.said, heard.at, until)
    journeys.save(tx, stored.id, after or replace(journey, heard_at=heard.at), is_over=after is None)
    return after


def _tell_late(tx: Tx, stored: StoredJourney, heard: RoadNews) -> bool:
    """Add a check-in to the incident that its absence opened, and tell those who were told; whether it is open.

    Only a coordinator who has spoken with the team closes it.
    """
    locked = open_incident_of(tx, stored)
    if locked is None:
        return False
    locked.record("checked_in", by=stored.journey.owner, said=heard.said.value)
    if not heard.duress:
        shown = replace(stored.journey.awaited, to=None, expected_at=heard.at).shown(heard.at)
        update_incident(locked, f"{TYPED[heard.said]} {shown}", locked.facts, by=stored.journey.owner)
    locked.finish()
    return True

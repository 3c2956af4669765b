"""A journey: what is awaited of the field and by when, what a check-in changes, what follows when none comes (B4).

A routine is a journey that never ends. What follows is a ladder of steps, each at
a share of `incident_after` from the moment that was expected. Time in which nothing could be heard does not count.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import value
from alertnet.core.directory.contact_tree import Team
from alertnet.core.directory.routine import Risk, Routine, Terms
from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH
from alertnet.core.inbound.sms_grammar import FieldVerb
from alertnet.core.incident import Scope

EARLY = timedelta(minutes=30)
"""An OK so long before the expected moment, or later, is the one that is awaited."""
LONGEST_DELAY = timedelta(hours=24)
"""What one WAIT may ask for."""
MOST_LEGS = 20
MOST_GAPS = 3
"""That one text may name."""
PLACE = re.compile(r"[A-Z]\d{1,4}")
"""The code of a place, which may be shown anywhere."""


class Kind(StrEnum):
    """Why something is awaited."""

    JOURNEY = "journey"
    ROUTINE = "routine"
    ROLL_CALL = "roll_call"


class Status(StrEnum):
    """Whether something is still awaited."""

    UNDER_WAY = "under_way"
    MISSED = "missed"
    """The ladder is at its end; a check-in is late, and counts all the same."""
    OVER = "over"


TYPED = {FieldVerb.DEPART: "GO", FieldVerb.CHECK_IN: "OK", FieldVerb.ARRIVE: "ARR", FieldVerb.EXTEND: "WAIT"}
"""What the field says of its journeys, with the shortest word by which it is typed, whatever the language."""


class Step(StrEnum):
    """What is done when nothing comes."""

    REMIND = "remind"
    """The field gets an SMS."""
    ASK = "ask"
    """The coordinators are asked to call it."""
    RAISE = "raise"
    """An incident is opened."""
    GROW = "grow"
    """It becomes critical."""


Ladder = tuple[tuple[Step, float], ...]
"""Steps, each with the share of `incident_after` after which it is due."""

LADDER: Ladder = ((Step.REMIND, 1 / 6), (Step.ASK, 1 / 3), (Step.ASK, 2 / 3), (Step.RAISE, 1), (Step.GROW, 2))
_REMINDERS: Ladder = ((Step.REMIND, 1 / 6), (Step.REMIND, 1 / 3), (Step.REMIND, 2 / 3))
ROLL_CALL_LADDER: Ladder = (*_REMINDERS, (Step.ASK, 1))
RAISING_ROLL_CALL_LADDER: Ladder = (*_REMINDERS, (Step.RAISE, 1), (Step.GROW, 2))


@value
class Leg:
    """A place, by when it is expected to be reached, and the zone in which that is told."""

    to: str | None
    expected_at: datetime
    timezone: str

    def shown(self, since: datetime, *, in_full: bool = False, home: str | None = None) -> str:
        """As the field writes it, `L12 18:00`; a later day than that of `since` as `+1`.

        A place that is no code is shown `in_full` alone (A9). With a `home` zone, whose clocks show another time then,
        the offset follows: `L40 21:30 UTC-4`.
        """
        zone = ZoneInfo(self.timezone)
        to = self.to if in_full or (self.to and PLACE.fullmatch(self.to)) else None
        local = self.expected_at.astimezone(zone)
        days = (local.date() - since.astimezone(zone).date()).days
        offset = _offset(local) if home and local.utcoffset() != local.astimezone(ZoneInfo(home)).utcoffset() else None
        return " ".join(filter(None, (to, f"{local:%H:%M}{f'{days:+}' if days else ''}", offset)))


@value
class Gap:
    """A span in which nothing can be heard: no coverage on the road, or our own way in is down."""

    begins_at: datetime
    ends_at: datetime

    def shown(self, timezone: str) -> str:
        """By the clocks of a zone, as the field writes it: 14:00-16:30."""
        zone = ZoneInfo(timezone)
        return f"{self.begins_at.astimezone(zone):%H:%M}-{self.ends_at.astimezone(zone):%H:%M}"


@value
class RollCall:
    """Everybody of a team, a country or the whole network (`of`) is asked whether they are safe.

    `raises`: an incident is opened for each who does not answer. `text`: why, for those who read its figures.
    `not_asked`: owners whose phones are to be left alone.
    """

    id: str
    of: str
    by: str
    raises: bool = False
    text: str | None = None
    not_asked: tuple[str, ...] = ()


@value
class Journey:
    """What is awaited of a member, or (`member` None) of any of its team. `legs`: those ahead, never none.

    `steps`: how many of the ladder were taken for the first leg. `place`: where they were last known to be. `duress`:
    it was under duress when it was heard of last.
    """

    kind: Kind
    team: str
    member: str | None
    country: str
    consent: Scope
    legs: tuple[Leg, ...]
    terms: Terms
    began_at: datetime
    people: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    routine: Routine | None = None
    steps: int = 0
    place: str | None = None
    heard_at: datetime | None = None
    roll_call: RollCall | None = None
    duress: bool = False

    @property
    def owner(self) -> str:
        """Whom it is awaited of: `team/member`, or the team."""
        return f"{self.team}/{self.member}" if self.member else self.team

    @property
    def awaited(self) -> Leg:
        """The leg that is expected next."""
        return self.legs[0]

    @property
    def ladder(self) -> Ladder:
        """What follows when nothing comes."""
        if self.roll_call is None:
            return LADDER
        return RAISING_ROLL_CALL_LADDER if self.roll_call.raises else ROLL_CALL_LADDER

    @property
    def due_at(self) -> datetime | None:
        """When the next step is due; None: there is none left."""
        if self.steps >= len(self.ladder):
            return None
        return self._due_at(self.ladder[self.steps][1])

    def _due_at(self, share: float) -> datetime:
        return _after(self.awaited.expected_at, self.terms.incident_after * share, self.gaps)


def _offset(local: datetime) -> str:
    """As in UTC-4 or UTC+5:30."""
    east = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, minutes = divmod(abs(east), 60)
    return f"UTC{'-' if east < 0 else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def take_steps(journey: Journey, now: datetime) -> tuple[tuple[Step, ...], Journey]:
    """The steps that are due, and the journey once they are taken.

    Of several that are overdue the last one is taken; an incident is opened all the same. A routine whose ladder is at
    its end awaits its next time.
    """
    due = [step for step, share in journey.ladder[journey.steps :] if journey._due_at(share) <= now]
    taken = [step for at, step in enumerate(due) if step is Step.RAISE or at == len(due) - 1]
    after = replace(journey, steps=journey.steps + len(due))
    if after.due_at is None and journey.routine is not None:
        after = _next_time(after, now)
    return tuple(taken), after


def deafened(journey: Journey, since: datetime, until: datetime) -> Journey:
    """The journey with a span in which nothing could be heard, joined to the last such if they meet."""
    joined = [gap for gap in journey.gaps if gap.begins_at <= until and since <= gap.ends_at]
    begins_at = min([since, *(gap.begins_at for gap in joined)])
    ends_at = max([until, *(gap.ends_at for gap in joined)])
    others = (gap for gap in journey.gaps if gap not in joined)
    return replace(journey, gaps=(*others, Gap(begins_at, ends_at)))


def awaits(journey: Journey, at: datetime) -> bool:
    """Whether an OK at that moment is the one that is awaited."""
    return at >= journey.awaited.expected_at - EARLY


def believes(journey: Journey, pin: str | None, *, by_call: bool) -> bool:
    """Whether a check-in counts that came with that PIN, known to be right, or by a call without words."""
    is_low = journey.terms.risk is Risk.LOW
    if by_call:
        return is_low and journey.terms.missed_call
    return is_low or (pin is not None and len(pin) == ONE_TIME_PIN_LENGTH)


def meant(journeys: Sequence[Journey], said: FieldVerb, at: datetime) -> list[Journey]:
    """Which of somebody's journeys a check-in at that moment is about.

    An OK is for all that await one, else it is noted for all. Whoever arrives, or comes later, speaks of the journey
    that is expected first; who arrives has answered a roll-call besides.
    """
    ahead = sorted(journeys, key=lambda journey: (journey.kind is not Kind.JOURNEY, journey.awaited.expected_at))
    if said is FieldVerb.EXTEND or (said is FieldVerb.ARRIVE and ahead and ahead[0].kind is Kind.JOURNEY):
        is_answer = said is FieldVerb.ARRIVE
        return ahead[:1] + [journey for journey in ahead[1:] if is_answer and journey.kind is Kind.ROLL_CALL]
    return [journey for journey in ahead if awaits(journey, at)] or ahead


def ask(roll_call: RollCall, team: Team, member: str, zone: str, incident_after: timedelta, now: datetime) -> Journey:
    """What a roll-call awaits of a member from that moment on."""
    return Journey(
        kind=Kind.ROLL_CALL,
        team=team.id,
        member=member,
        country=team.country,
        consent=team.consent,
        legs=(Leg(None, now, zone),),
        terms=Terms(incident_after=incident_after),
        began_at=now,
        roll_call=roll_call,
    )


def hear(journey: Journey, said: FieldVerb, at: datetime, until: datetime | None = None) -> Journey | None:
    """The journey after a check-in at that moment; None: it is over. `until`: what is awaited comes only then.

    An OK long before the expected moment is noted. Whoever arrives is awaited at the next leg.
    """
    heard = replace(journey, heard_at=at)
    if said is FieldVerb.EXTEND and until is not None:
        return _moved(heard, until)
    is_met = said is FieldVerb.ARRIVE and journey.kind is Kind.JOURNEY
    if is_met or (said in (FieldVerb.CHECK_IN, FieldVerb.ARRIVE) and awaits(journey, at)):
        return _reached(heard, at)
    return heard


def later(journey: Journey, span: timedelta, at: datetime) -> datetime:
    """The moment until which a WAIT of that span puts it off: by the plan, or from now if that has gone."""
    return max(journey.awaited.expected_at, at) + span


def _moved(journey: Journey, until: datetime) -> Journey:
    """All that is ahead comes later by as much; of a routine this time alone."""
    by = until - journey.awaited.expected_at
    legs = tuple(replace(leg, expected_at=leg.expected_at + by) for leg in journey.legs)
    return replace(journey, legs=legs, steps=0)


def _reached(journey: Journey, at: datetime) -> Journey | None:
    if journey.routine is not None:
        return _next_time(journey, at)
    if len(journey.legs) == 1:
        return None
    return replace(journey, legs=journey.legs[1:], steps=0, place=journey.awaited.to or journey.place)


def _next_time(journey: Journey, at: datetime) -> Journey:
    assert journey.routine is not None
    next_at = journey.routine.next_time(max(at, journey.awaited.expected_at), journey.awaited.timezone)
    return replace(journey, legs=(replace(journey.awaited, expected_at=next_at),), steps=0, gaps=())


def _after(begins_at: datetime, span: timedelta, gaps: Iterable[Gap]) -> datetime:
    """The moment at which so much time has gone by outside the gaps."""
    at = begins_at
    for gap in sorted(gaps, key=lambda gap: gap.begins_at):
        if gap.ends_at <= at:
            continue
        if at + span < gap.begins_at:
            break
        span -= max(gap.begins_at - at, timedelta())
        at = gap.ends_at
    return at + span

"""A journey: what is awaited of the field and when, what a check-in changes, and what follows if none comes (B4).

A routine is a journey that never ends. What follows is a ladder of steps, each due at a share of `incident_after` after
the expected moment. Time in which nothing could be received does not count.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact_tree import Member, Team
from alertnet.core.directory.routine import Risk, Routine, Terms
from alertnet.core.inbound.code_formats import ONE_TIME_PIN_LENGTH
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.same_event import WITHIN
from alertnet.core.incident import Scope

EARLY = timedelta(minutes=30)
"""From this long before the expected moment on, an OK is the awaited one."""
LONGEST_DELAY = timedelta(hours=24)
"""The longest delay that one WAIT may ask for."""
SHORT_DELAY = timedelta(hours=4)
"""Up to this, hours are a delay; more of them may be a time of day: espera 23h."""
MOST_LEGS = 20
MOST_GAPS = 3
"""The most gaps that one text may name."""
PLACE = re.compile(r"[A-Z]\d{1,4}")
"""The code of a place, which may be shown anywhere."""


class JourneyKind(StrEnum):
    """Why something is awaited."""

    JOURNEY = "journey"
    ROUTINE = "routine"
    ROLL_CALL = "roll_call"


class Status(StrEnum):
    """Whether something is still awaited."""

    UNDER_WAY = "under_way"
    MISSED = "missed"
    """The ladder has ended; a late check-in still counts."""
    OVER = "over"


TYPED = {FieldVerb.DEPART: "GO", FieldVerb.CHECK_IN: "OK", FieldVerb.ARRIVE: "ARR", FieldVerb.EXTEND: "WAIT"}
"""The verbs about journeys, with the shortest word for each, whatever the language."""


class JourneyStep(StrEnum):
    """A step taken when no check-in comes."""

    REMIND = "remind"
    """The field gets an SMS."""
    ASK = "ask"
    """The coordinators are asked to call the field."""
    RAISE = "raise"
    """An incident is opened."""
    GROW = "grow"
    """The incident becomes critical."""


Ladder = tuple[tuple[JourneyStep, float], ...]
"""Steps, each with the share of `incident_after` after which it is due."""

LADDER: Ladder = (
    (JourneyStep.REMIND, 1 / 6),
    (JourneyStep.ASK, 1 / 3),
    (JourneyStep.ASK, 2 / 3),
    (JourneyStep.RAISE, 1),
    (JourneyStep.GROW, 2),
)
_REMINDERS: Ladder = ((JourneyStep.REMIND, 1 / 6), (JourneyStep.REMIND, 1 / 3), (JourneyStep.REMIND, 2 / 3))
ROLL_CALL_LADDER: Ladder = (*_REMINDERS, (JourneyStep.ASK, 1))
RAISING_ROLL_CALL_LADDER: Ladder = (*_REMINDERS, (JourneyStep.RAISE, 1), (JourneyStep.GROW, 2))


@value
class Leg:
    """A place, when it should be reached, and the time zone for showing that time."""

    to: str | None
    expected_at: datetime
    timezone: str

    def shown(self, since: datetime, *, in_full: bool = False, home: str | None = None) -> str:
        """The leg as the field writes it, `L12 18:00`; a day after that of `since` is shown as `+1`.

        A place that is not a code is shown only `in_full` (A9). With a `home` zone whose clocks differ then, the offset
        follows: `L40 21:30 UTC-4`.
        """
        zone = ZoneInfo(self.timezone)
        to = self.to if in_full or (self.to and PLACE.fullmatch(self.to)) else None
        local = self.expected_at.astimezone(zone)
        days = (local.date() - since.astimezone(zone).date()).days
        offset = _offset(local) if home and local.utcoffset() != local.astimezone(ZoneInfo(home)).utcoffset() else None
        return " ".join(filter(None, (to, f"{local:%H:%M}{f'{days:+}' if days else ''}", offset)))


@value
class Gap:
    """A span in which nothing can be received: no coverage on the road, or our own inbound path is down."""

    begins_at: datetime
    ends_at: datetime

    def shown(self, timezone: str) -> str:
        """The gap by the clocks of a zone, as the field writes it: 14:00-16:30."""
        zone = ZoneInfo(timezone)
        return f"{self.begins_at.astimezone(zone):%H:%M}-{self.ends_at.astimezone(zone):%H:%M}"


@value
class RollCall:
    """A roll-call: all of a team, a country or the whole network (`of`) are asked whether they are safe.

    `raises`: an incident is opened for everybody who does not answer. `text`: the reason, for readers of its figures.
    `not_asked`: owners whose phones must be left alone.
    """

    id: str
    of: str
    by: str
    raises: bool = False
    text: str | None = None
    not_asked: tuple[str, ...] = ()


@value
class Journey:
    """What is awaited of a member, or (`member` None) of any member of the team. `legs`: those ahead, at least one.

    `steps`: how many steps of the ladder were taken for the first leg. `place`: the last known place. `duress`: the
    last check-in was under duress. `announced_by`: the member as it was when it announced it by SMS,
    or when a roll-call asked it.
    """

    kind: JourneyKind
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
    announced_by: Member | None = None

    @property
    def owner(self) -> str:
        """Whose check-in is awaited: `team/member`, or the team."""
        return f"{self.team}/{self.member}" if self.member else self.team

    @property
    def awaited(self) -> Leg:
        return self.legs[0]

    def is_of(self, member: Member) -> bool:
        """Whether that is who announced it: the same phone, under the same name or id."""
        known = self.announced_by
        if known is None or known.phone != member.phone:
            return False
        return known.id == member.id or known.name == member.name

    @property
    def silent_since(self) -> datetime:
        """From when on an incident of the same phone may be why no check-in comes.

        That is the departure; for a routine the last check-in; for a roll-call a little before, since it has a reason.
        """
        if self.routine is not None:
            return self.heard_at or self.began_at
        return self.began_at - WITHIN if self.roll_call is not None else self.began_at

    @property
    def ladder(self) -> Ladder:
        """The steps that follow if no check-in comes."""
        if self.roll_call is None:
            return LADDER
        return RAISING_ROLL_CALL_LADDER if self.roll_call.raises else ROLL_CALL_LADDER

    @property
    def due_at(self) -> datetime | None:
        """When the next step is due; None where none is left."""
        if self.steps >= len(self.ladder):
            return None
        return self._due_at(self.ladder[self.steps][1])

    def _due_at(self, share: float) -> datetime:
        return _after(self.awaited.expected_at, self.terms.incident_after * share, self.gaps)


def _offset(local: datetime) -> str:
    """The offset of a local time, such as UTC-4 or UTC+5:30."""
    east = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, minutes = divmod(abs(east), 60)
    return f"UTC{'-' if east < 0 else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def take_steps(journey: Journey, now: datetime) -> tuple[tuple[JourneyStep, ...], Journey]:
    """Take the steps that are due; gives them and the journey after them.

    Of several overdue steps only the last is taken, but an incident is always opened. A routine at the end of its
    ladder awaits its next time.
    """
    due = [step for step, share in journey.ladder[journey.steps :] if journey._due_at(share) <= now]
    taken = [step for at, step in enumerate(due) if step is JourneyStep.RAISE or at == len(due) - 1]
    after = replace(journey, steps=journey.steps + len(due))
    if after.due_at is None and journey.routine is not None:
        after = _next_time(after, now)
    return tuple(taken), after


def deafened(journey: Journey, since: datetime, until: datetime) -> Journey:
    """The journey with a span in which nothing could be received, merged with other gaps that it meets."""
    joined = [gap for gap in journey.gaps if gap.begins_at <= until and since <= gap.ends_at]
    begins_at = min([since, *(gap.begins_at for gap in joined)])
    ends_at = max([until, *(gap.ends_at for gap in joined)])
    others = (gap for gap in journey.gaps if gap not in joined)
    return replace(journey, gaps=(*others, Gap(begins_at, ends_at)))


def awaits(journey: Journey, at: datetime) -> bool:
    """Whether an OK at that moment is the awaited one."""
    return at >= journey.awaited.expected_at - EARLY


def believes(journey: Journey, pin: str | None, *, by_call: bool) -> bool:
    """Whether a check-in counts that came with that correct PIN, or by a call without words."""
    is_low = journey.terms.risk is Risk.LOW
    if by_call:
        return is_low and journey.terms.missed_call
    return is_low or (pin is not None and len(pin) == ONE_TIME_PIN_LENGTH)


def meant(journeys: Sequence[Journey], said: FieldVerb, at: datetime) -> list[Journey]:
    """The journeys that a check-in at that moment is about.

    An OK is for all that await one now, else it is noted for all. An arrival or a delay is about the journey expected
    first; an arrival also answers a roll-call.
    """
    ahead = sorted(journeys, key=lambda journey: (journey.kind is not JourneyKind.JOURNEY, journey.awaited.expected_at))
    if said is FieldVerb.EXTEND or (said is FieldVerb.ARRIVE and ahead and ahead[0].kind is JourneyKind.JOURNEY):
        is_answer = said is FieldVerb.ARRIVE
        return ahead[:1] + [journey for journey in ahead[1:] if is_answer and journey.kind is JourneyKind.ROLL_CALL]
    return [journey for journey in ahead if awaits(journey, at)] or ahead


def ask(
    roll_call: RollCall, team: Team, member: Member, zone: str, incident_after: timedelta, now: datetime
) -> Journey:
    """What a roll-call awaits of a member from that moment on."""
    return Journey(
        kind=JourneyKind.ROLL_CALL,
        team=team.id,
        member=member.id,
        country=team.country,
        consent=team.consent,
        legs=(Leg(None, now, zone),),
        terms=Terms(incident_after=incident_after),
        began_at=now,
        roll_call=roll_call,
        announced_by=member,
    )


def hear(journey: Journey, said: FieldVerb, at: datetime, until: datetime | None = None) -> Journey | None:
    """The journey after a check-in at that moment; None where it is over. `until`: the new expected moment.

    An OK long before the expected moment is only noted. After an arrival the next leg is awaited.
    """
    heard = replace(journey, heard_at=at)
    if said is FieldVerb.EXTEND and until is not None:
        return _moved(heard, until)
    is_met = said is FieldVerb.ARRIVE and journey.kind is JourneyKind.JOURNEY
    if is_met or (said in (FieldVerb.CHECK_IN, FieldVerb.ARRIVE) and awaits(journey, at)):
        return _reached(heard, at)
    return heard


def later(journey: Journey, span: timedelta, at: datetime) -> datetime:
    """The new expected moment after a WAIT of that span: counted from the plan, or from now if that has passed."""
    return max(journey.awaited.expected_at, at) + span


def _moved(journey: Journey, until: datetime) -> Journey:
    """Shift all legs ahead by the same span; a routine is shifted this time only."""
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
    """The moment when that much time has passed outside the gaps."""
    at = begins_at
    for gap in sorted(gaps, key=lambda gap: gap.begins_at):
        if gap.ends_at <= at:
            continue
        if at + span < gap.begins_at:
            break
        span -= max(gap.begins_at - at, timedelta())
        at = gap.ends_at
    return at + span

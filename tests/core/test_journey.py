"""What is awaited of the field, and what follows when nothing comes: decisions by values alone (B4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.directory.routine import USUAL, Risk, Routine, Terms
from alertnet.core.inbound.field_words import FieldVerb
from alertnet.core.inbound.on_the_road.journey import (
    Gap,
    Journey,
    JourneyKind,
    JourneyStep,
    Leg,
    RollCall,
    awaits,
    believes,
    deafened,
    hear,
    later,
    meant,
    take_steps,
)
from alertnet.core.incident import Scope

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SIX = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
BOGOTA, MADRID, SANTIAGO = "America/Bogota", "Europe/Madrid", "America/Santiago"
WEEKDAYS = (0, 1, 2, 3, 4)


def to(place: str | None, at: datetime, zone: str = "UTC") -> Leg:
    return Leg(place, at, zone)


def a_journey(*legs: Leg, kind: JourneyKind = JourneyKind.JOURNEY, terms: Terms = USUAL, **more: object) -> Journey:
    journey = Journey(
        kind=kind,
        team="north",
        member="ana",
        country="CO",
        consent=Scope.NATIONAL,
        legs=legs or (to("L12", SIX),),
        terms=terms,
        began_at=SIX - 3 * HOUR,
    )
    return replace(journey, **more)  # type: ignore[arg-type]


def climbed(journey: Journey) -> list[tuple[JourneyStep, timedelta]]:
    """Every step with its moment, counted from the one that was expected, where somebody looks at each."""
    steps: list[tuple[JourneyStep, timedelta]] = []
    while (at := journey.due_at) is not None and len(steps) < 9:
        taken, journey = take_steps(journey, at)
        steps += [(step, at - SIX) for step in taken]
    return steps


@pytest.mark.parametrize(
    ("terms", "minutes"), [(Terms(), (15, 30, 60, 90, 180)), (Terms(Risk.HIGH, HOUR), (10, 20, 40, 60, 120))]
)
def test_the_ladder_has_its_steps_at_shares_of_the_time_to_the_incident(terms: Terms, minutes: tuple[int, ...]) -> None:
    steps = (JourneyStep.REMIND, JourneyStep.ASK, JourneyStep.ASK, JourneyStep.RAISE, JourneyStep.GROW)

    assert climbed(a_journey(terms=terms)) == [(s, m * MINUTE) for s, m in zip(steps, minutes, strict=True)]


@pytest.mark.parametrize(
    ("raises", "last"),
    [
        (False, [(JourneyStep.ASK, 90 * MINUTE)]),
        (True, [(JourneyStep.RAISE, 90 * MINUTE), (JourneyStep.GROW, 3 * HOUR)]),
    ],
)
def test_a_roll_call_reminds_three_times_and_opens_incidents_where_that_was_asked(
    raises: bool, last: list[tuple[JourneyStep, timedelta]]
) -> None:
    asked = a_journey(kind=JourneyKind.ROLL_CALL, roll_call=RollCall("1", "network", "key", raises))

    assert climbed(asked) == [*((JourneyStep.REMIND, minutes * MINUTE) for minutes in (15, 30, 60)), *last]


def test_whoever_arrives_has_answered_a_roll_call_and_who_comes_later_has_not() -> None:
    journey, asked = a_journey(), a_journey(kind=JourneyKind.ROLL_CALL, roll_call=RollCall("1", "network", "key"))

    assert meant([asked, journey], FieldVerb.ARRIVE, SIX) == [journey, asked]
    assert meant([asked, journey], FieldVerb.EXTEND, SIX) == [journey]
    assert meant([asked, journey], FieldVerb.CHECK_IN, SIX) == [journey, asked]
    assert hear(asked, FieldVerb.ARRIVE, SIX) is None


def test_of_several_steps_that_are_overdue_the_last_is_taken_and_an_incident_opened() -> None:
    """A7: after an outage what is overdue runs once."""
    assert take_steps(a_journey(), SIX + 65 * MINUTE)[0] == (JourneyStep.ASK,)
    assert take_steps(a_journey(), SIX + 95 * MINUTE)[0] == (JourneyStep.RAISE,)
    assert take_steps(a_journey(), SIX + 5 * HOUR)[0] == (JourneyStep.RAISE, JourneyStep.GROW)
    assert take_steps(a_journey(), SIX)[0] == ()


def test_time_in_which_nothing_can_be_heard_does_not_count() -> None:
    """A gap in coverage, at the expected moment, between two steps, and two of them."""
    assert a_journey(gaps=(Gap(SIX, SIX + HOUR),)).due_at == SIX + 75 * MINUTE
    assert a_journey(gaps=(Gap(SIX - HOUR, SIX + HOUR),)).due_at == SIX + 75 * MINUTE
    assert a_journey(gaps=(Gap(SIX + 5 * MINUTE, SIX + 10 * MINUTE),)).due_at == SIX + 20 * MINUTE
    assert a_journey(gaps=(Gap(SIX + 15 * MINUTE, SIX + HOUR),)).due_at == SIX + HOUR
    assert a_journey(gaps=(Gap(SIX + HOUR, SIX + 2 * HOUR),)).due_at == SIX + 15 * MINUTE
    both = (Gap(SIX + 30 * MINUTE, SIX + 40 * MINUTE), Gap(SIX, SIX + 20 * MINUTE))
    assert a_journey(gaps=both).due_at == SIX + 45 * MINUTE


def test_a_way_in_that_stays_down_is_one_gap() -> None:
    journey = a_journey()
    for minute in range(3):
        journey = deafened(journey, SIX + 10 * MINUTE, SIX + (16 + minute) * MINUTE)

    assert journey.gaps == (Gap(SIX + 10 * MINUTE, SIX + 18 * MINUTE),)
    assert journey.due_at == SIX + 23 * MINUTE


def test_an_ok_is_what_is_awaited_from_half_an_hour_before() -> None:
    journey = a_journey()

    assert not awaits(journey, SIX - 31 * MINUTE)
    assert awaits(journey, SIX - 30 * MINUTE)
    noted = hear(journey, FieldVerb.CHECK_IN, SIX - HOUR)
    assert noted is not None
    assert (noted.legs, noted.heard_at) == (journey.legs, SIX - HOUR)
    assert hear(journey, FieldVerb.CHECK_IN, SIX) is None


def test_whoever_arrives_is_awaited_at_the_next_place() -> None:
    journey = a_journey(to("L12", SIX), to("L14", SIX + 3 * HOUR), steps=2)

    onward = hear(journey, FieldVerb.ARRIVE, SIX - HOUR)

    assert onward is not None
    assert (onward.awaited.to, onward.place, onward.steps) == ("L14", "L12", 0)
    assert hear(onward, FieldVerb.ARRIVE, SIX) is None


def test_a_wait_puts_off_all_that_is_ahead_and_counts_from_now_where_the_time_has_gone() -> None:
    journey = a_journey(to("L12", SIX), to("L14", SIX + 3 * HOUR), steps=1)

    assert later(journey, HOUR, SIX - HOUR) == SIX + HOUR
    assert later(journey, HOUR, SIX + 20 * MINUTE) == SIX + 80 * MINUTE
    put_off = hear(journey, FieldVerb.EXTEND, SIX, later(journey, HOUR, SIX))
    assert put_off is not None
    assert [leg.expected_at for leg in put_off.legs] == [SIX + HOUR, SIX + 4 * HOUR]
    assert put_off.steps == 0


def test_in_high_risk_only_a_one_time_pin_counts_and_a_call_where_it_was_agreed() -> None:
    low, high = a_journey(), a_journey(terms=Terms(Risk.HIGH, HOUR, missed_call=True))
    agreed = a_journey(terms=Terms(missed_call=True))

    assert believes(low, "47110", by_call=False)
    assert believes(low, None, by_call=False)
    assert not believes(high, "47110", by_call=False)
    assert believes(high, "471103", by_call=False)
    assert (believes(agreed, None, by_call=True), believes(low, None, by_call=True)) == (True, False)
    assert not believes(high, None, by_call=True)


def test_a_check_in_is_about_the_journeys_that_it_can_mean() -> None:
    routine = Routine("calls", (18 * 60,))
    trip, call = a_journey(to("L12", SIX + HOUR)), a_journey(kind=JourneyKind.ROUTINE, routine=routine)
    everything = [call, trip]

    assert meant(everything, FieldVerb.CHECK_IN, SIX) == [call]
    assert meant(everything, FieldVerb.ARRIVE, SIX) == [trip]
    assert meant(everything, FieldVerb.EXTEND, SIX) == [trip]
    assert meant([call], FieldVerb.CHECK_IN, SIX - 9 * HOUR) == [call]
    assert meant([], FieldVerb.CHECK_IN, SIX) == []


def test_a_routine_awaits_its_next_time_once_it_was_heard_or_all_steps_are_taken() -> None:
    routine = Routine("calls", (18 * 60, 7 * 60))
    journey = a_journey(kind=JourneyKind.ROUTINE, routine=routine)

    early = hear(journey, FieldVerb.CHECK_IN, SIX - 10 * MINUTE)
    missed = take_steps(journey, SIX + 3 * HOUR)[1]

    assert early is not None
    assert early.awaited.expected_at == missed.awaited.expected_at == SIX + 13 * HOUR
    assert (early.steps, missed.steps) == (0, 0)


TIMES = [
    # Monday to Friday: after Friday evening comes Monday.
    (
        Routine("a", (1080,), days=WEEKDAYS),
        BOGOTA,
        datetime(2026, 11, 27, 23, 0, tzinfo=UTC),
        "2026-11-30 18:00",
    ),
    (Routine("a", (1080, 420)), BOGOTA, datetime(2026, 11, 27, 23, 0, tzinfo=UTC), "2026-11-28 07:00"),
    (Routine("a", (1080,)), BOGOTA, datetime(2026, 11, 27, 22, 59, tzinfo=UTC), "2026-11-27 18:00"),
    # Skipped in Madrid on 29 March: right after. Shown twice on 25 October: the first.
    (Routine("a", (150,)), MADRID, datetime(2026, 3, 28, 12, 0, tzinfo=UTC), "2026-03-29 03:00"),
    (Routine("a", (150,)), MADRID, datetime(2026, 10, 24, 12, 0, tzinfo=UTC), "2026-10-25 02:30"),
    (Routine("a", (150,)), MADRID, datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-26 02:30"),
]


@pytest.mark.parametrize(("routine", "zone", "after", "shown"), TIMES)
def test_a_routine_is_awaited_once_a_day_whatever_the_clocks_do(
    routine: Routine, zone: str, after: datetime, shown: str
) -> None:
    """A7: zones and DST never make a timer fire twice or not at all."""
    assert f"{routine.next_time(after, zone).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == shown


def test_a_place_that_is_no_code_is_shown_to_people_alone() -> None:
    """A9: no SMS names a place."""
    leg = to("Vereda Secreta", SIX)

    assert leg.shown(SIX) == "18:00"
    assert leg.shown(SIX, in_full=True) == "Vereda Secreta 18:00"


def test_a_leg_is_shown_by_the_clocks_of_its_own_zone() -> None:
    """A change of zone on the road: the moment is one, each place tells it by its own clock."""
    assert to("L12", SIX, BOGOTA).shown(SIX) == "L12 13:00"
    assert to("L14", SIX, SANTIAGO).shown(SIX) == "L14 15:00"
    assert to(None, SIX + 12 * HOUR, BOGOTA).shown(SIX) == "01:00+1"

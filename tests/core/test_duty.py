"""Whose turn of duty it is: the weekly rota, its moment of change, and what was arranged otherwise (B1, A7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertnet.core.directory.on_call import Arrangement, Duty, Officer, on_duty, shift_at, swapped, turns
from tests.core.cast import call, coordinator, email, level, sms, tree

ANA, LUIS, MARY = (Officer(f"north/{name}", f"+{name}", "es") for name in ("ana", "luis", "mary"))
ROTA = Duty((ANA, LUIS), weekday=0, minute=9 * 60)
ZONES = ("America/Bogota", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Madrid")


def at(text: str, zone: str = "America/Bogota") -> datetime:
    """A moment of the clocks there."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def turn(moment: datetime, *arranged: Arrangement, duty: Duty = ROTA, besides: str | None = None) -> str | None:
    officer = on_duty(duty, "America/Bogota", arranged, moment, besides)
    return officer.id.partition("/")[2] if officer else None


def arranged(officer: Officer, is_on: bool, starts: str, ends: str) -> Arrangement:
    return Arrangement(officer.id, is_on, at(starts), at(ends))


def test_the_turn_changes_each_week_at_its_moment_in_the_trees_zone() -> None:
    before, after = turn(at("2026-11-23 08:59:59")), turn(at("2026-11-23 09:00"))
    assert {before, after} == {"ana", "luis"}
    assert turn(at("2026-11-30 08:59:59")) == after
    assert turn(at("2026-11-30 09:00")) == before


def test_a_rota_of_three_comes_round_after_three_weeks() -> None:
    three = Duty((ANA, LUIS, MARY), weekday=4, minute=0)
    weeks = [turn(at("2026-11-27 12:00") + timedelta(weeks=count), duty=three) for count in range(4)]
    assert sorted({*weeks[:3]}, key=str) == ["ana", "luis", "mary"]
    assert weeks[3] == weeks[0]


@pytest.mark.parametrize(
    ("since", "begins"),
    [("2026-11-30", "2026-11-30 09:00"), ("2026-11-24", "2026-11-30 09:00"), ("2026-12-01", "2026-12-07 09:00")],
)
def test_the_first_on_the_rota_has_the_first_turn_since_a_day(since: str, begins: str) -> None:
    """B1: `since`; before it nobody has a turn, and the contact's own numbers serve."""
    duty = replace(ROTA, rota=(LUIS, ANA, MARY), since=date.fromisoformat(since))
    first = at(begins)

    assert turn(first - timedelta(seconds=1), duty=duty) is None
    assert [turn(first + timedelta(weeks=count), duty=duty) for count in range(4)] == ["luis", "ana", "mary", "luis"]


def test_a_name_that_is_added_shifts_nobody_before_it() -> None:
    """B1: the weeks of those who stand before it are what they were, until its own turn comes."""
    two = replace(ROTA, since=date(2026, 11, 30))
    three = replace(two, rota=(*ROTA.rota, MARY))
    weeks = [at("2026-11-30 09:00") + timedelta(weeks=count) for count in range(3)]

    assert [turn(moment, duty=two) for moment in weeks] == ["ana", "luis", "ana"]
    assert [turn(moment, duty=three) for moment in weeks] == ["ana", "luis", "mary"]


def test_turns_follow_one_another_and_show_what_was_arranged() -> None:
    """Whoever goes on is not listed twice; the first is whole, though it has begun."""
    duty = replace(ROTA, since=date(2026, 11, 23))
    holiday = arranged(LUIS, True, "2026-11-26 00:00", "2026-11-27 00:00")
    found = turns(duty, "America/Bogota", [holiday], at("2026-11-24 12:00"), 3)

    assert [(each.officer.id if each.officer else None, each.starts_at) for each in found] == [
        ("north/ana", at("2026-11-23 09:00")),
        ("north/luis", at("2026-11-26 00:00")),
        ("north/ana", at("2026-11-27 00:00")),
        ("north/luis", at("2026-11-30 09:00")),
        ("north/ana", at("2026-12-07 09:00")),
    ]
    assert [before.ends_at for before in found[:-1]] == [after.starts_at for after in found[1:]]
    alone = turns(replace(duty, rota=(ANA,)), "America/Bogota", [], at("2026-11-24 12:00"), 3)
    assert [(each.starts_at, each.ends_at) for each in alone] == [(at("2026-11-23 09:00"), at("2026-12-14 09:00"))]


@pytest.mark.parametrize("pair", [(ANA, LUIS), (LUIS, ANA)])
def test_two_exchange_a_turn_for_the_next_of_whoever_takes_it(pair: tuple[Officer, Officer]) -> None:
    duty = replace(ROTA, rota=(ANA, LUIS, MARY), since=date(2026, 11, 30))
    now = at("2026-11-24 12:00")
    done = swapped(duty, "America/Bogota", [], pair, date(2026, 12, 21), now)

    assert done is not None
    assert done == (
        arranged(LUIS, True, "2026-12-21 09:00", "2026-12-28 09:00"),
        arranged(ANA, True, "2026-12-28 09:00", "2027-01-04 09:00"),
    )
    weeks = [at("2026-12-21 12:00") + timedelta(weeks=count) for count in range(3)]
    assert [turn(moment, *done, duty=duty) for moment in weeks] == ["luis", "ana", "mary"]
    again = swapped(duty, "America/Bogota", done, pair, date(2026, 12, 21), now)
    assert again is not None
    assert [turn(moment, *done, *again, duty=duty) for moment in weeks] == ["ana", "luis", "mary"]


def test_nothing_is_exchanged_where_neither_has_the_turn_or_it_is_over() -> None:
    duty = replace(ROTA, rota=(ANA, LUIS, MARY), since=date(2026, 11, 30))
    third = date(2026, 12, 14)

    assert swapped(duty, "America/Bogota", [], (ANA, LUIS), third, at("2026-11-24 12:00")) is None
    assert swapped(duty, "America/Bogota", [], (ANA, MARY), third, at("2026-12-21 09:00")) is None
    assert swapped(duty, "America/Bogota", [], (ANA, MARY), third, at("2026-12-21 08:59")) is not None


def test_an_empty_rota_has_nobody_on_duty() -> None:
    """B1: numbers in the contact serve when the rota is empty."""
    assert turn(at("2026-11-24 12:00"), duty=Duty((ANA,), 0, 540)) == "ana"
    assert turn(at("2026-11-24 12:00"), duty=Duty((), 0, 540)) is None


def test_what_was_arranged_stands_above_the_rota_for_its_days_alone() -> None:
    holiday = [arranged(each, True, "2026-12-24 00:00", "2026-12-27 00:00") for each in (ANA, LUIS)]
    for officer, name in zip(holiday, ("ana", "luis"), strict=True):
        assert turn(at("2026-12-25 12:00"), officer) == name
    assert turn(at("2026-12-27 00:00"), holiday[0]) == turn(at("2026-12-27 00:00"))


def test_who_is_off_duty_is_passed_over_and_when_all_are_nobody_is_on() -> None:
    off = [arranged(each, False, "2026-11-23 09:00", "2026-11-30 09:00") for each in (ANA, LUIS)]
    assert turn(at("2026-11-24 12:00"), off[0]) == "luis"
    assert turn(at("2026-11-24 12:00"), off[1]) == "ana"
    assert turn(at("2026-11-24 12:00"), *off) is None


def test_of_what_one_person_said_the_last_holds() -> None:
    off = arranged(ANA, False, "2026-11-23 09:00", "2026-11-30 09:00")
    on = arranged(ANA, True, "2026-11-24 09:00", "2026-11-30 09:00")
    assert turn(at("2026-11-24 12:00"), off, on) == "ana"
    assert turn(at("2026-11-24 12:00"), on, off) == "luis"


def test_who_raised_the_incident_is_passed_over() -> None:
    """B1: the number that raised the incident receives nothing of it."""
    assert turn(at("2026-11-24 12:00"), besides=ANA.phone) == "luis"
    assert turn(at("2026-11-24 12:00"), besides=LUIS.phone) == "ana"


@pytest.mark.parametrize(
    ("zone", "minute", "change"),
    [
        ("Europe/Madrid", 150, datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Africa/Casablanca", 150, datetime(2026, 3, 22, 2, tzinfo=UTC)),
        ("Australia/Lord_Howe", 135, datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ],
)
def test_a_change_that_the_clocks_skip_happens_right_after(zone: str, minute: int, change: datetime) -> None:
    """A7."""
    duty = Duty((ANA, LUIS), weekday=6, minute=minute)

    assert shift_at(duty, zone, change).starts_at == change
    assert shift_at(duty, zone, change - timedelta(seconds=1)).ends_at == change


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_change_that_the_clocks_show_twice_happens_once(year: int) -> None:
    """A7: set back at 03:00 to 02:00, a change at 02:30 has happened at the first of the two."""
    sunday = {2026: "2026-10-25", 2027: "2027-10-31"}[year]
    duty = Duty((ANA, LUIS), weekday=6, minute=150)
    first = at(f"{sunday} 02:30", "Europe/Madrid")
    turns = [shift_at(duty, "Europe/Madrid", first + timedelta(minutes=count)).place for count in range(-30, 120, 10)]
    assert [before != after for before, after in pairwise(turns)].count(True) == 1
    assert turns[2] != turns[3]


@given(
    zone=st.sampled_from(ZONES),
    weekday=st.integers(0, 6),
    minute=st.integers(0, 1439),
    span=st.timedeltas(timedelta(), timedelta(days=800)),
)
def test_every_moment_lies_in_one_week_of_the_rota(zone: str, weekday: int, minute: int, span: timedelta) -> None:
    """A7: weeks follow each other without gap or overlap, also over the nights in which clocks are set."""
    moment, duty = datetime(2026, 1, 1, tzinfo=UTC) + span, Duty((ANA, LUIS), weekday, minute)
    shift = shift_at(duty, zone, moment)
    assert shift.starts_at <= moment < shift.ends_at
    following = shift_at(duty, zone, shift.ends_at)
    assert (following.starts_at, {following.place, shift.place}) == (shift.ends_at, {0, 1})
    assert abs(shift.ends_at - shift.starts_at - timedelta(weeks=1)) <= timedelta(hours=2)


def test_on_duty_the_officers_phone_takes_the_place_of_the_contacts_numbers() -> None:
    desk = coordinator("desk", sms("+1"), call("+1", 3, extension="w1"), email("desk@pbi.example"), duty=ROTA)
    staffed = tree([level("One", "desk")], [desk]).staffed({"desk": ANA}).contacts["desk"]
    assert [(each.address, each.extension) for each in staffed.methods] == [
        ("+ana", None),
        ("+ana", None),
        ("desk@pbi.example", None),
    ]
    assert staffed.numbers == {"+ana"}

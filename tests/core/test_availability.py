"""When a contact is there: hours, holidays, closed days and quiet hours, by the clocks of its own zone (B1, A7)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertnet.core.directory.availability import Hours, Span, Times

ZONES = (
    "America/Bogota",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Europe/Madrid",
)
OFFICE: Span = (8 * 60 + 30, 16 * 60 + 30)
WEEKDAYS = Hours("Mo-Fr 08:30-16:30", ((OFFICE,),) * 5 + ((), ()))
NIGHT: Span = (22 * 60, 7 * 60)

nights = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda span: span[0] != span[1])
changes = st.sampled_from([(3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)])
"""Months and days on which clocks are set forward or back somewhere."""
instants = st.one_of(
    st.builds(
        lambda day, span: datetime(2026, day[0], day[1], tzinfo=UTC) + span,
        changes,
        st.timedeltas(-timedelta(1), timedelta(2)),
    ),
    st.timedeltas(timedelta(), timedelta(days=730)).map(lambda span: datetime(2026, 1, 1, tzinfo=UTC) + span),
)


def at(text: str) -> datetime:
    """An instant as `2026-11-24 08:30 America/Bogota`, or with a second zone's clock."""
    moment, zone = text.rsplit(" ", 1)
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_without_hours_a_contact_is_always_there() -> None:
    """B1: absent = always."""
    night = at("2026-11-29 03:00 UTC")

    assert Times("America/Bogota", WEEKDAYS).closed_by(night) == "hours"
    assert Times("America/Bogota").closed_by(night) is None


@pytest.mark.parametrize(
    ("moment", "closed_by"),
    [
        ("2026-11-24 08:29:59 America/Bogota", "hours"),
        ("2026-11-24 08:30 America/Bogota", None),
        ("2026-11-24 16:29:59 America/Bogota", None),
        ("2026-11-24 16:30 America/Bogota", "hours"),
        ("2026-11-28 12:00 America/Bogota", "hours"),
        ("2026-11-27 15:00 UTC", None),
        ("2026-11-27 10:00 UTC", "hours"),
    ],
)
def test_hours_are_those_of_the_contacts_own_zone(moment: str, closed_by: str | None) -> None:
    assert Times("America/Bogota", WEEKDAYS).closed_by(at(moment)) == closed_by


def test_a_zone_of_half_an_hour_is_kept_to_the_minute() -> None:
    """A7: Kathmandu is 5 h 45 min ahead."""
    times = Times("Asia/Kathmandu", WEEKDAYS)
    assert times.closed_by(at("2026-11-24 02:44:59 UTC")) == "hours"
    assert times.closed_by(at("2026-11-24 02:45 UTC")) is None


def test_a_holiday_of_any_of_its_countries_and_a_closed_day_close_it_from_midnight_to_midnight() -> None:
    holidays = (("CO", {date(2026, 12, 8): "Immaculate Conception"}), ("ES", {date(2026, 12, 7): "Constitution Day"}))
    times = Times("America/Bogota", WEEKDAYS, frozenset({date(2026, 12, 9)}), holidays)
    reasons = [times.closed_by(at(f"2026-12-{day:02} 10:00 America/Bogota")) for day in (4, 7, 8, 9, 10)]
    assert reasons == [None, "ES: Constitution Day", "CO: Immaculate Conception", "closed", None]
    assert times.closed_by(at("2026-12-08 00:00 America/Bogota")) == "CO: Immaculate Conception"
    assert times.closed_by(at("2026-12-07 23:00 America/Bogota")) == "ES: Constitution Day"


def test_holidays_close_also_whoever_has_no_hours() -> None:
    times = Times("UTC", holidays=(("CO", {date(2026, 12, 25): "Christmas Day"}),))
    assert times.closed_by(at("2026-12-25 12:00 UTC")) == "CO: Christmas Day"
    assert times.closed_by(at("2026-12-26 03:00 UTC")) is None


def test_a_day_of_its_own_stands_above_the_week() -> None:
    hours = Hours("", WEEKDAYS.week, {date(2026, 12, 24): ((480, 720),)})
    times = Times("UTC", hours)
    assert times.closed_by(at("2026-12-24 11:59 UTC")) is None
    assert times.closed_by(at("2026-12-24 12:00 UTC")) == "hours"


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-24 21:59 Europe/Madrid", None),
        ("2026-11-24 22:00 Europe/Madrid", "2026-11-25 07:00 Europe/Madrid"),
        ("2026-11-25 06:59 Europe/Madrid", "2026-11-25 07:00 Europe/Madrid"),
        ("2026-11-25 07:00 Europe/Madrid", None),
        ("2026-03-28 23:00 Europe/Madrid", "2026-03-29 07:00 Europe/Madrid"),
        ("2026-10-24 23:00 Europe/Madrid", "2026-10-25 07:00 Europe/Madrid"),
    ],
)
def test_quiet_hours_go_past_midnight_and_end_by_the_clock(moment: str, until: str | None) -> None:
    """A7: also in the nights that are an hour shorter or longer."""
    assert Times("Europe/Madrid", quiet=NIGHT).quiet_until(at(moment)) == (at(until) if until else None)


SKIPPED = [
    ("Europe/Madrid", "2026-03-29 01:59 Europe/Madrid", 150, "2026-03-29 01:00 UTC"),
    ("Africa/Casablanca", "2026-03-22 01:59 Africa/Casablanca", 150, "2026-03-22 02:00 UTC"),
    ("Australia/Lord_Howe", "2026-10-04 01:59 Australia/Lord_Howe", 135, "2026-10-03 15:30 UTC"),
]
"""A zone, the minute before its clocks skip an hour (half of one on Lord Howe), a minute in that, and right after."""


@pytest.mark.parametrize(("zone", "before", "minute", "after"), SKIPPED)
def test_what_changes_in_the_skipped_hour_changes_right_after_it(
    zone: str, before: str, minute: int, after: str
) -> None:
    """A7: the end of quiet hours, and an opening, that the clocks on the wall never show."""
    ends = Times(zone, quiet=(60, minute)).quiet_until(at(before))
    opens = Times(zone, Hours("", (((minute, 600),),) * 7)).next_opening(at(before))

    assert (ends, opens) == (at(after), at(after))


@pytest.mark.parametrize(
    ("zone", "quiet", "moment", "until"),
    [
        ("Europe/Madrid", (180, 150), "2026-03-28 12:00 Europe/Madrid", "2026-03-30 02:30 Europe/Madrid"),
        ("America/Havana", (1, 0), "2026-03-07 12:00 America/Havana", "2026-03-09 00:00 America/Havana"),
    ],
)
def test_where_the_clocks_skip_all_that_is_not_quiet_it_is_quiet_until_the_next_day(
    zone: str, quiet: Span, moment: str, until: str
) -> None:
    """A2, A11: who is hardly ever rung keeps no incident from opening on the eve of summer time."""
    assert Times(zone, quiet=quiet).quiet_until(at(moment)) == at(until)


@given(zone=st.sampled_from(ZONES), quiet=nights, moment=instants)
def test_whatever_is_held_back_is_let_go_within_two_days_and_then_nothing_is_quiet(
    zone: str, quiet: Span, moment: datetime
) -> None:
    """A2: nothing is held back for ever, nor twice."""
    times = Times(zone, quiet=quiet)
    until = times.quiet_until(moment)
    if until is not None:
        assert moment < until <= moment + timedelta(hours=50)
        assert times.quiet_until(until) is None


@given(zone=st.sampled_from(ZONES), span=nights, moment=instants)
def test_an_instant_is_judged_by_what_the_clock_on_the_wall_shows(zone: str, span: Span, moment: datetime) -> None:
    """A7: the same reading is the same answer, on every day and in every fold of the clock."""
    begins, ends = sorted(span)
    shown = moment.astimezone(ZoneInfo(zone))
    is_open = Times(zone, Hours("", (((begins, ends),),) * 7)).closed_by(moment) is None
    assert is_open == (begins <= shown.hour * 60 + shown.minute < ends)


def test_the_next_opening_passes_over_nights_weekends_and_holidays() -> None:
    """B3: a Friday evening before a holiday on Monday is waited for until Tuesday; beyond seven days nobody waits."""
    office = Hours("Mo-Fr 08:30-16:30", (((510, 990),),) * 5 + ((), ()))
    bogota = Times("America/Bogota", office, holidays=(("CO", {date(2026, 11, 30): "a holiday"}),))
    friday = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)

    assert bogota.next_opening(friday) == datetime(2026, 12, 1, 13, 30, tzinfo=UTC)
    assert bogota.next_opening(datetime(2026, 12, 1, 14, 0, tzinfo=UTC)) == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert Times("UTC", Hours("", ((),) * 7)).next_opening(friday) is None
    assert Times("UTC", closed=frozenset({date(2026, 11, 27)})).next_opening(friday) == datetime(
        2026, 11, 28, tzinfo=UTC
    )

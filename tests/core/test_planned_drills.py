"""When a planned drill is held again: the same hour by its clocks, the last day of a month that is short (A7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alertnet.core.incident import Affected, Facts, Severity
from alertnet.core.monitoring.drills import planned

ARREST = Facts("arrest", Severity.CRITICAL, "DE")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("first", "months", "then"),
    [
        ((2026, 1, 31), 1, [(2026, 2, 28), (2026, 3, 31), (2026, 4, 30)]),
        ((2027, 11, 30), 3, [(2028, 2, 29), (2028, 5, 30), (2028, 8, 30)]),
        ((2026, 3, 15), 12, [(2027, 3, 15), (2028, 3, 15)]),
    ],
)
def test_the_day_of_the_month_and_the_hour_stay(
    first: tuple[int, int, int], months: int, then: list[tuple[int, int, int]]
) -> None:
    """Winter and summer alike: ten o'clock is ten o'clock."""
    at = datetime(*first, 10, tzinfo=BERLIN).astimezone(UTC)
    drill = planned(ARREST, at, "Europe/Berlin", "test", months)
    found = []
    for _ in then:
        following = drill.following(drill.starts_at)
        assert following is not None
        drill = following
        found.append(drill.starts_at.astimezone(BERLIN))

    assert [(each.year, each.month, each.day) for each in found] == then
    assert {each.hour for each in found} == {10}


def test_a_change_of_the_clocks_moves_it_once_and_not_for_good() -> None:
    """Half past two is skipped on 28 March 2027; it is there again in April."""
    at = datetime(2027, 1, 28, 2, 30, tzinfo=BERLIN)
    drill = planned(ARREST, at.astimezone(UTC), "Europe/Berlin", "test", 1)
    shown = []
    for _ in range(3):
        following = drill.following(drill.starts_at)
        assert following is not None
        drill = following
        shown.append(drill.starts_at.astimezone(BERLIN).strftime("%m-%d %H:%M"))

    assert shown == ["02-28 02:30", "03-28 03:00", "04-28 02:30"]


def test_after_a_long_absence_those_that_were_missed_are_not_made_up_for() -> None:
    at = datetime(2026, 1, 10, 9, tzinfo=UTC)
    drill = planned(ARREST, at, "UTC", "test", 1)

    following = drill.following(at + timedelta(days=100))

    assert following is not None
    assert following.starts_at == datetime(2026, 5, 10, 9, tzinfo=UTC)


def test_once_it_is_over_nothing_that_somebody_wrote_is_kept_of_it() -> None:
    """What is erased of its incident is nowhere else."""
    at = datetime(2026, 1, 10, 9, tzinfo=UTC)
    written = replace(ARREST, summary="At the mill", place="L12", people=(Affected("P7"),))

    kept = planned(written, at, "UTC", "test").over("late")

    assert kept.facts == replace(ARREST, drill=True)
    assert kept.why == "late"

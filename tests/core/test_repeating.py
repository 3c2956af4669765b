"""Repeats stand on the moments that were planned, and an outage is made up for once (A7)."""

from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.delivery.next_repeat import next_repeat, prompt_pause
from alertnet.core.incident import Severity

START = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)
TEN = timedelta(minutes=10)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_repeats_do_not_drift() -> None:
    """Each runs a little after its moment; the next is planned from the moment, not from when it ran."""
    due = START
    for _ in range(100):
        due = next_repeat(due, TEN, due + timedelta(seconds=7))

    assert due == after(1000)


@pytest.mark.parametrize(("late", "expected"), [(0, 10), (4, 10), (6, 20), (14, 20), (36, 50), (125, 130)])
def test_after_an_outage_one_repeat_makes_up_for_all_that_were_missed(late: int, expected: int) -> None:
    """The next is on the old row of moments, and not so soon that the two would be a burst."""
    assert next_repeat(START, TEN, after(late)) == after(expected)


@pytest.mark.parametrize(
    ("unanswered", "severity", "pause"),
    [
        (0, Severity.CRITICAL, 10),
        (59, Severity.WATCH, 10),
        (60, Severity.CRITICAL, 20),
        (359, Severity.SERIOUS, 20),
        (360, Severity.CRITICAL, 30),
        (360, Severity.SERIOUS, 60),
        (6000, Severity.CRITICAL, 30),
    ],
)
def test_what_nobody_answers_rings_less_often_the_longer_it_is(unanswered: int, severity: Severity, pause: int) -> None:
    """B9: a coordinator who sleeps through an hour is woken by the next call as well as by six."""
    assert prompt_pause(timedelta(minutes=unanswered), severity) == timedelta(minutes=pause)

"""The reckoning of a trial can fail: whatever breaks the promise is found, and what doesn't is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from torture.reckoning import Alert, Record, reckon

THEN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SOON = THEN + timedelta(seconds=1)
ALERT = Alert("A-7K3M", "coordinator", THEN, arrivals=(SOON,), extras=0, tried=("sent",))
TWICE = replace(ALERT, arrivals=(SOON, SOON), extras=1, tried=("outcome_unknown", "sent"))


def reckoned(
    *alerts: Alert, strays: int = 0, breaks: tuple[str, ...] = (), most_extras: float = 1.0
) -> tuple[str, ...]:
    record = Record(alerts, frozenset({"A-7K3M"}), strays, breaks)
    return reckon(record, ["A-7K3M"], ["coordinator"], most_extras).faults


def test_an_alert_that_came_once_keeps_the_promise() -> None:
    assert reckoned(ALERT) == ()
    assert reckoned(replace(ALERT, arrivals=())) != ()


def test_an_extra_keeps_it_where_an_outcome_was_unknown_and_it_is_marked() -> None:
    """A5: at most one extra for each unknown outcome, and it is marked."""
    assert reckoned(TWICE) == ()
    assert reckoned(replace(TWICE, extras=0)) != ()


def test_what_was_in_doubt_twice_is_handed_over_and_not_lost_where_the_next_was_told() -> None:
    """A5: a second unknown fails, and the next method goes at once; where nobody at all was told, it is lost."""
    doubtful = replace(ALERT, arrivals=(), extras=1, tried=("outcome_unknown", "outcome_unknown"))

    assert reckoned(doubtful, replace(ALERT, contact="embassy")) == ()
    assert reckoned(doubtful) == ("lost: A-7K3M, coordinator (outcome_unknown, outcome_unknown)",)


@pytest.mark.parametrize(
    ("alert", "fault"),
    [
        (replace(ALERT, arrivals=()), "lost: A-7K3M, coordinator (sent)"),
        (replace(ALERT, contact="desk"), "lost: A-7K3M, coordinator"),
        (replace(TWICE, extras=0), "1 extra that are not marked"),
        (replace(TWICE, arrivals=(SOON, SOON, SOON)), "1 extra that are not marked"),
        (replace(TWICE, tried=("failed", "sent")), "sent again without a doubt: A-7K3M, coordinator"),
    ],
)
def test_what_breaks_it_is_named(alert: Alert, fault: str) -> None:
    assert reckoned(alert) == (fault,)


def test_more_extras_than_a_trial_may_have_break_it() -> None:
    assert reckoned(TWICE, most_extras=0.02) == ("1 extras for 1 incidents",)


def test_a_message_that_no_alert_knows_of_breaks_it() -> None:
    assert reckoned(ALERT, strays=1) == ("1 extra that are not marked",)


def test_a_broken_chain_breaks_it() -> None:
    """A10."""
    assert reckoned(ALERT, breaks=("system 3: the entry was altered",)) == ("system 3: the entry was altered",)


def test_an_accepted_incident_that_is_not_on_the_record_is_lost() -> None:
    """A1."""
    record = Record((), frozenset(), 0, ())

    faults = reckon(record, ["A-7K3M"], ["coordinator"]).faults

    assert faults == ("lost: A-7K3M, coordinator", "accepted, and not on the record: A-7K3M")


def test_lateness_is_counted_from_the_planned_moment_to_the_first_arrival() -> None:
    late = replace(ALERT, arrivals=(THEN + timedelta(seconds=9),))

    found = reckon(Record((late,), frozenset({"A-7K3M"}), 0, ()), ["A-7K3M"], ["coordinator"])

    assert (found.late, found.latest) == (1, timedelta(seconds=9))

"""Signs of life, shared by all processes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import Reports
from alertnet.core.notification import Failure
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats
from tests.store.conftest import NOW

At = Callable[[float], Tx]
EVERY = timedelta(seconds=10)


@pytest.fixture
def at(tx: Tx) -> At:
    """The same transaction at a moment so many seconds later."""
    return lambda seconds: replace(tx, now=tx.now + timedelta(seconds=seconds))


def test_a_turn_is_taken_once_in_a_while(at: At) -> None:
    taken = [heartbeats.lease(at(second), "watch", EVERY) for second in (0, 5, 10, 19, 20)]

    assert taken == [True, False, True, False, True]


def test_a_clock_that_was_put_back_stops_no_turns(at: At) -> None:
    """Or the heartbeat would stop for as long as the clock was wrong."""
    heartbeats.lease(at(3600), "watch", EVERY)

    assert heartbeats.lease(at(0), "watch", EVERY)


def test_what_is_lost_is_counted_from_the_last_report_on(at: At) -> None:
    for second in (0, 1):
        heartbeats.note_lost_report(at(second), MethodKind.SMS, NOW)
    heartbeats.note_report(at(2), MethodKind.SMS)
    heartbeats.note_lost_report(at(3), MethodKind.SMS, NOW)
    heartbeats.note_lost_report(at(4), MethodKind.SMS, NOW)

    found = heartbeats.reports(heartbeats.read(at(5).session))[MethodKind.SMS]

    assert found == Reports(NOW + timedelta(seconds=2), 2, NOW + timedelta(seconds=4))


@pytest.mark.parametrize("since", [heartbeats.RESTORED, heartbeats.WATCH_SINCE])
def test_what_left_before_a_backup_or_an_outage_is_not_missed(at: At, since: str) -> None:
    """Its report came to another database, or to none."""
    heartbeats.note(at(10), since)
    for left in (0, 10, 11):
        heartbeats.note_lost_report(at(70), MethodKind.SMS, NOW + timedelta(seconds=left))

    assert heartbeats.reports(heartbeats.read(at(71).session))[MethodKind.SMS].lost == 1


@pytest.mark.parametrize(("now", "until"), [(-3600, None), (129, 130), (130, None)])
def test_what_is_due_stands_still_for_two_minutes_after_a_restore(at: At, now: float, until: float | None) -> None:
    """A2: on a clock that was put back nothing stands still; what was raised since waits for nothing in any case."""
    heartbeats.note(at(10), heartbeats.RESTORED)

    restored_at, moment = heartbeats.restored_at(at(now).session), at(now).now
    held = [heartbeats.held_until(restored_at, NOW + timedelta(seconds=opened), moment) for opened in (0, 10, 11)]

    held_until = until and NOW + timedelta(seconds=until)
    assert held == [held_until, held_until, None]


def test_what_is_asked_for_before_anybody_watches_again_is_not_missed(at: At) -> None:
    """The database has just come back, and the first to use it asks how messages ended."""
    heartbeats.note(at(10), heartbeats.WATCH)
    for second in (35, 70):
        heartbeats.note_lost_report(at(second), MethodKind.SMS, NOW)

    assert heartbeats.reports(heartbeats.read(at(71).session))[MethodKind.SMS].lost == 1


def test_only_what_our_account_may_not_send_is_a_sign(at: At) -> None:
    for failure in Failure:
        heartbeats.note_failure(at(0), MethodKind.EMAIL, failure)

    assert heartbeats.reports(heartbeats.read(at(1).session))[MethodKind.EMAIL].refused == 1

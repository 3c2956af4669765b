"""What is trouble and what is not, whether the heartbeat goes on, and when trouble begins and is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alertnet.core.delivery.provider_routes import ANY_NUMBER, FIRST, SECOND, Routing
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import (
    SPARED,
    Files,
    Observed,
    Part,
    Reports,
    Seen,
    find_trouble,
    follow,
    lateness,
    may_beat,
    missing_workers,
    stood_still,
)

NOW = datetime(2026, 11, 27, 2, 14, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


QUIET = Observed(
    now=NOW,
    since=ago(9000),
    due={"escalations": ago(1), "sms": ago(2)},
    rate_limited_until={},
    routes=frozenset({(MethodKind.SMS, FIRST), (MethodKind.SMS, SECOND), (MethodKind.EMAIL, FIRST)}),
    away={},
    stubborn=frozenset(),
    reports={MethodKind.SMS: Reports(ago(5000), 2, ago(4000))},
    is_tested=True,
    inbound_at=ago(70),
    workers=(Seen(ago(5000), ago(4)),),
    unheard=(),
)
TROUBLED = {
    Part.SMS: {"stubborn": frozenset({MethodKind.SMS})},
    Part.CALL: {"reports": {MethodKind.CALL: Reports(ago(700), refused=3, refused_at=ago(599))}},
    Part.EMAIL: {"away": {(MethodKind.EMAIL, FIRST): ago(31)}},
    Part.PROVIDERS: {"away": {(MethodKind.SMS, FIRST): ago(31)}},
    Part.CALLBACKS: {"reports": {MethodKind.CALL: Reports(ago(300), 3, ago(60))}},
    Part.INBOUND: {"inbound_at": ago(181)},
    Part.MAILBOX: {"mailbox_read_at": ago(601)},
    Part.PUNCTUALITY: {"due": {"put_off": ago(61)}},
    Part.WORKERS: {"workers": (Seen(ago(5000), ago(31)), Seen(ago(5000), ago(1)))},
    Part.TREES: {"files": Files.BROKEN},
    Part.EDITION: {"files": Files.BROKEN_AT_START},
    Part.UNHEARD: {"unheard": ("A-7K3M",)},
}


def test_a_quiet_night_is_no_trouble_and_the_heart_beats() -> None:
    assert find_trouble(QUIET) == set()
    assert may_beat(QUIET, set())


@pytest.mark.parametrize("part", TROUBLED)
def test_each_part_is_found_by_its_own_sign(part: Part) -> None:
    besides = {Part.TREES} if part is Part.EDITION else set()
    assert find_trouble(replace(QUIET, **TROUBLED[part])) == {part, *besides}  # type: ignore[arg-type]


@pytest.mark.parametrize("part", TROUBLED)
def test_the_heartbeat_stops_unless_others_do_the_work(part: Part) -> None:
    """A worker or provider that is gone while another is on time has cost nothing yet."""
    assert may_beat(QUIET, {part}) is (part in SPARED)


def test_the_heartbeat_waits_for_the_first_test_of_the_inbound_path() -> None:
    """What never worked is no news to anybody, but nobody may rely on it either."""
    never = replace(QUIET, inbound_at=None)

    assert find_trouble(never) == set()
    assert not may_beat(never, set())
    assert may_beat(replace(never, is_tested=False), set())


@pytest.mark.parametrize(("due", "late"), [({"alarms": ago(60)}, False), ({"alarms": ago(61)}, True)])
def test_a_minute_is_tolerated(due: dict[str, datetime], late: bool) -> None:
    assert (Part.PUNCTUALITY in find_trouble(replace(QUIET, due=due))) is late


def test_what_the_pace_holds_back_is_not_late_for_two_minutes() -> None:
    """A queue at the provider's own limit is no fault of ours, but nobody has agreed to wait longer than that."""
    waiting = replace(QUIET, due={"sms": ago(120), "call": ago(120), "email": ago(61)})

    rate_limited = replace(waiting, rate_limited_until={MethodKind.SMS: ago(-1), MethodKind.CALL: ago(60)})
    longer = replace(rate_limited, due={"sms": ago(121)})

    assert set(lateness(waiting)) == {"sms", "call", "email"}
    assert set(lateness(rate_limited)) == {"call", "email"}
    assert set(lateness(longer)) == {"sms"}
    assert find_trouble(longer) == {Part.PUNCTUALITY}


def test_where_somebody_has_no_other_provider_its_absence_is_trouble() -> None:
    """A11: the other one takes everything but what the routes give to this one alone."""
    routing = Routing({"+573005552": (SECOND,), ANY_NUMBER: (FIRST, SECOND)})
    away = {(MethodKind.SMS, SECOND): ago(31)}

    assert find_trouble(replace(QUIET, away=away)) == {Part.PROVIDERS}
    assert find_trouble(replace(QUIET, away=away, routing=routing)) == {Part.SMS}


def test_what_is_late_though_another_provider_works_is_late() -> None:
    """A2: one that is away explains nothing where the other could have taken it."""
    away = {(MethodKind.SMS, FIRST): ago(600)}

    assert find_trouble(replace(QUIET, due={"sms": ago(61)}, away=away)) == {Part.PROVIDERS, Part.PUNCTUALITY}


def test_what_a_failing_channel_holds_back_is_not_late_besides() -> None:
    """One trouble, not two."""
    away = {(MethodKind.SMS, FIRST): ago(600), (MethodKind.SMS, SECOND): ago(600)}

    assert find_trouble(replace(QUIET, due={"sms": ago(600)}, away=away)) == {Part.SMS}


@pytest.mark.parametrize(
    "reports",
    [
        Reports(None, refused=2, refused_at=ago(5)),
        Reports(ago(4), refused=9, refused_at=ago(5)),
        Reports(None, refused=9, refused_at=ago(601)),
    ],
    ids=["two", "one went through since", "long ago"],
)
def test_what_our_account_may_not_send_now_and_then_is_no_trouble(reports: Reports) -> None:
    """A country may be barred to it; a channel is not."""
    barred = Reports(None, refused=3, refused_at=ago(5))

    assert find_trouble(replace(QUIET, reports={MethodKind.SMS: reports})) == set()
    assert find_trouble(replace(QUIET, reports={MethodKind.SMS: barred})) == {Part.SMS}


@pytest.mark.parametrize(("seconds", "trouble"), [(30, set()), (31, {Part.EMAIL})])
def test_a_provider_that_is_away_for_a_moment_is_no_trouble(seconds: float, trouble: set[Part]) -> None:
    assert find_trouble(replace(QUIET, away={(MethodKind.EMAIL, FIRST): ago(seconds)})) == trouble


def test_after_a_gap_everything_has_its_time_to_catch_up() -> None:
    """A7: what was overdue runs now; only what stays overdue is trouble."""
    back = replace(QUIET, due={"escalations": ago(7200)}, inbound_at=ago(7200), since=ago(20))

    assert find_trouble(back) == set()
    assert find_trouble(replace(back, since=ago(61))) == {Part.PUNCTUALITY}


@pytest.mark.parametrize(
    "reports",
    [
        Reports(ago(300), 2, ago(60)),
        Reports(ago(50), 3, ago(60)),
        Reports(None, 9, ago(3601)),
        Reports(ago(5)),
    ],
    ids=["two are lost", "one arrived since", "long ago", "all arrive"],
)
def test_reports_may_get_lost_now_and_then(reports: Reports) -> None:
    lost = Reports(ago(300), 3, ago(60))

    assert find_trouble(replace(QUIET, reports={MethodKind.SMS: reports})) == set()
    assert find_trouble(replace(QUIET, reports={MethodKind.SMS: lost})) == {Part.CALLBACKS}


@pytest.mark.parametrize(
    ("workers", "missing"),
    [
        ((Seen(ago(900), ago(400)),), 1),
        ((Seen(ago(900), ago(400)), Seen(ago(900), ago(1))), 1),
        ((Seen(ago(900), ago(400)), Seen(ago(300), ago(1))), 0),
        ((Seen(ago(900), ago(400)), Seen(ago(900), ago(350)), Seen(ago(300), ago(1))), 1),
        ((Seen(ago(900), ago(400)), Seen(ago(350), ago(200)), Seen(ago(150), ago(1))), 0),
        ((Seen(ago(900), ago(400)), Seen(ago(350), ago(200))), 1),
        ((Seen(ago(400), ago(400)),), 1),
        ((Seen(None, ago(400)), Seen(None, ago(1))), 1),
        ((Seen(ago(900), ago(29)),), 0),
    ],
    ids=[
        "alone",
        "others work",
        "replaced",
        "one of two replaced",
        "replaced twice",
        "its successor vanished too",
        "at its start",
        "of a version before",
        "a moment ago",
    ],
)
def test_a_worker_that_vanished_is_missed_until_another_has_begun(workers: tuple[Seen, ...], missing: int) -> None:
    assert missing_workers(replace(QUIET, workers=workers)) == missing


def test_a_standstill_is_one_that_nobody_meant() -> None:
    """After a stop in good order only workers that began since are there."""
    lived_through, began_since = Seen(ago(9000), ago(0)), Seen(ago(1), ago(0))

    assert stood_still(ago(1500), NOW, [lived_through]) == timedelta(seconds=1500)
    assert stood_still(ago(1500), NOW, [began_since]) is None
    assert stood_still(ago(60), NOW, [lived_through]) is None
    assert stood_still(None, NOW, [lived_through]) is None


def test_trouble_is_told_when_it_begins_and_when_it_has_been_over_for_a_while() -> None:
    begun = follow({Part.SMS, Part.UNHEARD}, {}, NOW)
    goes_on = follow({Part.SMS}, {Part.SMS: None}, NOW)
    cleared = follow((), {Part.SMS: None}, NOW)
    not_yet = follow((), {Part.SMS: ago(299)}, NOW)
    over = follow((), {Part.SMS: ago(300)}, NOW)

    assert begun.begun == (Part.SMS,)
    assert (goes_on.begun, goes_on.over) == ((), ())
    assert (cleared.cleared, cleared.over) == ((Part.SMS,), ())
    assert not_yet.over == ()
    assert over.over == (Part.SMS,)


def test_trouble_that_comes_and_goes_is_one() -> None:
    """Not a storm."""
    back = follow({Part.SMS}, {Part.SMS: ago(200)}, NOW)

    assert (back.begun, back.back, back.over) == ((), (Part.SMS,), ())

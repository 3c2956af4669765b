"""Self-monitoring: whichever worker comes first looks at our own state, and the coordinators are told of trouble.

They are told by methods that work: never by the channel that fails, unless there is no other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import IN_ORDER, Route, Routing
from alertnet.core.directory.contact import WRITTEN
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.disclosure import Subject
from alertnet.core.monitoring.self_monitoring import (
    CAN_WAIT,
    GAP,
    SAID_BY,
    SUBJECTS,
    Files,
    Observed,
    Part,
    began_before,
    fault_behind,
    find_trouble,
    follow,
    may_beat,
    stood_still,
)
from alertnet.core.notification import Kind
from alertnet.flows.journeys.routines import follow_members, follow_routines
from alertnet.flows.notifications.number_tests import try_one_weekly
from alertnet.flows.notifications.system_notices import Announcement, tell_coordinators
from alertnet.flows.sending.pause import end_those_over
from alertnet.flows.system.duty import remind_of_turns
from alertnet.store.db.tx import Tx
from alertnet.store.monitoring import heartbeats, observations, troubles
from alertnet.store.monitoring.heartbeats import Heartbeat
from alertnet.store.queues import attempts as attempt_store
from alertnet.store.queues import postponed_rows
from alertnet.store.queues import workers as worker_store
from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.records import checkpoints, escalations, limits, prompts, timeline
from alertnet.store.records.editions import Edition

EVERY = timedelta(seconds=9)
"""The least time between two looks: with a beat each 5 s somebody looks each 10 s."""
PURGE_EVERY = timedelta(hours=1)
CHECK_EVERY = timedelta(seconds=59)
"""How often the heartbeat is sent and the inbound path tested: each minute."""


@value
class OutsideChecks:
    """What a look leaves to be done outside any transaction."""

    ping: str | None = None
    """Send the heartbeat, with this signed head of the history's hash chain."""
    test: bool = False
    """Send a text to our own public URL."""
    purge: bool = False
    """Erase what is old enough, in many transactions, so that nothing waits for all of it."""


def look(
    tx: Tx, routes: frozenset[Route], *, is_tested: bool, files: Files = Files.IN_FORCE, routing: Routing = IN_ORDER
) -> Observed | None:
    """What is to be judged, as `observe` finds it; None where some worker has just looked.

    Run it in a reading transaction: it takes longer than everything written about it, and no writer should wait for it.
    """
    if not heartbeats.is_time(tx, heartbeats.WATCH, EVERY):
        return None
    return observations.observe(tx, routes, is_tested=is_tested, files=files, routing=routing)


def keep_watch(
    tx: Tx, edition: Edition, seen: Observed, *, tries_numbers: bool = False, purges: bool = False
) -> OutsideChecks:
    """Judge what was seen a moment ago, unless another worker has just done so.

    `tries_numbers`: send a test to one contact a week. `purges`: erase what is old automatically.
    """
    before = heartbeats.read(tx.session)
    if not heartbeats.lease(tx, heartbeats.WATCH, EVERY):
        return OutsideChecks()
    trees = edition.network.in_order
    if _note_gap(tx, trees, before.get(heartbeats.WATCH)):
        seen = replace(seen, since=tx.now)
    end_those_over(tx)
    follow_routines(tx, edition.network)
    follow_members(tx, edition.network)
    found = find_trouble(seen)
    _follow(tx, trees, seen, found)
    # They were set while the clock was ahead, and it has been put back.
    moved = [each.bring_near(tx) for each in (attempt_store, prompts)]
    is_back = heartbeats.WATCH in before and before[heartbeats.WATCH].at > tx.now + escalations.MOST_AHEAD
    was_ahead = is_back and began_before(tx.now, worker_store.seen(tx.session))
    if escalations.bring_near(tx, was_ahead=was_ahead) or any(moved):
        tx.leaves_due()
    remind_of_turns(tx, edition.network, before.get(heartbeats.DUTY_REMINDED))
    if tries_numbers:
        tested = before.get(heartbeats.NUMBER_TESTED)
        try_one_weekly(tx, edition.network, tested.at if tested else None)
    _forget(tx)
    if heartbeats.lease(tx, heartbeats.CHECKPOINT, CHECK_EVERY):
        checkpoints.note_changed(tx)
    # Since it was seen the process may have stood still.
    beats = may_beat(replace(seen, now=tx.now), found) and heartbeats.lease(tx, heartbeats.HEARTBEAT_SENT, CHECK_EVERY)
    return OutsideChecks(
        ping=checkpoints.signed_head(tx) if beats else None,
        test=seen.is_tested and heartbeats.lease(tx, heartbeats.INBOUND_ASKED, CHECK_EVERY),
        purge=purges and heartbeats.lease(tx, heartbeats.PURGED, PURGE_EVERY),
    )


def _forget(tx: Tx) -> None:
    """Delete workers, rows and limits that are over."""
    worker_store.forget(tx)
    postponed_rows.forget(tx)
    if dropped := limits.forget_old(tx):
        timeline.note(tx, "limits_dropped", **dropped)


def _note_gap(tx: Tx, trees: Sequence[ContactTree], previous: Heartbeat | None) -> bool:
    """Whether nobody has looked for long. Unless that was on purpose, tells that what came in is answered late."""
    # A last look in the future is from before the clock was put back: what is late counts from now on.
    if previous is not None and abs(tx.now - previous.at) < GAP:
        return False
    heartbeats.note(tx, heartbeats.WATCH_SINCE)
    if previous is None:
        return True
    still = stood_still(previous.at, tx.now, worker_store.seen(tx.session))
    if still is not None:
        timeline.note(tx, "stood_still", seconds=round(still.total_seconds()))
        _tell(tx, trees, Announcement(Kind.ALARM, Subject.STOOD_STILL, about=_span(still)))
    return True


def _follow(tx: Tx, trees: Sequence[ContactTree], seen: Observed, found: frozenset[Part]) -> None:
    open_troubles = troubles.open_troubles(tx.session)
    changes = follow(found, open_troubles, tx.now)
    broken = found | open_troubles.keys()
    for part in changes.begun:
        troubles.begin(tx, part)
        timeline.note(tx, "trouble_began", part=part.value)
        if SAID_BY.get(part) not in found:
            kind = Kind.NOTICE if part in CAN_WAIT else Kind.ALARM
            _tell(tx, trees, Announcement(kind, SUBJECTS[part][0], about=fault_behind(seen, part)), broken)
    for part in changes.over:
        timeline.note(tx, "trouble_over", part=part.value)
    for subject in dict.fromkeys(SUBJECTS[part][1] for part in changes.over):
        _tell(tx, trees, Announcement(Kind.NOTICE, subject), broken - set(changes.over))
    troubles.clear(tx, changes.cleared)
    troubles.clear(tx, changes.back, is_clear=False)
    troubles.end(tx, changes.over)


def _tell(tx: Tx, trees: Sequence[ContactTree], announced: Announcement, broken: frozenset[Part] = frozenset()) -> None:
    """An alarm goes by every working method at once; a notice by the first working one."""
    working = frozenset(method for method in SENT_BY if Part(method) not in broken)
    tell_coordinators(tx, trees, announced, by=working if announced.kind is Kind.ALARM else working & WRITTEN)


def _span(span: timedelta) -> str:
    """A duration as in `25 min` or `7 h`, which is the same in every language."""
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"

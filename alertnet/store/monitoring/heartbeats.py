"""Heartbeats: when something was last seen, shared by all processes, one row for each name.

`watch`: the last look of the watch; `watch_since`: the start of its present unbroken run. `inbound_asked` and
`inbound`: the test of the inbound path and its answer. `heartbeat_sent` and `heartbeat`: the ping and its 2xx.
`reported_<method>`: a report of the provider arrived for a message that our account may send; `lost_<method>`: one
did not; `refused_<method>`: our account may not send one; `times` counts how many since. `restored`: a backup became
the database. `mailbox_tried` and `mailbox_read`: the last look into the mailbox for answers, and the last that read
it. `barred_<route>`: a route began to count as gone. `written`: the database was tested for writing. `away_since`:
somebody was away, and has not yet seen what came in meanwhile. `checkpoint`: the last look for changes of the record.
`duty_reminded`: the last look for beginning turns of duty. `number_tested`: a contact was sent the test of the week.
`purged`: the last look for what has been kept long enough.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update

from alertnet.core.codec import value
from alertnet.core.delivery.provider_routes import Route, route_name
from alertnet.core.directory.contact import MethodKind
from alertnet.core.monitoring.self_monitoring import GAP, Reports
from alertnet.core.notification import Failure
from alertnet.store.db.engine import insert_once, insert_or_change
from alertnet.store.db.session import Session
from alertnet.store.db.statements import Prepared
from alertnet.store.db.tx import Tx
from alertnet.store.queues.attempts import SENT_BY
from alertnet.store.tables import signs

WATCH, WATCH_SINCE = "watch", "watch_since"
INBOUND_ASKED, INBOUND = "inbound_asked", "inbound"
MAILBOX_TRIED, MAILBOX_READ = "mailbox_tried", "mailbox_read"
RESTORED = "restored"
WRITTEN = "written"
CHECKPOINT = "checkpoint"
DUTY_REMINDED = "duty_reminded"
NUMBER_TESTED = "number_tested"
PURGED = "purged"
HEARTBEAT_SENT, HEARTBEAT = "heartbeat_sent", "heartbeat"

HELD_FOR = timedelta(minutes=2)
"""How long to wait after a restore while answers that came since the backup are fetched.

Then everything goes on regardless (A2).
"""
OFTEN_ENOUGH = timedelta(seconds=10)
"""A heartbeat of something continuous is renewed no more often than this."""


_ALL = Prepared(select(signs))
_SEEN_AT = Prepared(select(signs.c.at).where(signs.c.name == bindparam("name")))
# A moment in the future is from before the clock was set back.
_HELD = Prepared(
    select(signs.c.at)
    .where(
        signs.c.name == bindparam("name"), or_(signs.c.at <= bindparam("latest"), signs.c.at > bindparam("furthest"))
    )
    .with_for_update(skip_locked=True)
)
_RENEW = Prepared(update(signs).where(signs.c.name == bindparam("key")).values(at=bindparam("at"), times=1))


@value
class Heartbeat:
    """When it was last seen, and how often since something else was (see above)."""

    at: datetime
    times: int


def barred(route: Route) -> str:
    """The name of the heartbeat of a route that counts as gone."""
    return f"barred_{route_name(route)}"


def read(session: Session) -> dict[str, Heartbeat]:
    return {row.name: Heartbeat(row.at, row.times) for row in _ALL.all(session, {})}


def restored_at(session: Session) -> datetime | None:
    """When a backup became the database; None where none did."""
    return next(iter(_SEEN_AT.scalars(session, {"name": RESTORED})), None)


def held_until(restored_at: datetime | None, opened_at: datetime, now: datetime) -> datetime | None:
    """Until when what is due in an incident of that age stands still after a restore; None where it does not."""
    if restored_at is None or opened_at > restored_at or abs(now - restored_at) >= HELD_FOR:
        return None
    return restored_at + HELD_FOR


def note(tx: Tx, name: str) -> None:
    """Record that something is seen now."""
    insert_or_change(tx.session, signs, {"name": name, "at": tx.now, "times": 1}, at=tx.now)


def is_time(tx: Tx, name: str, every: timedelta) -> bool:
    """Whether `lease` would record it now."""
    seen_at = _SEEN_AT.scalars(tx.session, {"name": name})
    return not seen_at or abs(tx.now - seen_at[0]) >= every


def lease(tx: Tx, name: str, every: timedelta) -> bool:
    """Record something as seen if it was not for that long; False: somebody else has, or is doing so."""
    seen_at = _SEEN_AT.scalars(tx.session, {"name": name})
    if not seen_at:
        return insert_once(tx.session, signs, {"name": name, "at": tx.now, "times": 1})
    if abs(tx.now - seen_at[0]) < every:
        return False
    if not _HELD.all(tx.session, {"name": name, "latest": tx.now - every, "furthest": tx.now + every}):
        return False
    _RENEW.each(tx.session, [{"key": name, "at": tx.now}])
    return True


def note_report(tx: Tx, method: MethodKind) -> None:
    """Record that a report of the provider has arrived."""
    lease(tx, f"reported_{method}", OFTEN_ENOUGH)


def note_lost_report(tx: Tx, method: MethodKind, left_at: datetime) -> None:
    """Count a message that ended without a report: we learnt of its end only by asking.

    A message that left before a backup became the database is not counted: the lost database may have had the report.
    Nor is one that left before a gap in the watch: while there is no database, reports come in vain.
    """
    seen = read(tx.session)
    is_watched = WATCH not in seen or abs(tx.now - seen[WATCH].at) < GAP
    if is_watched and all(left_at > seen[each].at for each in (RESTORED, WATCH_SINCE) if each in seen):
        _count(tx, f"lost_{method}", method)


def note_failure(tx: Tx, method: MethodKind, failure: Failure) -> None:
    """Count a failed message if our account may not send it; other failures are the recipient's."""
    if failure is Failure.OUR_ACCOUNT:
        _count(tx, f"refused_{method}", method)


def reports(seen: Mapping[str, Heartbeat]) -> dict[MethodKind, Reports]:
    found = {}
    for method in SENT_BY:
        heard, lost, refused = (seen.get(f"{name}_{method}") for name in ("reported", "lost", "refused"))
        found[method] = Reports(when(heard), *_times(lost), *_times(refused))
    return found


def _count(tx: Tx, name: str, method: MethodKind) -> None:
    """Count one more since the last report. Nobody waits: a simultaneous count in another transaction is lost."""
    row = select(signs).where(signs.c.name == name)
    before = tx.session.execute(row.with_for_update(skip_locked=True)).first()
    if before is None:
        insert_once(tx.session, signs, {"name": name, "at": tx.now, "times": 1})
        return
    heard_at = tx.session.scalar(select(signs.c.at).where(signs.c.name == f"reported_{method}"))
    times = before.times + 1 if heard_at is None or heard_at < before.at else 1
    tx.session.execute(update(signs).where(signs.c.name == name).values(at=tx.now, times=times))


def _times(heartbeat: Heartbeat | None) -> tuple[int, datetime | None]:
    return (heartbeat.times, heartbeat.at) if heartbeat else (0, None)


def when(heartbeat: Heartbeat | None) -> datetime | None:
    """When it was last seen; None: never."""
    return heartbeat.at if heartbeat else None

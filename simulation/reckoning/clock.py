"""Checks after a clock was put on or back that nothing waits for a moment which only a wrong one has known (A2, A7)."""

from typing import Any

from sqlalchemy import Select, bindparam, select

from alertnet.core.codec import from_plain
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.state import State
from alertnet.store.records.escalations import MOST_AHEAD
from alertnet.store.tables import attempts, escalations, incidents, notifications
from simulation.world.story import Found
from simulation.world.world import World

_GOING_ON: Select[Any] = (
    select(incidents.c.ref, *escalations.c["tree", "status", "state", "due_at"])
    .join(incidents, incidents.c.id == escalations.c.incident_id)
    .where(incidents.c.status == "open", escalations.c.status.not_in(["acknowledged", "stopped"]))
)
_WAITING: Select[Any] = (
    select(*attempts.c["id", "method", "status", "created_at", "due_at"], notifications.c.contact)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(
        attempts.c.is_alert,
        attempts.c.method != MethodKind.CALL.value,
        attempts.c.status.in_(["queued", "sending", "unknown"]),
        attempts.c.due_at > bindparam("now", type_=attempts.c.due_at.type),
        attempts.c.created_at > bindparam("now", type_=attempts.c.due_at.type),
    )
)


def check_set_right(world: World) -> Found:
    """A2, A7: nothing stands still until a clock that was ahead is that late again."""
    latest = world.time.now + MOST_AHEAD
    # A worker that has begun on a clock can't know that it was ahead.
    is_unsure = world.mischief_was.dies or world.mischief_was.leaves
    for row in () if is_unsure else world.database.rows(_GOING_ON):
        moved_at = from_plain(State, row.state).moved_at
        if moved_at is not None and moved_at > latest:
            yield "A7", f"{row.tree} of {row.ref} is {row.status}, and goes on from {moved_at:%H:%M:%S}"
    # A call may have to wait for its number.
    for row in world.database.rows(_WAITING, now=latest):
        yield "A2", f"{row.method} {row.id[:4]} to {row.contact} is {row.status}, and waits until {row.due_at}"

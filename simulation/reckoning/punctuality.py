"""Compares the messages of each incident with the design's plan, up to the first thing that could change it (A7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from alertnet.core.directory.contact import RINGING, MethodKind
from alertnet.core.notification import Kind
from alertnet.store.tables import attempts, escalations, incidents, notifications
from simulation.checks.recipients import opened_after_edit
from simulation.checks.watch import LONG_GAP
from simulation.night import Night
from simulation.world.expected_plan import Planned, is_closed, plan_of

PLANNED_KINDS = frozenset(
    {
        *("incident_opened", "level_opened", "escalation_unanswered", "round_began", "go_asked", "deputy_told"),
        *("alarm_raised", "alarm_repeated", "decision_raised", "decision_repeated"),
        *("contact_closed", "contact_opened"),
        *("task_raised", "task_repeated"),
        *("attempt_sent", "attempt_delivered", "attempt_unknown"),
    }
)
"""Timeline entries that are the plan itself. Any other may have changed it."""

_OF_OTHERS = frozenset(
    {
        *("attempt_failed", "attempt_delayed", "attempt_cancelled", "attempt_sent_again", "dialled_again"),
        *("level_gave_way", "pin_entered", "wrong_code_keyed"),
    }
)
"""Entries that keep no closed office from being told at its opening: others' outcomes, and failed tries."""

JOINED = "escalation_opened"
"""The entry of a tree that joined an incident later."""

MARGIN = timedelta(seconds=5)
AT_REST = timedelta(minutes=2)
"""After this, everything that was due has been queued."""
ALARM_CLOCK = timedelta(seconds=0.4)
"""How late a planned message may be where nothing delays it: the alarm clock wakes a worker, not the next tick."""

_INCIDENTS: Select[Any] = select(incidents.c.id, incidents.c.ref, incidents.c.opened_at)
_ESCALATIONS: Select[Any] = select(escalations.c.incident_id, escalations.c.tree)
_ALERTS: Select[Any] = (
    select(
        notifications.c.incident_id,
        notifications.c.tree,
        notifications.c.contact,
        notifications.c.method,
        notifications.c.kind,
        notifications.c.planned_at,
        attempts.c.created_at,
    )
    .join(attempts, attempts.c.notification_id == notifications.c.id)
    .where(attempts.c.is_alert, ~attempts.c.extra)
    .order_by(attempts.c.created_at.desc())
)


def check_punctuality(night: Night, history: Sequence[Row[Any]]) -> None:
    """Compare every escalation with its plan."""
    alerts = night.world.database.rows(_ALERTS)
    trees = [(row.incident_id, row.tree) for row in night.world.database.rows(_ESCALATIONS)]
    for incident in night.world.database.rows(_INCIDENTS):
        facts = night.world.opened.get(incident.ref)
        if facts is None or opened_after_edit(night.world, incident.opened_at):
            continue
        changes = [row.at for row in history if row.chain == incident.id and row.kind not in PLANNED_KINDS]
        # What fell due during a short gap without looks is judged by what has changed meanwhile.
        late = timedelta() if night.world.mischief_was.is_steady else LONG_GAP
        until = min([*(at - late for at in changes), night.watch.fine_until, night.world.time.now]) - MARGIN
        joined = {row.payload["tree"] for row in history if row.chain == incident.id and row.kind == JOINED}
        mine = [tree for id, tree in trees if id == incident.id and tree not in joined]
        for tree in mine:
            start = incident.opened_at + _begins_after(night, tree, alone=len(mine) == 1)
            plan = plan_of(night.world.network.trees, night.world.network.trees[tree], facts, start, until)
            # The first attempt comes last, and is kept: a call that rang out is dialled a second time.
            own = [row for row in alerts if (row.incident_id, row.tree) == (incident.id, tree)]
            found = {_as_planned(row): row.created_at for row in own if row.planned_at < plan.until}
            _compare(night, incident, tree, plan.messages, found)


def check_openings(night: Night, history: Sequence[Row[Any]]) -> None:
    """Check that contacts closed before, and open while nobody had done anything yet, were told (B3)."""
    alerts = [row for row in night.world.database.rows(_ALERTS) if row.method in RINGING]
    for closed in [row for row in history if row.kind == "contact_closed"]:
        contact = night.world.network.trees[closed.payload["tree"]].contacts.get(closed.payload["contact"])
        if contact is None or contact.when_closed:
            continue
        opening = closed.at
        while is_closed(contact, opening) and opening < night.world.time.now:
            opening = opening.replace(second=0, microsecond=0) + timedelta(minutes=1)
        first = min(method.after for method in contact.methods if method.kind in RINGING)
        by = opening + first + AT_REST
        others = [row for row in history if row.chain == closed.chain and row.kind not in PLANNED_KINDS | _OF_OTHERS]
        changes = [row.at for row in others if row.at > closed.at]
        if by > min([night.watch.fine_until, night.world.time.now, *changes]):
            continue
        told = [row for row in alerts if (row.incident_id, row.contact) == (closed.chain, contact.id)]
        if not any(closed.at < row.created_at <= by for row in told):
            how = f"{contact.id} was closed at {closed.at:%H:%M:%S}, has opened at {opening:%H:%M}, and was not told"
            night.world.story.breaks_promise("B3", how)


def _begins_after(night: Night, tree: str, *, alone: bool) -> timedelta:
    start = night.world.network.trees[tree].start
    return timedelta() if alone and start.unless_acknowledged else start.after


def _as_planned(row: Row[Any]) -> Planned:
    return Planned(row.contact, MethodKind(row.method), Kind(row.kind), row.planned_at)


def _compare(
    night: Night, incident: Row[Any], tree: str, plan: frozenset[Planned], found: dict[Planned, datetime]
) -> None:
    named = {id for level in night.world.network.trees[tree].levels for id in level.notify}
    compared = named if len(night.world.network.trees) > 1 else {*named, *night.world.network.trees[tree].last_resort}

    def tell(each: Planned, how: str) -> None:
        after = each.at - incident.opened_at
        what = f"{incident.ref}: the {each.kind} to {each.contact} by {each.method} at +{after}"
        night.world.story.breaks_promise("A7", f"{what} {how}")

    for each in sorted(plan - set(found), key=lambda each: each.at):
        if each.contact in compared and each.kind is Kind.ALERT:
            tell(each, "is in the plan, and was not queued for that moment")
    for each in sorted(set(found) - plan, key=lambda each: each.at):
        if each.contact in compared:
            tell(each, "was queued, and is not in the plan")
    for each, created_at in found.items():
        if night.world.mischief_was.is_steady and created_at - each.at > ALARM_CLOCK and each in plan:
            late = (created_at - each.at).total_seconds()
            tell(each, f"was queued {late:.2f} s late, and nothing was in the way")

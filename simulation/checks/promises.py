"""Checks each message and answer as it leaves against what is committed at that very moment (A1-A5)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from alertnet.channels.base import Outgoing
from alertnet.core.delivery.provider_routes import Route
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.state import LAST_RESORT
from alertnet.store.tables import ACTING, acknowledgements, attempts, inbound, incidents, notifications, timeline
from alertnet.store.views.pauses import PAUSED
from simulation.checks.phones import Phones
from simulation.checks.recipients import SERVICES, check_recipient
from simulation.hosts.host import Host, Process
from simulation.world.story import Found
from simulation.world.world import World

LEASE = timedelta(seconds=30)
"""How long something is claimed that can't be written down because the database is away."""
_ACTS = incidents.alias("acts")
_ATTEMPT_STATE: Select[Any] = (
    select(
        attempts.c.status,
        attempts.c.due_at,
        attempts.c.started_at,
        attempts.c.is_alert,
        attempts.c.incident_id,
        *notifications.c["tree", "contact", "kind", "alarm_id"],
        _ACTS.c.status.label("incident_status"),
        _ACTS.c.id.label("acts"),
        _ACTS.c.ref,
        _ACTS.c.opened_at,
        _ACTS.c.facts,
        _ACTS.c.trees,
    )
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .outerjoin(incidents, incidents.c.id == attempts.c.incident_id)
    .outerjoin(_ACTS, _ACTS.c.id == ACTING)
    .where(attempts.c.id == bindparam("attempt"))
)
_CLAIMED: Select[Any] = select(attempts.c.id, attempts.c.method).where(
    attempts.c.status == "sending",
    attempts.c.started_at > bindparam("since", type_=attempts.c.started_at.type),
    attempts.c.due_at > bindparam("now", type_=attempts.c.due_at.type),
)
_ANSWERS: Select[Any] = select(acknowledgements.c.tree, acknowledgements.c.contact).where(
    acknowledgements.c.incident_id == bindparam("incident"),
    acknowledgements.c.kind.in_(["acknowledged", "declined"]),
    acknowledgements.c.revoked_at.is_(None),
)

_PAUSES: Select[Any] = select(timeline.c.at, timeline.c.payload).where(timeline.c.kind == PAUSED)


class Promises:
    """A record of what was sent and accepted."""

    def __init__(self, world: World, hosts: Sequence[Host]) -> None:
        self.world = world
        self.hosts = hosts
        self.taken: Counter[str] = Counter()
        """How often the provider accepted each attempt."""
        self.replies: dict[str, bytes] = {}
        self.phones = Phones(world)

    def is_handed_over(self, process: Process, outgoing: Outgoing) -> None:
        """Check a message whose first byte a process is about to write."""
        rows = self.world.database.rows(_ATTEMPT_STATE, attempt=outgoing.attempt)
        what = self.world.describe(outgoing)
        if not rows:
            self._break("A5", f"{what} is handed over, and no intent to send it is committed")
            return
        row = rows[0]
        checked = (
            *check_recipient(self.world, row, outgoing),
            *(self._stops(row, outgoing) if row.is_alert else ()),
            *self.phones.check(row, outgoing),
            *_is_claimed(process, row),
        )
        for promise, why in checked:
            self._break(promise, f"{what} is handed over although {why}")

    def keeps_pauses(self, process: Process, outgoing: Outgoing, route: Route) -> None:
        """Check that it was not claimed while its route was paused (A2); a process that was stopped sees so later."""
        slack = self.world.mischief.slack(1)
        for pause in self.world.database.rows(_PAUSES):
            if pause.payload is None:  # It was purged, and is over.
                continue
            paused = (MethodKind(pause.payload["method"]), pause.payload["provider"])
            is_on = self.world.time.now < datetime.fromisoformat(pause.payload["until"]) - slack
            for row in self.world.database.rows(_ATTEMPT_STATE, attempt=outgoing.attempt) if is_on else ():
                if paused == route and row.due_at - LEASE > max(pause.at, process.host.resumed_at or pause.at) + slack:
                    self._break("A2", f"{self.world.describe(outgoing)} was claimed by a way out that is paused")

    def has_left(self, host: Host, works_since: datetime, began: datetime) -> None:
        """Check a process that ended in good order: where no other works, it leaves nothing half done."""
        others = [each for each in self.hosts if each.works and each is not host]
        was_away = self.world.database_is_away or self.world.database_back_at > began - LEASE
        since = works_since + self.world.mischief.slack()
        now = host.clocks.database()
        for row in () if others or was_away else self.world.database.rows(_CLAIMED, since=since, now=now):
            what = f"{row.method} {row.id[:4]}"
            self._break("A5", f"{host.name} has ended in good order, and left {what} claimed and neither sent nor free")

    def was_taken(self, outgoing: Outgoing) -> None:
        """Check an accepted message: one attempt is one message, and a re-send is an attempt of its own."""
        self.taken[outgoing.attempt] += 1
        if self.taken[outgoing.attempt] > 1:
            self._break("A5", f"{self.world.describe(outgoing)} is taken twice, and the second is not marked as extra")

    def was_accepted(self, ref: str) -> None:
        """Note a report that was answered with a 201."""
        if not self.world.database.rows(select(incidents.c.id).where(incidents.c.ref == ref)):
            self._break("A1", f"{ref} was accepted, and no commit holds it")

    def was_replied_to(self, id: str, reply: bytes) -> None:
        """Note the answer to a text."""
        if self.replies.setdefault(id, reply) != reply:
            self._break("A1", f"the text {id} was answered in two ways")
        if not self.world.database.rows(select(inbound.c.known).where(inbound.c.provider_id == id)):
            self._break("A1", f"the text {id} was answered, and no commit holds it")

    def _stops(self, row: Row[Any], outgoing: Outgoing) -> Found:
        if row.incident_status != "open":
            yield "A4", "its incident is closed"
        services = self.world.database.rows(SERVICES, notification=outgoing.notification)
        ended = {each.status for each in services} & {"acknowledged", "stopped"}
        if services and len(ended) == len({each.status for each in services}):
            yield "A4", f"its escalation is {' and '.join(sorted(ended))}"
        elif row.status == "cancelled":
            yield "A4", "it was cancelled"
        elif self._have_answered(row, services):
            yield "A4", f"{row.contact} has answered"

    def _have_answered(self, row: Row[Any], services: Any) -> bool:
        """Whether all it counts for have answered; last resort, and those who owe an action, may be asked again."""
        trees = self.world.network.trees
        if any(each.level_index == LAST_RESORT or _may_ask_again(trees[each.tree]) for each in services):
            return False
        answered = {(each.tree, each.contact) for each in self.world.database.rows(_ANSWERS, incident=row.incident_id)}
        return bool(services) and all((each.tree, each.contact) in answered for each in services)

    def _break(self, promise: str, how: str) -> None:
        self.world.story.breaks_promise(promise, how)


def _may_ask_again(tree: Any) -> bool:
    return any(level.action_due is not None for level in tree.levels)


def _is_claimed(process: Process, row: Row[Any]) -> Found:
    if process.is_in_transaction:
        yield "A5", "that is inside a transaction: should it fail, nobody knows of it"
    elif row.status != "sending":
        yield "A5", f"it is {row.status}: whoever sends it has lost its lease"
    elif row.due_at <= process.host.clocks.database():
        yield "A5", f"its lease was over {(process.host.clocks.database() - row.due_at).total_seconds():.1f} s before"

"""Checks that a call which nobody wants any more does not ring on (A4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, bindparam, select

from alertnet.core.delivery.provider_routes import Route
from alertnet.store.tables import attempts, escalations, incidents, served
from simulation.hosts.host import Host, Process, running
from simulation.world.message import Message
from simulation.world.world import World

_ENDED = {"acknowledged", "stopped"}

EVERY = 1.0  # Seconds.
WITHIN = timedelta(seconds=3)
"""How long it may ring on while nothing is in the way: the provider takes a moment to end it."""

_COUNTS_FOR: Select[Any] = (
    select(escalations.c.status, incidents.c.status.label("incident_status"))
    .join(served, served.c.escalation_id == escalations.c.id)
    .join(attempts, attempts.c.notification_id == served.c.notification_id)
    .join(incidents, incidents.c.id == attempts.c.incident_id)
    .where(attempts.c.id == bindparam("attempt"), attempts.c.is_alert, attempts.c.provider_id.is_not(None))
)
"""What an alert counts for that we know the provider has."""


class Ringing:
    """Looks at each call while it rings."""

    def __init__(self, world: World, hosts: Sequence[Host]) -> None:
        self.world = world
        self.hosts = hosts

    def begins(self, message: Message) -> None:
        """A phone begins to ring."""
        self._look(message, None, self._undisturbed(message.route))

    def _look(self, message: Message, unwanted_since: datetime | None, before: list[Process] | None) -> None:
        if message.status != "queued":
            return
        now, undisturbed, why = self.world.time.now, self._undisturbed(message.route), self._why_unwanted(message)
        if why is not None and (undisturbed is None or undisturbed != before):
            # Whoever should have hung up may be gone; it is hung up later, when it may have ended by itself.
            return
        since = None if why is None else unwanted_since or now
        if since is not None and now - since > WITHIN:
            what = self.world.describe(message.outgoing)
            self.world.story.breaks_promise("A4", f"{what} rings on although {why} since {since:%H:%M:%S}")
            return
        self.world.time.after(EVERY, partial(self._look, message, since, undisturbed))

    def _why_unwanted(self, message: Message) -> str | None:
        rows = self.world.database.rows(_COUNTS_FOR, attempt=message.outgoing.attempt)
        if any(row.incident_status != "open" for row in rows):
            return "its incident is closed"
        ended = {row.status for row in rows}
        return f"its escalation is {' and '.join(sorted(ended))}" if ended and ended <= _ENDED else None

    def _undisturbed(self, route: Route) -> list[Process] | None:
        """Our processes, where all of them run, and neither the database nor that provider is away."""
        up = [each for each in running(self.hosts) if not (each.life.is_stopped or each.is_leaving)]
        is_disturbed = self.world.database_is_away or route in self.world.troubles
        return None if is_disturbed or len(up) < len(self.hosts) else up

"""Whether a message like the one to be sent waits already: while a provider is away, nobody's pile up (A7)."""

from sqlalchemy import Select, bindparam, select

from alertnet.core.directory.contact import Method
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues.attempts import QUEUED
from alertnet.store.tables import attempts, notifications

_WAITING: Select[tuple[str]] = (
    select(attempts.c.id)
    .join(notifications, notifications.c.id == attempts.c.notification_id)
    .where(
        attempts.c.incident_id == bindparam("incident"),
        attempts.c.method == bindparam("method"),
        attempts.c.address_index.in_(bindparam("indexes", expanding=True)),
        attempts.c.status.in_(QUEUED),
    )
    .limit(1)
)
_ALERT_WAITING = _WAITING.where(attempts.c.is_alert)
_ALARM_WAITING = _WAITING.where(notifications.c.alarm_id == bindparam("alarm"))


def alert_waits(locked: LockedIncident, method: Method) -> bool:
    """Whether an alert or reminder of this incident to that method has not left."""
    return locked.tx.session.scalar(_ALERT_WAITING, _of(locked, method)) is not None


def prompt_waits(locked: LockedIncident, method: Method, prompt: str) -> bool:
    """Whether that alarm or question, raised or repeated earlier, has not left for that method."""
    return locked.tx.session.scalar(_ALARM_WAITING, _of(locked, method) | {"alarm": prompt}) is not None


def _of(locked: LockedIncident, method: Method) -> dict[str, object]:
    indexes = locked.tx.vault.indexes(method.address)
    return {"incident": locked.incident.id, "method": method.kind.value, "indexes": list(indexes)}

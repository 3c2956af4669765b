"""Whether a message like the one to be sent waits already: while a provider is away, nobody's pile up (A7)."""

from alertnet.core.directory.contact import Method
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.queues import incident_attempts


def alert_waits(locked: LockedIncident, method: Method) -> bool:
    """Whether an alert or reminder of this incident to that method has not left."""
    indexes = locked.tx.vault.indexes(method.address)
    return incident_attempts.alert_waits(locked.tx.session, locked.incident.id, method.kind, indexes)


def prompt_waits(locked: LockedIncident, method: Method, prompt: str) -> bool:
    """Whether that prompt, raised or repeated earlier, has not left for that method."""
    indexes = locked.tx.vault.indexes(method.address)
    return incident_attempts.prompt_waits(locked.tx.session, locked.incident.id, method.kind, indexes, prompt)
